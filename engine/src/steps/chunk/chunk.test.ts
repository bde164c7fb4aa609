import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { ExtractedText } from '../../domain/block.ts'
import { textBuilder } from '../extract/builder.ts'
import { chunkDocument, countTokens } from './chunk.ts'

const words = fc.constantFrom(
  'river',
  'Überlauf',
  '東京',
  'ภาษาไทย',
  'a',
  'pneumonoultramicroscopic',
  '12,345.67',
  '🙂',
  'x'.repeat(700),
  'Mr.',
  'Yes.',
  'No!',
  'कक्षा',
)
const sentence = fc.array(words, { minLength: 1, maxLength: 25 }).map((list) => `${list.join(' ')}.`)
const block = fc.oneof(
  fc.record({ kind: fc.constant('heading' as const), level: fc.integer({ min: 1, max: 4 }), text: sentence }),
  fc.record({
    kind: fc.constantFrom('paragraph' as const, 'list' as const, 'code' as const),
    text: fc.array(sentence, { minLength: 1, maxLength: 12 }).map((list) => list.join(' ')),
  }),
  fc.record({ kind: fc.constant('table' as const), rows: fc.array(fc.array(words, { minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 40 }) }),
  fc.record({ kind: fc.constant('page' as const) }),
)
const documents = fc.array(block, { minLength: 1, maxLength: 25 }).map((blocks): ExtractedText => {
  const out = textBuilder(10_000_000)
  let page = 0
  for (const one of blocks) {
    if (one.kind === 'heading') out.heading(one.level, one.text)
    else if (one.kind === 'table') out.table(one.rows, { hasHeader: true })
    else if (one.kind === 'page') out.page(++page)
    else out.add(one.kind, one.text)
  }
  return out.finish('text/plain')
})

test('chunks are slices, keep to the size, cover every character that is not blank, and go forward', () => {
  fc.assert(
    fc.property(documents, fc.integer({ min: 16, max: 200 }), fc.double({ min: 0, max: 0.5, noNaN: true }), (extracted, chunkSize, share) => {
      const chunks = chunkDocument(extracted, { chunkSize, chunkOverlap: Math.floor(chunkSize * share) })
      const covered = new Uint8Array(extracted.text.length)
      for (const [index, chunk] of chunks.entries()) {
        expect(chunk.ordinal).toBe(index)
        expect(extracted.text.slice(chunk.start, chunk.end)).toBe(chunk.text)
        expect(chunk.text.trim()).toBe(chunk.text)
        expect(chunk.text.isWellFormed()).toBe(true)
        expect(chunk.tokens).toBe(countTokens(chunk.text))
        expect(chunk.tokens).toBeLessThanOrEqual(chunkSize)
        if (index > 0) expect(chunk.end).toBeGreaterThan(chunks[index - 1]?.end ?? 0)
        covered.fill(1, chunk.start, chunk.end)
      }
      const lost =
        [...extracted.text].length > 0 &&
        Array.from(covered, (seen, at) => (seen === 0 ? extracted.text.charAt(at) : ''))
          .join('')
          .trim()
      expect(lost || '').toBe('')
    }),
    { numRuns: 300 },
  )
})

test('a section is not torn, and its neighbour not mixed in', () => {
  const out = textBuilder(1_000_000)
  out.heading(1, 'Manual')
  for (const name of ['Install', 'Run', 'Stop']) {
    out.heading(2, name)
    out.add('paragraph', `${name} it by hand. `.repeat(40))
  }
  const chunks = chunkDocument(out.finish('text/plain'), { chunkSize: 512, chunkOverlap: 64 })
  expect(chunks.map((chunk) => chunk.headingPath.join('/'))).toEqual(['Manual/Install', 'Manual/Run', 'Manual/Stop'])
  expect(chunks[0]?.text.startsWith('Manual\n\nInstall\n\nInstall it')).toBe(true)
})

test('rows of a long table know their header, and pages are kept', () => {
  const out = textBuilder(1_000_000)
  out.page(3)
  out.table([['Part', 'Price'], ...Array.from({ length: 200 }, (_, row) => [`bolt ${row}`, `${row}.50`])], { hasHeader: true })
  const chunks = chunkDocument(out.finish('text/plain'), { chunkSize: 128, chunkOverlap: 32 })
  expect(chunks.length).toBeGreaterThan(5)
  expect(chunks[0]?.context).toBeUndefined()
  expect(new Set(chunks.slice(1).map((chunk) => chunk.context))).toEqual(new Set(['Part | Price']))
  expect(chunks.every((chunk) => chunk.pages?.[0] === 3)).toBe(true)
  expect(
    chunks
      .map((chunk) => chunk.text)
      .join('\n')
      .split('\n'),
  ).toHaveLength(201)
})

test('what follows in a section repeats the end of what came before', () => {
  const out = textBuilder(1_000_000)
  out.add('paragraph', Array.from({ length: 100 }, (_, index) => `Sentence number ${index} stands here.`).join(' '))
  const chunks = chunkDocument(out.finish('text/plain'), { chunkSize: 100, chunkOverlap: 20 })
  for (const [index, chunk] of chunks.entries()) {
    if (index > 0) expect(chunk.start).toBeLessThan(chunks[index - 1]?.end ?? 0)
  }
})

test('control tokens of models are text', () => {
  expect(countTokens('<|endoftext|> and <|im_start|>')).toBeGreaterThan(4)
})
