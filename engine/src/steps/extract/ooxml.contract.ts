import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import * as cfb from 'cfb'
import { strToU8, zipSync } from 'fflate'
import { describe, expect, test } from 'vitest'
import type { ExtractedText } from '../../domain/block.ts'
import { AppError } from '../../domain/errors.ts'
import { textBuilder } from './builder.ts'
import { EXTRACT_LIMITS, type ExtractLimits, type Reader } from './reader.ts'

/** What every reader of office files is held to; called by their tests. */

export async function readWith(reader: Reader, bytes: Uint8Array, limits: Partial<ExtractLimits> = {}): Promise<ExtractedText & { nested: string[] }> {
  const all = { ...EXTRACT_LIMITS, ...limits }
  const out = textBuilder(all.characters)
  const nested: string[] = []
  const source = {
    name: 'file',
    size: bytes.length,
    mediaType: '',
    bytes: () => bytes,
    at: (offset: number, length: number) => bytes.subarray(offset, offset + length),
  }
  await reader(source, out, {
    limits: all,
    progress: (done, total) => expect(total === 0 || done <= total).toBe(true),
    nested: async (name) => {
      nested.push(name)
    },
  })
  const extracted = out.finish('application/octet-stream')
  let end = 0
  for (const block of extracted.blocks) {
    expect(block.start).toBeGreaterThanOrEqual(end)
    expect(extracted.text.slice(block.start, block.end).trim()).not.toBe('')
    end = block.end
  }
  return { ...extracted, nested }
}

/** Blocks as "kind path: text", short enough to compare by eye. */
export function outline(extracted: ExtractedText): string[] {
  return extracted.blocks.map((block) => {
    const where = block.headingPath.length === 0 ? '' : ` (${block.headingPath.join(' > ')})`
    const kind = block.kind === 'heading' ? `h${block.level}` : block.kind + (block.hasHeader === true ? '+' : '')
    return `${block.page === undefined ? '' : `${block.page} `}${kind}${where}: ${extracted.text.slice(block.start, block.end)}`
  })
}

export async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work
    return 'read'
  } catch (error) {
    return error instanceof AppError ? error.code : `not an AppError: ${error instanceof Error ? error.stack : String(error)}`
  }
}

export function zipped(parts: Readonly<Record<string, string | Uint8Array>>): Uint8Array {
  return zipSync(Object.fromEntries(Object.entries(parts).map(([name, part]) => [name, typeof part === 'string' ? strToU8(part) : part])))
}

/** An OLE container of streams. */
export function compound(streams: Readonly<Record<string, Uint8Array>>): Uint8Array {
  const file = cfb.utils.cfb_new()
  for (const [name, content] of Object.entries(streams)) cfb.utils.cfb_add(file, `/${name}`, content)
  return new Uint8Array(cfb.write(file, { type: 'buffer' }) as Buffer)
}

export const RELATIONSHIPS = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships'

/** A relationships part: id, type and target of each. */
export function relationships(...list: readonly (readonly [id: string, type: string, target: string, mode?: string])[]): string {
  const items = list.map(
    ([id, type, target, mode]) =>
      `<Relationship Id="${id}" Type="${RELATIONSHIPS}/${type}" Target="${target}"${mode === undefined ? '' : ` TargetMode="${mode}"`}/>`,
  )
  return `<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">${items.join('')}</Relationships>`
}

/** Truncated and overwritten files end in an AppError or a result, never in another error and never in a hang. */
export function survivesDamage(reader: Reader, make: () => Uint8Array, seeds = 50): void {
  test(`${seeds} times cut off or overwritten`, { timeout: 60_000 }, async () => {
    const whole = make()
    for (let seed = 1; seed <= seeds; seed += 1) {
      const random = randomOf(seed)
      let bytes = whole.slice()
      if (seed % 2 === 0) bytes = bytes.slice(0, Math.floor(random() * bytes.length))
      else for (let count = 0; count <= seed % 13; count += 1) bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256)
      expect(await codeOf(readWith(reader, bytes, { unpackedBytes: 2 ** 26, characters: 2 ** 22 })), `seed ${seed}`).toMatch(
        /^(read|document\/(encrypted|truncated|corrupt|unsupported|hostile|too-large))$/,
      )
    }
  })
}

/** The parts of a zip are damaged before they are packed, so that the damage passes the checksums. */
export function survivesDamagedParts(reader: Reader, parts: Readonly<Record<string, string>>, seeds = 50): void {
  test(`${seeds} times with damaged parts`, { timeout: 60_000 }, async () => {
    const names = Object.keys(parts)
    for (let seed = 1; seed <= seeds; seed += 1) {
      const random = randomOf(seed)
      const name = names[Math.floor(random() * names.length)] ?? ''
      const part = parts[name] ?? ''
      const at = Math.floor(random() * part.length)
      const kind = seed % 3
      const damaged =
        kind === 0
          ? part.slice(0, at)
          : kind === 1
            ? part.slice(0, at) + part.slice(at + 1 + Math.floor(random() * 30))
            : `${part.slice(0, at)}<"&\u0000${part.slice(at)}`
      expect(await codeOf(readWith(reader, zipped({ ...parts, [name]: damaged }))), `seed ${seed}`).toMatch(
        /^(read|document\/(encrypted|truncated|corrupt|unsupported|hostile|too-large))$/,
      )
    }
  })
}

function randomOf(seed: number): () => number {
  let state = Math.imul(seed, 2_654_435_761) >>> 0
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

const DOCS = resolve(import.meta.dirname, '../../../../../shared/docs')

export function sharedDocument(name: string): Uint8Array | undefined {
  const path = resolve(DOCS, name)
  return existsSync(path) ? new Uint8Array(readFileSync(path)) : undefined
}

/** The rows of the shared manifest for these endings: phrases are found, faults have their reason, hostile files stay small. */
export function readsTheManifest(reader: Reader, endings: readonly string[]): void {
  const path = resolve(DOCS, 'manifest.tsv')
  const present = existsSync(path)
  if (!present) console.log(`${endings.join(', ')}: ../shared/docs is absent, its documents are not tested`)
  const rows = present
    ? readFileSync(path, 'utf8')
        .split('\n')
        .slice(1)
        .map((line) => line.split('\t'))
    : []
  const mine = rows.filter(([file]) => endings.includes((file ?? '').split('.').at(-1) ?? ''))
  describe.skipIf(!present)('documents of the shared manifest', () => {
    test.each(mine.map((row) => [row[0] ?? '', row[5] ?? '', row[6] ?? '']))('%s', { timeout: 60_000 }, async (file, phrase, expected) => {
      const work = readWith(reader, sharedDocument(file) ?? new Uint8Array())
      if (expected === 'text') expect(plain((await work).text)).toContain(plain(phrase))
      else if (expected.startsWith('reject:')) expect(await codeOf(work)).toBe(`document/${expected.slice(7)}`)
      else expect(await codeOf(work)).toMatch(/^(read|document\/(hostile|too-large))$/)
    })
  })
}

function plain(text: string): string {
  return text.normalize('NFKC').replace(/\s+/g, ' ').trim()
}
