import type { ChunkTerms } from '../../domain/chunk.ts'
import { pairShare } from '../../domain/ranking.ts'
import type { QueryTerm } from '../../ports/chunks.ts'

/** 52 bits of a term, its key in the postings. Two terms of one index share a key once in thousands of indexes of a million terms. */
export function termKey(term: string): number {
  let low = 0x811c9dc5
  let high = 0x9e3779b9
  for (let index = 0; index < term.length; index++) {
    const code = term.charCodeAt(index)
    low = Math.imul(low ^ code, 0x01000193)
    high = Math.imul(high ^ code, 0x85ebca6b)
    high ^= high >>> 13
  }
  low ^= low >>> 16
  return (Math.imul(high, 0xc2b2ae35) >>> 12) * 2 ** 32 + (low >>> 0)
}

/** Terms of a chunk in order, 3 bytes each (24 bits of the key, never 0), fields parted by 0. */
export function sequence(terms: ChunkTerms, keyOf: (term: string) => number): Uint8Array {
  const out = new Uint8Array(3 * (terms.title.length + terms.headings.length + terms.body.length + 2))
  let at = 0
  for (const [index, field] of [terms.title, terms.headings, terms.body].entries()) {
    if (index > 0) at += 3
    for (const term of field) {
      const mark = markOf(keyOf(term))
      out[at++] = mark & 255
      out[at++] = (mark >>> 8) & 255
      out[at++] = mark >>> 16
    }
  }
  return out
}

/** A word of the question with the forms that it may have in the index. */
export interface Word {
  readonly forms: readonly QueryTerm[]
  /** Position in the question; undefined for a term that stands for itself. */
  readonly position: number | undefined
}

/** The same term twice weighs the sum; forms with the same number make one word. Terms without weight are left out. */
export function wordsOf(terms: readonly QueryTerm[]): Word[] {
  const byTerm = new Map<string, QueryTerm>()
  for (const { term, weight, word } of terms) {
    if (!(weight > 0)) continue
    const before = byTerm.get(term)
    const position = before?.word ?? word
    byTerm.set(term, { term, weight: weight + (before?.weight ?? 0), ...(position === undefined ? {} : { word: position }) })
  }
  const words = Map.groupBy(byTerm.values(), ({ term, word }) => word ?? term)
  return [...words].map(([key, forms]) => ({ forms, position: typeof key === 'number' ? key : undefined }))
}

/** Finds neighbours of the question in the sequences of chunks. Looks at the first 31 positions. */
export function pairFinder(
  terms: readonly QueryTerm[],
  worthAt: ReadonlyMap<number, number>,
): ((data: Uint8Array) => { readonly position: number; readonly score: number }[]) | undefined {
  const masks = new Map<number, number>()
  let placed = 0
  for (const { term, word } of terms) {
    if (word === undefined || word < 0 || word > 30 || !worthAt.has(word)) continue
    const mark = markOf(termKey(term))
    masks.set(mark, (masks.get(mark) ?? 0) | (1 << word))
    placed |= 1 << word
  }
  if ((placed & (placed >>> 1)) === 0) return undefined
  const likely = new Uint8Array(256)
  for (const mark of masks.keys()) likely[mark & 255] = 1
  return (data) => {
    const counts = new Map<number, number>()
    let before = 0
    for (let at = 0; at + 2 < data.length; at += 3) {
      const low = data[at] as number
      const mask = likely[low] === 0 ? 0 : (masks.get(low | ((data[at + 1] as number) << 8) | ((data[at + 2] as number) << 16)) ?? 0)
      for (let found = before & (mask >>> 1); found !== 0; found &= found - 1) {
        const position = 31 - Math.clz32(found & -found)
        counts.set(position, (counts.get(position) ?? 0) + 1)
      }
      before = mask
    }
    return [...counts].map(([position, count]) => ({
      position,
      score: pairShare(worthAt.get(position) ?? 0, worthAt.get(position + 1) ?? 0, count),
    }))
  }
}

function markOf(key: number): number {
  return (key % 0xffffff) | 0 || 1
}
