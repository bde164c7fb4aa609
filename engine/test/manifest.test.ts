import { existsSync, readFileSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { processExtractor } from '../src/adapters/process/extractor.ts'
import { AppError } from '../src/domain/errors.ts'
import type { Extraction } from '../src/ports/extractor.ts'

/** Collected documents of every kind with what must come of them; they are not part of this repository. */
const DOCS = resolve(import.meta.dirname, '../../../shared/docs')
const present = existsSync(join(DOCS, 'manifest.tsv'))
if (!present) console.info('The collected documents are not here: the manifest test is skipped.')

interface Row {
  readonly file: string
  readonly kind: string
  readonly phrase: string
  readonly expect: string
  readonly note: string
}

type Outcome = { readonly extraction: Extraction } | { readonly error: AppError }

/** Source: nothing here is a library; a text beyond this was blown up. */
const BOUNDED_CHARACTERS = 10_000_000
const rows = present ? readRows(join(DOCS, 'manifest.tsv')) : []
const failures: { readonly file: string; readonly expect: string; readonly got: string }[] = []
const extractor = processExtractor({
  nodePath: process.execPath,
  entry: resolve(import.meta.dirname, '../src/steps/extract/process.ts'),
  timeoutMs: 60_000,
  memoryMiB: 1024,
  concurrency: 2,
  maxBytes: 256 << 20,
  allowOcr: true,
})

describe.skipIf(!present)('every document of the manifest', () => {
  test.concurrent.each(rows)('$file is $expect', { timeout: 180_000 }, async (row) => {
    const outcome = await read(row.file)
    const fault = faultOf(row, outcome)
    if (fault !== undefined) failures.push({ file: row.file, expect: row.expect, got: fault })
    expect(fault).toBeUndefined()
  })
})

afterAll(async () => {
  await extractor.close()
  if (failures.length > 0) console.table(failures)
})

async function read(file: string): Promise<Outcome> {
  const path = join(DOCS, file)
  try {
    const extraction = await extractor.extract(
      { path, size: statSync(path).size, name: file, mediaType: '' },
      { signal: AbortSignal.timeout(170_000), store: counted },
    )
    return { extraction }
  } catch (error) {
    if (error instanceof AppError) return { error }
    throw error
  }
}

async function counted(content: AsyncIterable<Uint8Array>): Promise<{ sha256: string; size: number }> {
  let size = 0
  for await (const piece of content) size += piece.length
  return { sha256: '0'.repeat(64), size }
}

/** Undefined when the row is as it must be; otherwise what was found. */
function faultOf(row: Row, outcome: Outcome): string | undefined {
  const code = 'error' in outcome ? outcome.error.code : undefined
  const text = 'extraction' in outcome && outcome.extraction.kind === 'text' ? outcome.extraction.extracted : undefined
  const got = 'error' in outcome ? outcome.error.message : `${text?.mediaType ?? 'an archive'} with ${text?.text.length ?? 0} characters`
  const has = (phrase: string): boolean => text !== undefined && plain(text.text).includes(plain(phrase))
  switch (row.expect) {
    case 'text':
      return has(row.phrase) ? undefined : got
    case 'text-or-unsupported':
      return has(row.phrase) || code === 'document/unsupported' ? undefined : got
    case 'ocr':
      return has(/"([^"]+)"/.exec(row.note)?.[1] ?? 'a phrase in the note') ? undefined : got
    case 'empty':
      return code === 'document/empty' ? undefined : got
    case 'hostile': {
      if (code !== undefined) return code.startsWith('document/') ? undefined : got
      if (text !== undefined) return text.text.length <= BOUNDED_CHARACTERS ? undefined : got
      const labels = 'extraction' in outcome && outcome.extraction.kind === 'archive' ? outcome.extraction.entries.map((entry) => entry.path) : []
      return labels.every((path) => !path.startsWith('/') && !path.split('/').includes('..')) ? undefined : labels.join(', ')
    }
    default: {
      const wanted = `document/${row.expect.replace('reject:', '')}`
      const flagged = row.note.includes('acceptable if flagged') && (text?.warnings.length ?? 0) > 0
      return code === wanted || flagged ? undefined : got
    }
  }
}

function plain(text: string): string {
  return text.normalize('NFKC').replace(/\s+/g, ' ')
}

function readRows(path: string): Row[] {
  const [head = '', ...lines] = readFileSync(path, 'utf8').trimEnd().split('\n')
  const names = head.split('\t')
  return lines.map((line) => {
    const cells = line.split('\t')
    const cell = (name: string): string => cells[names.indexOf(name)] ?? ''
    return { file: cell('file'), kind: cell('kind'), phrase: cell('phrase'), expect: cell('expect'), note: cell('note') }
  })
}
