import { randomInt } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import type { ChunkTerms } from '../../domain/chunk.ts'
import { inverseFrequency, RANKING, weightedTerms } from '../../domain/ranking.ts'
import type { QueryTerm } from '../../ports/chunks.ts'
import { concatenate, decode, encode, filtered } from './lexical-postings.ts'

/** Rows are the chunk store's: integers from 0 to 2^32 - 2, never used twice. */
export interface LexicalChunk {
  readonly row: number
  readonly terms: ChunkTerms
}

export interface LexicalSearch {
  readonly terms: readonly QueryTerm[]
  readonly n: number
  /** Bitset of the rows that may be found: bit `row & 31` of word `row >>> 5`; rows beyond its end may not. */
  readonly allowed: Uint32Array
  /** Order of equal scores, as for `sort`; by row when omitted. */
  readonly tie?: (a: number, b: number) => number
  readonly explain?: boolean
}

export interface LexicalRowHit {
  readonly row: number
  readonly score: number
  readonly terms: readonly { readonly term: string; readonly score: number }[] // empty unless explained
}

/**
 * Postings of one chunk file. Statistics count every chunk that was added and not yet compacted away, dead or alive:
 * exact after `compact`. All of it lies in the caller's database and follows its transactions.
 */
export interface Lexical {
  /** Call inside a transaction. A row may be added once only. */
  add(chunks: readonly LexicalChunk[]): void
  /** Best first. Reads one snapshot, also while another connection writes. */
  search(query: LexicalSearch): readonly LexicalRowHit[]
  /**
   * Rewrites the segments of which more than `share` (0 to 1) of the rows are not set in `keep` (a bitset as above:
   * live and staged rows). Call inside a transaction. Returns the number of rows let go.
   */
  compact(keep: Uint32Array, share: number): number
  /** Chunks in the postings, dead ones included. */
  size(): number
}

/** Fine when they exist. */
export function createLexicalTables(db: DatabaseSync): void {
  db.exec(`
    CREATE TABLE IF NOT EXISTS lexical_state (one INTEGER PRIMARY KEY CHECK (one = 1), generation INTEGER NOT NULL) STRICT;
    INSERT OR IGNORE INTO lexical_state VALUES (1, 0);
    CREATE TABLE IF NOT EXISTS lexical_segments (
      segment INTEGER PRIMARY KEY, stamp INTEGER NOT NULL, chunks INTEGER NOT NULL, length INTEGER NOT NULL,
      rows BLOB NOT NULL, lengths BLOB NOT NULL
    ) STRICT;
    CREATE TABLE IF NOT EXISTS lexical_postings (
      segment INTEGER NOT NULL, term TEXT NOT NULL, holding INTEGER NOT NULL, data BLOB NOT NULL,
      PRIMARY KEY (segment, term)
    ) STRICT, WITHOUT ROWID;
  `)
}

interface Segment {
  readonly id: number
  readonly stamp: number
  readonly chunks: number
  readonly length: number // sum over its chunks
  readonly rows: Uint32Array
  readonly lengths: Uint32Array
}

interface SegmentRow {
  readonly segment: number
  readonly stamp: number
  readonly chunks: number
  readonly length: number
}

/** So many segments of about one size become one. */
const FAN_OUT = 8
const STAMPS = 2 ** 47

/** One per connection; it notices what other connections commit and what its own transaction rolls back. */
export function openLexical(db: DatabaseSync): Lexical {
  const generationOf = db.prepare('SELECT generation FROM lexical_state')
  const setGeneration = db.prepare('UPDATE lexical_state SET generation = ?')
  const listSegments = db.prepare('SELECT segment, stamp, chunks, length FROM lexical_segments ORDER BY segment')
  const loadSegment = db.prepare('SELECT rows, lengths FROM lexical_segments WHERE segment = ?')
  const insertSegment = db.prepare('INSERT INTO lexical_segments VALUES (?, ?, ?, ?, ?, ?)')
  const insertPostings = db.prepare('INSERT INTO lexical_postings VALUES (?, ?, ?, ?)')
  const findPostings = db.prepare('SELECT holding, data FROM lexical_postings WHERE segment = ? AND term = ?')
  const postingsOf = db.prepare('SELECT term, holding, data FROM lexical_postings WHERE segment = ? ORDER BY term')
  const dropPostings = db.prepare('DELETE FROM lexical_postings WHERE segment = ?')
  const dropSegment = db.prepare('DELETE FROM lexical_segments WHERE segment = ?')
  let generation: number | undefined
  let segments: Segment[] = []

  /** Segments never change, so that only the list has to be read again. */
  function refresh(): Segment[] {
    const now = (generationOf.get() as { generation: number }).generation
    if (now === generation) return segments
    const known = new Map(segments.map((segment) => [segment.id, segment]))
    segments = (listSegments.all() as unknown as SegmentRow[]).map((row) => {
      const before = known.get(row.segment)
      if (before !== undefined && before.stamp === row.stamp) return before
      const { rows, lengths } = loadSegment.get(row.segment) as { rows: Uint8Array; lengths: Uint8Array }
      return { id: row.segment, stamp: row.stamp, chunks: row.chunks, length: row.length, rows: integers(rows), lengths: integers(lengths) }
    })
    generation = now
    return segments
  }

  function write(rows: Uint32Array, lengths: Uint32Array, postings: Iterable<readonly [term: string, holding: number, data: Uint8Array]>): void {
    const id = (segments.at(-1)?.id ?? 0) + 1
    const length = lengths.reduce((sum, value) => sum + value, 0)
    const stamp = randomInt(STAMPS)
    insertSegment.run(id, stamp, rows.length, length, bytes(rows), bytes(lengths))
    for (const [term, holding, data] of postings) insertPostings.run(id, term, holding, data)
    segments = [...segments, { id, stamp, chunks: rows.length, length, rows, lengths }]
  }

  function drop(gone: readonly Segment[]): void {
    for (const { id } of gone) {
      dropPostings.run(id)
      dropSegment.run(id)
    }
    segments = segments.filter((segment) => !gone.includes(segment))
  }

  function touch(): void {
    generation = randomInt(STAMPS)
    setGeneration.run(generation)
  }

  function mergeWhereDue(): void {
    for (;;) {
      const tiers = Map.groupBy(segments, (segment) => Math.floor(Math.log(segment.chunks) / Math.log(FAN_OUT) + 1e-9))
      const due = [...tiers.values()].find((tier) => tier.length >= FAN_OUT)
      if (due === undefined) return
      const rows = new Uint32Array(due.reduce((sum, segment) => sum + segment.chunks, 0))
      const lengths = new Uint32Array(rows.length)
      const byTerm = new Map<string, { holding: number; parts: { base: number; data: Uint8Array }[] }>()
      let base = 0
      for (const segment of due) {
        rows.set(segment.rows, base)
        lengths.set(segment.lengths, base)
        for (const { term, holding, data } of postingsOf.iterate(segment.id) as Iterable<PostingsRow>) {
          const entry = byTerm.get(term)
          if (entry === undefined) byTerm.set(term, { holding, parts: [{ base, data }] })
          else {
            entry.holding += holding
            entry.parts.push({ base, data })
          }
        }
        base += segment.chunks
      }
      const terms = [...byTerm.keys()].sort()
      write(rows, lengths, merged(terms, byTerm))
      drop(due)
    }
  }

  return {
    add(chunks) {
      if (chunks.length === 0) return
      refresh()
      const rows = Uint32Array.from(chunks, (chunk) => chunk.row)
      const lengths = new Uint32Array(chunks.length)
      const byTerm = new Map<string, number[]>() // index, count, index, count …
      chunks.forEach((chunk, index) => {
        const { counts, length } = weightedTerms(chunk.terms)
        lengths[index] = length
        for (const [term, count] of counts) {
          const entry = byTerm.get(term)
          if (entry === undefined) byTerm.set(term, [index, count])
          else entry.push(index, count)
        }
      })
      write(rows, lengths, encoded([...byTerm.keys()].sort(), byTerm))
      mergeWhereDue()
      touch()
    },

    search(query) {
      const own = !db.isTransaction
      if (own) db.exec('BEGIN')
      try {
        return scored(query)
      } finally {
        if (own) db.exec('COMMIT')
      }
    },

    compact(keep, share) {
      let gone = 0
      for (const segment of refresh()) {
        const kept = segment.rows.filter((row) => has(keep, row))
        const dead = segment.chunks - kept.length
        if (dead === 0 || dead <= share * segment.chunks) continue
        gone += dead
        if (kept.length > 0) {
          const renumbered = new Int32Array(segment.chunks).fill(-1)
          let next = 0
          segment.rows.forEach((row, index) => {
            if (has(keep, row)) renumbered[index] = next++
          })
          const lengths = segment.lengths.filter((_, index) => (renumbered[index] ?? -1) >= 0)
          write(kept, lengths, remaining(postingsOf.all(segment.id) as unknown as PostingsRow[], renumbered))
        }
        drop([segment])
      }
      if (gone > 0) {
        mergeWhereDue()
        touch()
      }
      return gone
    },

    size() {
      return refresh().reduce((sum, segment) => sum + segment.chunks, 0)
    },
  }

  function scored(query: LexicalSearch): LexicalRowHit[] {
    const list = refresh()
    const total = list.reduce((sum, segment) => sum + segment.chunks, 0)
    if (total === 0 || query.n < 1) return []
    const average = Math.max(1, list.reduce((sum, segment) => sum + segment.length, 0) / total)
    const scores = new Float64Array(total)
    const base: number[] = []
    list.reduce((sum, segment, index) => {
      base[index] = sum
      return sum + segment.chunks
    }, 0)
    const constant = RANKING.k1 * (1 - RANKING.b)
    const slope = (RANKING.k1 * RANKING.b) / average
    const shares: { term: string; values: Map<number, number> }[] = []
    for (const { term, weight } of combined(query.terms)) {
      const found = list.map((segment) => findPostings.get(segment.id, term) as { holding: number; data: Uint8Array } | undefined)
      const holding = found.reduce((sum, postings) => sum + (postings?.holding ?? 0), 0)
      if (holding === 0) continue
      const factor = weight * inverseFrequency(total, holding)
      const values = new Map<number, number>()
      if (query.explain === true) shares.push({ term, values })
      found.forEach((postings, index) => {
        const segment = list[index]
        if (postings === undefined || segment === undefined) return
        const start = base[index] ?? 0
        decode(postings.data, (local, count) => {
          const score = (factor * count) / (count + constant + slope * (segment.lengths[local] ?? 0))
          scores[start + local] = (scores[start + local] ?? 0) + score
          if (query.explain === true) values.set(start + local, score)
        })
      })
    }
    const tie = query.tie ?? ((a: number, b: number) => a - b)
    const hits: { at: number; row: number; score: number }[] = []
    list.forEach((segment, index) => {
      const start = base[index] ?? 0
      for (let local = 0; local < segment.chunks; local++) {
        const score = scores[start + local] ?? 0
        const row = segment.rows[local] ?? 0
        if (score > 0 && has(query.allowed, row)) hits.push({ at: start + local, row, score })
      }
    })
    hits.sort((a, b) => b.score - a.score || tie(a.row, b.row))
    return hits.slice(0, query.n).map(({ at, row, score }) => ({
      row,
      score,
      terms: shares.flatMap(({ term, values }) => {
        const share = values.get(at)
        return share === undefined ? [] : [{ term, score: share }]
      }),
    }))
  }
}

interface PostingsRow {
  readonly term: string
  readonly holding: number
  readonly data: Uint8Array
}

function* encoded(terms: readonly string[], byTerm: ReadonlyMap<string, readonly number[]>): Iterable<[string, number, Uint8Array]> {
  for (const term of terms) {
    const pairs = byTerm.get(term) ?? []
    yield [term, pairs.length / 2, encode(pairs)]
  }
}

function* merged(
  terms: readonly string[],
  byTerm: ReadonlyMap<string, { readonly holding: number; readonly parts: readonly { readonly base: number; readonly data: Uint8Array }[] }>,
): Iterable<[string, number, Uint8Array]> {
  for (const term of terms) {
    const entry = byTerm.get(term)
    if (entry !== undefined) yield [term, entry.holding, concatenate(entry.parts)]
  }
}

function* remaining(postings: readonly PostingsRow[], renumbered: Int32Array): Iterable<[string, number, Uint8Array]> {
  for (const { term, data } of postings) {
    const pairs = filtered(data, renumbered)
    if (pairs.length > 0) yield [term, pairs.length / 2, encode(pairs)]
  }
}

/** The same term twice weighs the sum. */
function combined(terms: readonly QueryTerm[]): QueryTerm[] {
  const weights = new Map<string, number>()
  for (const { term, weight } of terms) weights.set(term, (weights.get(term) ?? 0) + weight)
  return [...weights].flatMap(([term, weight]) => (weight > 0 ? [{ term, weight }] : []))
}

function has(bits: Uint32Array, row: number): boolean {
  return (((bits[row >>> 5] ?? 0) >>> (row & 31)) & 1) === 1
}

function bytes(values: Uint32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
}

/** A copy, because what SQLite gives need not be aligned. */
function integers(raw: Uint8Array): Uint32Array {
  return new Uint32Array(raw.slice().buffer)
}
