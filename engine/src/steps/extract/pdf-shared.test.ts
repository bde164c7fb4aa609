import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import type { ExtractedText } from '../../domain/block.ts'
import { AppError } from '../../domain/errors.ts'
import { type TextBuilder, textBuilder } from './builder.ts'
import { readImage } from './image.ts'
import { readPdf } from './pdf.ts'
import { EXTRACT_LIMITS } from './reader.ts'

const FOLDER = resolve(import.meta.dirname, '../../../../../shared/docs')
const FILINGS = resolve(FOLDER, '../eval/kgrag-sec10q/docs')
const present = existsSync(join(FOLDER, 'manifest.tsv'))
if (!present) console.log('skipped: the shared collection of documents is not beside this project')

interface Entry {
  readonly file: string
  readonly phrase: string
  readonly expected: string
  readonly note: string
}
const entries: Entry[] = (present ? readFileSync(join(FOLDER, 'manifest.tsv'), 'utf8').split('\n').slice(1) : [])
  .map((line) => line.split('\t'))
  .filter(([file = '', kind = '']) => kind.startsWith('pdf') || /\.(jpg|png|tif)$/.test(file))
  .map(([file = '', , , , , phrase = '', expected = '', note = '']) => ({ file, phrase, expected, note }))

async function readInto(bytes: Uint8Array, name: string, out: TextBuilder): Promise<void> {
  const read = bytes[0] === 0x25 || name.endsWith('.pdf') ? readPdf : readImage
  await read({ name, size: bytes.length, mediaType: '', bytes: () => bytes, at: (offset, length) => bytes.subarray(offset, offset + length) }, out, {
    limits: EXTRACT_LIMITS,
    progress: () => undefined,
    nested: (inner, content) => out.section(inner, () => readInto(content, inner, out)),
  })
}

async function extract(path: string): Promise<ExtractedText> {
  const out = textBuilder(EXTRACT_LIMITS.characters)
  await readInto(readFileSync(path), path, out)
  return out.finish('application/pdf')
}
const plain = (text: string) => text.normalize('NFKC').replace(/\s+/g, ' ')

test.skipIf(!present).each(entries)('$file: $expected', { timeout: 120_000 }, async ({ file, phrase, expected, note }) => {
  const outcome = await extract(join(FOLDER, file)).catch((error: unknown) => error)
  if (expected.startsWith('reject:')) {
    expect(outcome).toBeInstanceOf(AppError)
    expect((outcome as AppError).code).toBe(`document/${expected.slice('reject:'.length)}`)
    return
  }
  if (outcome instanceof Error) {
    expect(expected).toBe('hostile')
    expect(outcome).toBeInstanceOf(AppError)
    return
  }
  const result = outcome as ExtractedText
  for (const block of result.blocks) {
    const page = result.pages.findLast((other) => other.start <= block.start && other.end >= block.end)
    expect(page).toBeDefined()
    for (const box of block.boxes ?? []) {
      expect(box.x + box.width).toBeLessThanOrEqual((page?.width ?? 0) + 0.1)
      expect(box.y + box.height).toBeLessThanOrEqual((page?.height ?? 0) + 0.1)
    }
  }
  if (expected === 'text') expect(plain(result.text)).toContain(plain(phrase))
  if (expected === 'empty') expect(result.text).toBe('')
  if (expected === 'ocr') expect(plain(result.text)).toContain(/"([^"]+)"/.exec(note)?.[1])
})

test.skipIf(!present).each([
  ['2022 Q3 AAPL.pdf', 'Total net sales | 82,959 | 81,434 | 304,182 | 282,457'],
  ['2022 Q3 AAPL.pdf', 'Net income | $19,442 | $21,744 | $79,082 | $74,129'],
  ['2022 Q3 AAPL.pdf', 'Three Months Ended June 25, 2022 | Three Months Ended June 26, 2021 | Nine Months Ended June 25, 2022'],
  ['2023 Q1 NVDA.pdf', 'Income from operations | 2,140 | 1,868'],
  ['2023 Q1 NVDA.pdf', 'Total assets | $44,460 | $41,182'],
])('%s holds the row "%s"', { timeout: 60_000 }, async (file, row) => {
  const result = await extract(join(FILINGS, file))
  expect(result.blocks.filter((block) => block.kind === 'table').some((block) => result.text.slice(block.start, block.end).includes(row))).toBe(true)
})
