import type { Explanation, RankedScore } from '../domain/answer.ts'
import type { RetrievalWeights } from '../domain/database.ts'
import type { ChunkWithFields, LexicalHit } from '../ports/chunks.ts'
import type { DenseHit } from '../ports/vectors.ts'

/** A chunk with what the two searches say of it. */
export interface FusedHit {
  readonly chunkId: string
  readonly documentId: string
  readonly fused: number // 0 to 1
  readonly dense: RankedScore | undefined
  readonly lexical: Explanation['lexical']
}

/** A hit after folding: its range is the union of the overlapping chunks of one document that were found. */
export interface FoldedHit extends FusedHit {
  readonly chunk: ChunkWithFields
  readonly text: string
  readonly start: number
  readonly end: number
  readonly pages: readonly [first: number, last: number] | undefined
  readonly merged: readonly string[]
  readonly reranked?: RankedScore | undefined
}

/** Chunks that one hit may grow to: enough for a paragraph that was cut twice, short enough to read. */
const MOST_JOINED = 3
/** Share of equal 4-word runs from which two chunks tell the same. */
const NEAR_DUPLICATE = 0.85
const RUN = 4
/** Near-equal texts share at least one of their least hashes: only such pairs are compared in full. */
const SKETCH = 6

/**
 * Mixes two ranked lists. Each score is brought to 0..1 within its list — BM25 by its best (0 is its true minimum),
 * cosine between the least and the best of the list — and added by weight. Scores rather than ranks, because the
 * distance between hits says how sure a search is: a list of equally poor hits moves nothing, whereas rank fusion
 * gives its first as much as a sure one. An empty list leaves the other alone. Ties go by chunk id.
 */
export function fuse(dense: readonly DenseHit[], lexical: readonly LexicalHit[], weights: RetrievalWeights): FusedHit[] {
  const found = new Map<string, { documentId: string; fused: number; dense: RankedScore | undefined; lexical: Explanation['lexical'] }>()
  const total = (dense.length === 0 ? 0 : weights.dense) + (lexical.length === 0 ? 0 : weights.lexical)
  const share = (weight: number) => (total === 0 ? 1 : weight / total)
  const entry = (hit: { readonly chunkId: string; readonly documentId: string }) => {
    const known = found.get(hit.chunkId) ?? { documentId: hit.documentId, fused: 0, dense: undefined, lexical: undefined }
    found.set(hit.chunkId, known)
    return known
  }
  const bestLexical = lexical[0]?.score ?? 0
  for (const [index, hit] of lexical.entries()) {
    const one = entry(hit)
    one.lexical = { rank: index + 1, score: hit.score, terms: hit.terms, ...(hit.document === undefined ? {} : { document: hit.document }) }
    if (bestLexical > 0) one.fused += share(weights.lexical) * (hit.score / bestLexical)
  }
  const [best, least] = [dense[0]?.score ?? 0, dense.at(-1)?.score ?? 0]
  for (const [index, hit] of dense.entries()) {
    const one = entry(hit)
    one.dense = { rank: index + 1, score: hit.score }
    one.fused += share(weights.dense) * (best > least ? (hit.score - least) / (best - least) : 1)
  }
  return [...found].map(([chunkId, one]) => ({ chunkId, ...one })).sort((one, two) => two.fused - one.fused || compareChunkIds(one.chunkId, two.chunkId))
}

/** By document id, revision, ordinal: the order that stores promise. */
export function compareChunkIds(one: string, two: string): number {
  const [mine, theirs] = [split(one), split(two)]
  if (mine.documentId !== theirs.documentId) return mine.documentId < theirs.documentId ? -1 : 1
  return mine.revision - theirs.revision || mine.ordinal - theirs.ordinal
}

function split(chunkId: string): { readonly documentId: string; readonly revision: number; readonly ordinal: number } {
  const [ordinal = '', revision = '', ...rest] = chunkId.split('.').reverse()
  return { documentId: rest.reverse().join('.'), revision: Number(revision), ordinal: Number(ordinal) }
}

/**
 * Folds what tells the same into its best hit, in order of rank: chunks of one document whose ranges overlap or touch
 * (their text is joined, at most three), and near-equal texts wherever they stand. Hits without a chunk in `chunks`
 * are not live and dropped.
 */
export function fold(hits: readonly FusedHit[], chunks: ReadonlyMap<string, ChunkWithFields>): FoldedHit[] {
  const kept: Kept[] = []
  const byDocument = new Map<string, Kept[]>()
  const bySketch = new Map<number, Kept[]>()
  for (const hit of hits) {
    const chunk = chunks.get(hit.chunkId)
    if (chunk === undefined) continue
    const { text, start, end, pages } = chunk.chunk
    const neighbour = byDocument.get(hit.documentId)?.find((one) => one.joined < MOST_JOINED && touches(one.hit, chunk))
    if (neighbour !== undefined) {
      neighbour.hit = join(neighbour.hit, chunk)
      neighbour.joined += 1
      continue
    }
    const runs = runsOf(text)
    const sketch = [...runs].sort((one, two) => one - two).slice(0, SKETCH)
    const twin = sketch.flatMap((run) => bySketch.get(run) ?? []).find((one) => alike(one.runs, runs))
    if (twin !== undefined) {
      twin.hit = { ...twin.hit, merged: [...twin.hit.merged, hit.chunkId] }
      continue
    }
    const one: Kept = { hit: { ...hit, chunk, text, start, end, pages, merged: [] }, runs, joined: 1 }
    kept.push(one)
    byDocument.set(hit.documentId, [...(byDocument.get(hit.documentId) ?? []), one])
    for (const run of sketch) bySketch.set(run, [...(bySketch.get(run) ?? []), one])
  }
  return kept.map(({ hit }) => hit)
}

interface Kept {
  hit: FoldedHit
  readonly runs: ReadonlySet<number>
  joined: number
}

function touches(hit: FoldedHit, { chunk }: ChunkWithFields): boolean {
  const same = hit.chunk.chunk.documentId === chunk.documentId && hit.chunk.chunk.revision === chunk.revision
  return same && hit.start <= chunk.end && chunk.start <= hit.end
}

/** Both texts are cut from the same extracted text, so that overlapping ones join without a seam. */
function join(hit: FoldedHit, { chunk }: ChunkWithFields): FoldedHit {
  const [first, second] = hit.start <= chunk.start ? [hit, chunk] : [chunk, hit]
  const text = second.end <= first.end ? first.text : first.text + second.text.slice(first.end - second.start)
  const pages: readonly [number, number] | undefined =
    hit.pages !== undefined && chunk.pages !== undefined
      ? [Math.min(hit.pages[0], chunk.pages[0]), Math.max(hit.pages[1], chunk.pages[1])]
      : (hit.pages ?? chunk.pages)
  return { ...hit, text, start: first.start, end: Math.max(first.end, second.end), pages, merged: [...hit.merged, chunk.id] }
}

/** Hashes of all runs of four words. */
function runsOf(text: string): ReadonlySet<number> {
  const words =
    text
      .normalize('NFKC')
      .toLowerCase()
      .match(/[\p{L}\p{M}\p{N}]+/gu) ?? []
  if (words.length < RUN) return new Set([hash(words.join(' '))])
  return new Set(words.slice(RUN - 1).map((_, index) => hash(words.slice(index, index + RUN).join(' '))))
}

function hash(text: string): number {
  let state = 0x811c9dc5
  for (let index = 0; index < text.length; index += 1) state = Math.imul(state ^ text.charCodeAt(index), 0x01000193)
  return (state ^ (state >>> 15)) >>> 0
}

function alike(one: ReadonlySet<number>, two: ReadonlySet<number>): boolean {
  const [small, large] = one.size < two.size ? [one, two] : [two, one]
  if (small.size < NEAR_DUPLICATE * large.size) return false
  let same = 0
  for (const run of small) if (large.has(run)) same += 1
  return same >= NEAR_DUPLICATE * (one.size + two.size - same)
}
