import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { processExtractor } from '../src/adapters/process/extractor.ts'
import { extractFile, sourceOf } from '../src/steps/extract/extract.ts'
import { EXTRACT_LIMITS } from '../src/steps/extract/reader.ts'

const FOLDER = resolve(import.meta.dirname, '../../fixtures/documents')
const files = readdirSync(FOLDER).filter((name) => statSync(join(FOLDER, name)).isFile())
const extractor = processExtractor({
  nodePath: process.execPath,
  entry: resolve(import.meta.dirname, '../src/steps/extract/process.ts'),
  timeoutMs: 60_000,
  memoryMiB: 1024,
  concurrency: 1,
  maxBytes: 64 << 20,
  allowOcr: false,
})
afterAll(() => extractor.close())

/** Parsers that need a right which the process does not have would differ here. */
test.each(files)('%s reads in the sandbox as it does outside', { timeout: 60_000 }, async (name) => {
  const path = join(FOLDER, name)
  const events = { progress: () => undefined, entryStart: () => undefined, entryData: () => undefined, entryEnd: () => undefined, entryBroken: () => undefined }
  const limits = { ...EXTRACT_LIMITS, ocrPages: 0 }
  const outside = await extractFile(sourceOf(name, readFileSync(path)), '', limits, events).then(plain, plain)
  const options = { signal: AbortSignal.timeout(60_000), store: () => Promise.resolve({ sha256: '', size: 0 }) }
  const inside = await extractor.extract({ path, size: statSync(path).size, name, mediaType: '' }, options).then(plain, plain)
  expect(inside).toEqual(outside)
})

/** As it looks after crossing a process: what is undefined is absent. An error is told by its code, a damaged file's own words stay inside. */
function plain(result: unknown): unknown {
  if (result instanceof Error)
    return 'code' in result && typeof result.code === 'string' && result.code.startsWith('document/') ? result.code : 'document/corrupt'
  return JSON.parse(JSON.stringify(result))
}
