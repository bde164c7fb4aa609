import type { Block, ExtractedText } from '../../domain/block.ts'
import type { ChunkDraft } from '../../domain/chunk.ts'
import { countTokens } from './tokens.ts'
import { type Unit, unitsOf } from './units.ts'

export { countTokens } from './tokens.ts'

export interface ChunkSettings {
  readonly chunkSize: number // tokens, at most
  readonly chunkOverlap: number // tokens repeated from the end of the chunk before, within a section
}

/** A section shorter than this share of the chunk size goes together with its neighbour under the same parent. */
const SMALL_SECTION = 0.125
/** Tokens of a table's header row that are worth repeating with each of its chunks. */
const LONGEST_CONTEXT = 128

interface Section {
  readonly path: readonly string[]
  readonly units: Unit[]
  readonly tokens: number
}

/**
 * Cuts an extracted document into chunks along headings, blocks, sentences and table rows.
 *
 * Shape   `text.slice(start, end) === chunk.text`; every unit of text is in at least one chunk, in order; a chunk
 *         never crosses a section unless short sections of one parent are put together.
 * Limits  at most `chunkSize` tokens each.
 */
export function chunkDocument(extracted: ExtractedText, settings: ChunkSettings): ChunkDraft[] {
  const sentences = new Intl.Segmenter('en', { granularity: 'sentence' })
  const drafts: ChunkDraft[] = []
  for (const section of sectionsOf(extracted, settings.chunkSize, sentences)) {
    for (const units of pack(extracted.text, section.units, settings)) drafts.push(draft(extracted.text, section.path, units, drafts.length))
  }
  return drafts
}

function sectionsOf(extracted: ExtractedText, size: number, sentences: Intl.Segmenter): Section[] {
  const found: Section[] = []
  let current: { path: readonly string[]; units: Unit[]; tokens: number } | undefined
  for (const block of extracted.blocks) {
    const path = block.kind === 'heading' ? [...block.headingPath, extracted.text.slice(block.start, block.end)] : block.headingPath
    if (current === undefined || block.kind === 'heading' || !equal(current.path, path)) {
      current = { path, units: [], tokens: 0 }
      found.push(current)
    }
    const units = unitsOf(extracted.text, block, size, sentences)
    current.units.push(...units)
    current.tokens += sum(units)
  }
  return joinSmall(found, size)
}

/** A heading alone goes with what follows below it; short neighbours under one parent go together. */
function joinSmall(sections: readonly Section[], size: number): Section[] {
  const joined: Section[] = []
  for (const section of sections) {
    const last = joined.at(-1)
    const path = last === undefined ? undefined : commonPath(last, section)
    const short = last !== undefined && (onlyHeadings(last) || last.tokens < size * SMALL_SECTION)
    if (last !== undefined && path !== undefined && short && last.tokens + section.tokens <= size) {
      joined[joined.length - 1] = { path, units: [...last.units, ...section.units], tokens: last.tokens + section.tokens }
    } else joined.push(section)
  }
  return joined
}

/** The path that describes both: of a parent and its child the child's, of siblings their parent's; undefined for others. */
function commonPath(last: Section, next: Section): readonly string[] | undefined {
  if (startsWith(next.path, last.path)) return onlyHeadings(last) ? next.path : last.path
  const parent = last.path.slice(0, -1)
  return startsWith(next.path, parent) && next.path.length <= last.path.length ? parent : undefined
}

function onlyHeadings(section: Section): boolean {
  return section.units.every((unit) => unit.block.kind === 'heading')
}

/** Fills chunks up to the size; each but the first of a section begins with the last units of the one before. */
function pack(text: string, units: readonly Unit[], { chunkSize, chunkOverlap }: ChunkSettings): Unit[][] {
  const chunks: Unit[][] = []
  let current: Unit[] = []
  let tokens = 0
  const restart = (carried: readonly Unit[]) => {
    current = [...carried]
    tokens = sum(current) + current.length
  }
  /** Ends the current chunk; what does not fit by the exact count begins the next. */
  const flush = (size: number, overlap: number) => {
    const { keep, moved } = splitAtBlock(current, tokens, size)
    while (keep.length > 1 && countTokens(sliceOf(text, keep)) > size) moved.unshift(...keep.splice(-1))
    chunks.push(keep)
    restart(moved.length > 0 ? moved : overlapOf(keep, overlap))
    return moved.length > 0
  }
  for (const unit of units) {
    while (current.length > 0 && tokens + unit.tokens + 1 > chunkSize) {
      const moved = flush(chunkSize, Math.min(chunkOverlap, chunkSize - unit.tokens - 2))
      if (!moved && tokens + unit.tokens + 1 > chunkSize) restart([])
    }
    current.push(unit)
    tokens += unit.tokens + 1 // the blank or line break between units
  }
  while (current.length > 0) {
    const fits = current.length === 1 || countTokens(sliceOf(text, current)) <= chunkSize
    if (fits) {
      chunks.push(current)
      break
    }
    flush(chunkSize, 0)
  }
  return chunks
}

function sliceOf(text: string, units: readonly Unit[]): string {
  return text.slice(units[0]?.start ?? 0, units.at(-1)?.end ?? 0)
}

/** When the last block of a full chunk has only just begun, it moves to the next chunk whole. */
function splitAtBlock(current: readonly Unit[], tokens: number, size: number): { keep: Unit[]; moved: Unit[] } {
  const at = current.findLastIndex((unit) => unit.first)
  const moved = at > 0 ? current.slice(at) : []
  const isHeading = moved.length > 0 && moved.every((unit) => unit.block.kind === 'heading')
  const short = moved.length > 0 && sum(moved) < size * 0.2 && tokens - sum(moved) > size * 0.6
  return isHeading || short ? { keep: current.slice(0, at), moved } : { keep: [...current], moved: [] }
}

function overlapOf(units: readonly Unit[], budget: number): Unit[] {
  const carried: Unit[] = []
  let tokens = 0
  for (const unit of units.toReversed()) {
    tokens += unit.tokens + 1
    // Rows and headings are not repeated: a table's header is given as context, a heading as the heading path.
    if (tokens > budget || unit.block.kind === 'table' || unit.block.kind === 'heading' || carried.length === units.length - 1) break
    carried.unshift(unit)
  }
  return carried
}

function draft(text: string, path: readonly string[], units: readonly Unit[], ordinal: number): ChunkDraft {
  const slice = sliceOf(text, units)
  const start = units[0]?.start ?? 0
  const numbered = units.flatMap((unit) => (unit.block.page === undefined ? [] : [unit.block.page]))
  return {
    ordinal,
    text: slice,
    start,
    end: start + slice.length,
    headingPath: path,
    pages: numbered.length === 0 ? undefined : [Math.min(...numbered), Math.max(...numbered)],
    tokens: countTokens(slice),
    context: contextOf(text, units),
  }
}

/** The header row of the table that the chunk begins inside of. */
function contextOf(text: string, units: readonly Unit[]): string | undefined {
  const first = units[0]
  if (first === undefined || first.first || first.block.hasHeader !== true) return undefined
  const header = headerOf(text, first.block)
  return countTokens(header) <= LONGEST_CONTEXT ? header : undefined
}

function headerOf(text: string, block: Block): string {
  const stop = text.indexOf('\n', block.start)
  return text.slice(block.start, stop === -1 || stop > block.end ? block.end : stop)
}

function sum(units: readonly Unit[]): number {
  return units.reduce((total, unit) => total + unit.tokens, 0)
}

function equal(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && startsWith(left, right)
}

function startsWith(path: readonly string[], lead: readonly string[]): boolean {
  return lead.every((part, index) => path[index] === part)
}
