import type { Block, ExtractedText, Page } from '../../domain/block.ts'
import { AppError, type Facts, isErrorCode } from '../../domain/errors.ts'
import type { Metadata } from '../../domain/metadata.ts'

// What comes out of the extraction process is believed as little as what went in.

const KINDS: ReadonlySet<unknown> = new Set(['heading', 'paragraph', 'list', 'table', 'code', 'caption', 'quote'])
const MAX_WARNINGS = 200
const MAX_FACT_CHARACTERS = 500

export function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'))
  } catch (cause) {
    throw broken('a reply that is not JSON', cause)
  }
}

/** @throws AppError extract/crashed when the shape or any range is not as domain/block.ts says */
export function checkedText(value: unknown): ExtractedText {
  const { text, blocks, pages, mediaType, title, properties, warnings } = record(value)
  if (typeof text !== 'string' || !text.isWellFormed()) throw broken('text')
  if (!Array.isArray(blocks) || !Array.isArray(pages)) throw broken('blocks')
  if (typeof mediaType !== 'string' || !/^[\w.+-]{1,100}\/[\w.+-]{1,150}$/.test(mediaType)) throw broken('media type')
  let last = 0
  for (const block of blocks) last = checkBlock(block, last, text.length)
  for (const page of pages) checkPage(page, text.length)
  return {
    text,
    blocks: blocks as Block[],
    pages: pages as Page[],
    mediaType,
    title: title === undefined || typeof title === 'string' ? title : undefined,
    properties: checkedProperties(properties),
    warnings: sentences(warnings),
  }
}

/** Only what is wrong with a document may come from inside; facts are cut to plain short values. */
export function checkedFault(value: unknown): AppError {
  const { code, facts } = record(value)
  if (typeof code !== 'string' || !isErrorCode(code) || !code.startsWith('document/')) return broken('error code')
  const kept: Record<string, string | number | boolean> = {}
  for (const [name, fact] of Object.entries(record(facts)).slice(0, 10)) {
    if (!/^[\w-]{1,40}$/.test(name)) continue
    if (typeof fact === 'number' || typeof fact === 'boolean') kept[name] = fact
    if (typeof fact === 'string') kept[name] = fact.toWellFormed().slice(0, MAX_FACT_CHARACTERS)
  }
  return new AppError(code, kept satisfies Facts)
}

export function sentences(value: unknown): string[] {
  if (!Array.isArray(value)) throw broken('warnings')
  return value
    .filter((sentence) => typeof sentence === 'string')
    .slice(0, MAX_WARNINGS)
    .map((sentence) => sentence.toWellFormed().slice(0, 2000))
}

export function numbers(value: unknown, ...names: string[]): number[] {
  const fields = record(value)
  return names.map((name) => {
    const number = fields[name]
    if (typeof number !== 'number' || !Number.isSafeInteger(number) || number < 0) throw broken(name)
    return number
  })
}

export function text(value: unknown, name: string, maxLength: number): string {
  const found = record(value)[name]
  if (typeof found !== 'string' || found.length === 0 || found.length > maxLength) throw broken(name)
  return found.toWellFormed()
}

export function broken(what: string, cause?: unknown): AppError {
  return new AppError('extract/crashed', { reason: `the reply was not understood: ${what}` }, cause)
}

function checkBlock(value: unknown, after: number, length: number): number {
  const { kind, start, end, level, page, headingPath, hasHeader, language, boxes } = record(value)
  if (!KINDS.has(kind)) throw broken('kind of block')
  if (!isIndex(start) || !isIndex(end) || start < after || end <= start || end > length) throw broken('range of a block')
  if (!Array.isArray(headingPath) || headingPath.length > 100 || !headingPath.every((heading) => typeof heading === 'string')) throw broken('heading path')
  if (level !== undefined && !isIndex(level)) throw broken('level')
  if (page !== undefined && !isIndex(page)) throw broken('page of a block')
  if (hasHeader !== undefined && typeof hasHeader !== 'boolean') throw broken('header')
  if (language !== undefined && typeof language !== 'string') throw broken('language')
  if (boxes !== undefined && !(Array.isArray(boxes) && boxes.every(isBox))) throw broken('boxes')
  return end
}

function checkPage(value: unknown, length: number): void {
  const { number, start, end, label, width, height, ocr } = record(value)
  if (!isIndex(number) || number < 1 || !isIndex(start) || !isIndex(end) || end < start || end > length) throw broken('page')
  if (label !== undefined && typeof label !== 'string') throw broken('page label')
  for (const size of [width, height]) if (size !== undefined && !Number.isFinite(size)) throw broken('page size')
  if (ocr !== undefined && typeof ocr !== 'boolean') throw broken('page')
}

function isBox(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  const { page, x, y, width, height } = record(value)
  return [page, x, y, width, height].every((number) => typeof number === 'number' && Number.isFinite(number))
}

function checkedProperties(value: unknown): Metadata {
  const kept: Record<string, Metadata[string]> = {}
  for (const [name, property] of Object.entries(record(value)).slice(0, 200)) {
    if (name === '__proto__' || name.length > 200) continue
    if (typeof property === 'string' || typeof property === 'number' || typeof property === 'boolean') kept[name] = property
    else if (Array.isArray(property) && property.every((one) => typeof one === 'string')) kept[name] = property
    else if (Array.isArray(property) && property.every((one) => typeof one === 'number')) kept[name] = property
  }
  return kept
}

function isIndex(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw broken('an object was expected')
  return value as Readonly<Record<string, unknown>>
}
