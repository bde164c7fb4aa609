import { inverseFrequency, RANKING, saturation } from '../../domain/ranking.ts'
import type { LexicalRowHit, LexicalSearch, Segment } from './lexical.ts'
import type { DocumentScorer, SoughtWord } from './lexical-documents.ts'
import { accumulate, countsIn, type Postings } from './lexical-postings.ts'
import { pairFinder, termKey, wordsOf } from './lexical-words.ts'

export interface LexicalReader {
  postings(segment: Segment, term: number): Postings | undefined
  sequence(row: number): Uint8Array | undefined
}

interface ScoredTerm {
  readonly term: string
  readonly factor: number // weight x inverse frequency
  readonly found: readonly (Postings | undefined)[] // by segment
}

interface Candidate {
  readonly segment: number
  readonly local: number
  readonly row: number
  score: number
  pairs: readonly { readonly position: number; readonly score: number }[]
}

/** Every chunk that holds a term is scored; pairs are looked for in the best of them. `scores` is zero for every chunk. */
export function searchSegments(
  query: LexicalSearch,
  segments: readonly Segment[],
  scores: Float64Array,
  reader: LexicalReader,
  scorer: DocumentScorer,
): LexicalRowHit[] {
  const total = segments.reduce((sum, segment) => sum + segment.chunks, 0)
  if (total === 0 || query.n < 1) return []
  const average = Math.max(1, segments.reduce((sum, segment) => sum + segment.length, 0) / total)
  const weighing = { constant: RANKING.k1 * (1 - RANKING.b), slope: (RANKING.k1 * RANKING.b) / average }
  const scored: ScoredTerm[] = []
  const sought: SoughtWord[] = []
  const rarity = new Map<string, number>()
  for (const word of wordsOf(query.terms)) {
    const forms = word.forms.map(({ term, weight }) => {
      const key = termKey(term)
      const found = segments.map((segment) => reader.postings(segment, key))
      return { term, weight, found, holding: found.reduce((sum, postings) => sum + (postings?.holding ?? 0), 0) }
    })
    const holding = Math.min(
      total,
      forms.reduce((sum, form) => sum + form.holding, 0),
    )
    const inverse = holding === 0 ? 0 : inverseFrequency(total, holding)
    if (holding > 0) sought.push({ weight: Math.max(...forms.map(({ weight }) => weight)), holding, forms: forms.map(({ found }) => found) })
    for (const form of forms) {
      if (form.holding === 0) continue
      rarity.set(form.term, inverse)
      scored.push({ term: form.term, factor: form.weight * inverse, found: form.found })
    }
  }
  for (const { factor, found } of scored) {
    let start = 0
    segments.forEach((segment, index) => {
      const postings = found[index]
      if (postings !== undefined) accumulate(postings.data, segment.lengths, factor, weighing, scores, start)
      start += segment.chunks
    })
  }
  const earned = query.documents === undefined ? undefined : scorer.score(sought, segments, query.documents)
  const ofDocument = (row: number) => earned?.[query.documents?.ofRow[row] ?? 0] ?? 0
  if (earned !== undefined) addDocuments(segments, scores, query.documents?.ofRow ?? new Uint32Array(0), earned)
  const tie = query.tie ?? ((a: number, b: number) => a - b)
  const order = (a: Candidate, b: Candidate) => b.score - a.score || tie(a.row, b.row)
  const best = select(segments, scores, query.allowed, Math.max(query.n, RANKING.candidates), order)

  const worthAt = new Map<number, number>()
  for (const { term, weight, word } of query.terms) {
    const inverse = rarity.get(term)
    if (word !== undefined && inverse !== undefined && !worthAt.has(word)) worthAt.set(word, weight * inverse)
  }
  const pairsIn = pairFinder(query.terms, worthAt)
  if (pairsIn !== undefined) {
    for (const candidate of best.slice(0, RANKING.candidates)) {
      const data = reader.sequence(candidate.row)
      if (data === undefined) continue
      candidate.pairs = pairsIn(data)
      for (const { score } of candidate.pairs) candidate.score += score
    }
    best.sort(order)
  }
  const hits = best.slice(0, query.n)
  const shares = query.explain === true ? sharesOf(hits, scored, segments, average) : undefined
  return hits.map((hit) => ({
    row: hit.row,
    score: hit.score,
    terms: shares === undefined ? [] : [...(shares.get(hit) ?? []), ...pairsOf(hit, query)],
    ...(earned === undefined ? {} : { document: ofDocument(hit.row) }),
  }))
}

/** Only chunks that hold a term themselves are raised: a document finds nothing for chunks that say nothing. */
function addDocuments(segments: readonly Segment[], scores: Float64Array, ofRow: Uint32Array, earned: Float64Array): void {
  let start = 0
  for (const { chunks, rows } of segments) {
    for (let local = 0; local < chunks; local++) {
      if ((scores[start + local] as number) === 0) continue
      const document = ofRow[rows[local] as number] as number
      if (document > 0) scores[start + local] = (scores[start + local] as number) + (earned[document] as number)
    }
    start += chunks
  }
}

type Share = { readonly term: string; readonly score: number }

/** What each term gives to each hit, in the order of the terms. Every list of postings is read once for all hits. */
function sharesOf(hits: readonly Candidate[], scored: readonly ScoredTerm[], segments: readonly Segment[], average: number): Map<Candidate, Share[]> {
  const shares = new Map<Candidate, Share[]>(hits.map((hit) => [hit, []]))
  for (const [index, own] of Map.groupBy(hits, ({ segment }) => segment)) {
    const sorted = own.toSorted((one, two) => one.local - two.local)
    const locals = sorted.map(({ local }) => local)
    for (const { term, factor, found } of scored) {
      const postings = found[index]
      if (postings === undefined) continue
      countsIn(postings.data, locals).forEach((count, at) => {
        const hit = sorted[at]
        if (count === 0 || hit === undefined) return
        const length = segments[index]?.lengths[hit.local] ?? 0
        shares.get(hit)?.push({ term, score: factor * saturation(count, length, average) })
      })
    }
  }
  return shares
}

/** A pair is named by the first forms of its words. */
function pairsOf(hit: Candidate, query: LexicalSearch): { term: string; score: number }[] {
  const name = (position: number) => query.terms.find(({ word }) => word === position)?.term ?? ''
  return hit.pairs.map(({ position, score }) => ({ term: `${name(position)} ${name(position + 1)}`, score }))
}

const NONE: Candidate['pairs'] = []

/** The first `n` by `order` of the allowed chunks with a score, through a heap with the worst on top. */
function select(
  segments: readonly Segment[],
  scores: Float64Array,
  allowed: Uint32Array,
  n: number,
  order: (a: Candidate, b: Candidate) => number,
): Candidate[] {
  const heap: Candidate[] = []
  let floor = Number.MIN_VALUE // what has no term has score 0
  let start = 0
  for (let index = 0; index < segments.length; index++) {
    const { chunks, rows } = segments[index] as Segment
    for (let local = 0; local < chunks; local++) {
      const score = scores[start + local] as number
      if (score < floor) continue
      const row = rows[local] as number
      if (!has(allowed, row)) continue
      const candidate = { segment: index, local, row, score, pairs: NONE }
      if (heap.length < n) {
        heap.push(candidate)
        up(heap, order)
      } else if (order(candidate, heap[0] as Candidate) < 0) {
        heap[0] = candidate
        down(heap, order)
      }
      if (heap.length === n) floor = (heap[0] as Candidate).score
    }
    start += chunks
  }
  return heap.sort(order)
}

function up(heap: Candidate[], order: (a: Candidate, b: Candidate) => number): void {
  let at = heap.length - 1
  while (at > 0) {
    const parent = (at - 1) >> 1
    if (order(heap[at] as Candidate, heap[parent] as Candidate) <= 0) return
    swap(heap, at, parent)
    at = parent
  }
}

function down(heap: Candidate[], order: (a: Candidate, b: Candidate) => number): void {
  let at = 0
  for (;;) {
    let worst = at
    for (const child of [2 * at + 1, 2 * at + 2]) {
      if (child < heap.length && order(heap[child] as Candidate, heap[worst] as Candidate) > 0) worst = child
    }
    if (worst === at) return
    swap(heap, at, worst)
    at = worst
  }
}

function swap(heap: Candidate[], a: number, b: number): void {
  const kept = heap[a] as Candidate
  heap[a] = heap[b] as Candidate
  heap[b] = kept
}

export function has(bits: Uint32Array, row: number): boolean {
  return (((bits[row >>> 5] ?? 0) >>> (row & 31)) & 1) === 1
}
