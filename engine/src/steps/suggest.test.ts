import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Chunk } from '../domain/chunk.ts'
import { suggestionsOf } from './suggest.ts'

const chunk = (heading: string, text: string, ordinal = 0): Chunk => ({
  id: `d.1.${ordinal}`,
  documentId: 'd',
  revision: 1,
  ordinal,
  text,
  start: 0,
  end: text.length,
  headingPath: heading === '' ? [] : [heading],
  pages: undefined,
  tokens: 1,
  context: undefined,
  hash: 'h',
})
const first = (heading: string, text = '', language: string | undefined = 'en') =>
  suggestionsOf({ name: 'Handbook', chunks: [chunk(heading, text)], languageOf: () => language })[0]?.wordings[0]

test.each([
  ['Parental leave', '', 'What does “Handbook” say about parental leave?'],
  ['4.2 Parental Leave:', '', 'What does “Handbook” say about Parental Leave?'],
  ['VPN access', '', 'What does “Handbook” say about VPN access?'],
  ['Ann', 'Then Ann left.', undefined],
  ['Anna decides', 'Then Anna left.', 'What does “Handbook” say about Anna decides?'],
  ['How many days are there?', '', 'How many days are there?'],
  ['Reset a password', '', 'How do I reset a password?'],
  ['Who may call', '', 'Who may call?'],
  ['', 'The travel desk is open on Mondays.', 'What does “Handbook” say about travel desk?'],
  ['', 'What is a quarry? It is a hole.', 'What is a quarry?'],
  ['Summary', 'This is what counts.', undefined],
  ['Handbook', '', undefined],
  ['a | b', '', undefined],
  ['12', '', undefined],
])('%j over %j: %j', (heading, text, expected) => {
  expect(first(heading, text)).toBe(expected)
})

test('only questions are taken as they are from other languages', () => {
  expect(first('Reisekosten', '', 'de')).toBeUndefined()
  expect(first('Wer bezahlt die Reise?', '', 'de')).toBe('Wer bezahlt die Reise?')
})

test('whatever the text is, they are short, well formed, of one line, and no two are about the same', () => {
  const piece = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 150 }),
    fc.constantFrom('What is it?', 'Leave', 'leave', 'The desk is open.', '\ud800', 'A\nB?'),
  )
  fc.assert(
    fc.property(fc.array(fc.tuple(piece, piece), { maxLength: 12 }), piece, (parts, name) => {
      const chunks = parts.map(([heading, text], index) => chunk(heading, text, index))
      const found = suggestionsOf({ name, chunks, languageOf: () => 'en' })
      const wordings = found.map(({ wordings: [question] }) => question?.toLowerCase())
      expect(new Set(wordings).size).toBe(wordings.length)
      expect(new Set(found.map(({ chunkId }) => chunkId)).size).toBe(found.length)
      for (const question of found.flatMap((one) => one.wordings)) {
        expect(question.length).toBeLessThanOrEqual(120)
        expect(question).toMatch(/^[^\n]+[?？؟]$/)
        expect(question.isWellFormed()).toBe(true)
      }
    }),
  )
})
