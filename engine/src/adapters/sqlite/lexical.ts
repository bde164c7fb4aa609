import { randomInt } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import type { ChunkTerms } from '../../domain/chunk.ts'
import { weightedTerms } from '../../domain/ranking.ts'
import type { QueryTerm } from '../../ports/chunks.ts'
import { filterOf, findIn, mayHold, packed, type TermPostings, unpacked } from './lexical-blocks.ts'
import { documentScorer } from './lexical-documents.ts'
import { concatenate, decode, encode } from './lexical-postings.ts'
import { has, searchSegments } from './lexical-search.ts'
import { sequence, termKey } from './lexical-words.ts'

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
  /** Number of the document of each row, from 1 (0: none): documents are scored as a whole too. */
  readonly documents?: { readonly ofRow: Uint32Array; readonly change: number }
  /** Order of equal scores, as for `sort`; by row when omitted. */
  readonly tie?: (a: number, b: number) => number
  readonly explain?: boolean
}

export interface LexicalRowHit {
  readonly row: number
  readonly score: number
  readonly terms: readonly { readonly term: string; readonly score: number }[] // empty unless explained
  readonly document?: number
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
      rows BLOB NOT NULL, lengths BLOB NOT NULL, filter BLOB NOT NULL
    ) STRICT;
    CREATE TABLE IF NOT EXISTS lexical_blocks (
      segment INTEGER NOT NULL, first INTEGER NOT NULL, data BLOB NOT NULL, PRIMARY KEY (segment, first)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS lexical_sequences (row INTEGER PRIMARY KEY, data BLOB NOT NULL) STRICT;
  `)
}

/** Chunks written together. Their postings are immutable and know them by their index here. */
export interface Segment {
  readonly id: number
  readonly stamp: number
  readonly chunks: number
  readonly length: number // sum over its chunks
  readonly rows: Uint32Array
  readonly lengths: Uint32Array
  /** Says of most terms that are not here so, without reading. */
  readonly filter: Uint8Array
}

/** So many segments of about one size become one. */
const FAN_OUT = 8
const STAMPS = 2 ** 47

/** One per connection; it notices what other connections commit and what its own transaction rolls back. */
export function openLexical(db: DatabaseSync): Lexical {
  const generationOf = db.prepare('SELECT generation FROM lexical_state')
  const setGeneration = db.prepare('UPDATE lexical_state SET generation = ?')
  const listSegments = db.prepare('SELECT segment AS id, stamp, chunks, length FROM lexical_segments ORDER BY segment')
  const loadSegment = db.prepare('SELECT rows, lengths, filter FROM lexical_segments WHERE segment = ?')
  const insertSegment = db.prepare('INSERT INTO lexical_segments VALUES (?, ?, ?, ?, ?, ?, ?)')
  const insertBlock = db.prepare('INSERT INTO lexical_blocks VALUES (?, ?, ?)')
  const insertSequence = db.prepare('INSERT INTO lexical_sequences VALUES (?, ?)')
  const findBlock = db.prepare('SELECT data FROM lexical_blocks WHERE segment = ? AND first <= ? ORDER BY first DESC LIMIT 1')
  const findSequence = db.prepare('SELECT data FROM lexical_sequences WHERE row = ?')
  const dropBlocks = db.prepare('DELETE FROM lexical_blocks WHERE segment = ?')
  const dropSegment = db.prepare('DELETE FROM lexical_segments WHERE segment = ?')
  const dropSequence = db.prepare('DELETE FROM lexical_sequences WHERE row = ?')
  /** Several are read side by side when segments are merged. */
  const readers: ReturnType<DatabaseSync['prepare']>[] = []
  const scorer = documentScorer()
  let scratch = new Float64Array(0)
  let generation: number | undefined
  let segments: Segment[] = []

  /** Segments never change, so that only the list has to be read again. */
  function refresh(): Segment[] {
    const now = (generationOf.get() as { generation: number }).generation
    if (now === generation) return segments
    const known = new Map(segments.map((segment) => [segment.id, segment]))
    segments = (listSegments.all() as unknown as Omit<Segment, 'rows' | 'lengths' | 'filter'>[]).map((segment) => {
      const before = known.get(segment.id)
      if (before !== undefined && before.stamp === segment.stamp) return before
      const { rows, lengths, filter } = loadSegment.get(segment.id) as Readonly<Record<'rows' | 'lengths' | 'filter', Uint8Array>>
      return { ...segment, rows: integers(rows), lengths: integers(lengths), filter }
    })
    generation = now
    return segments
  }

  function write(rows: Uint32Array, lengths: Uint32Array, postings: Iterable<TermPostings>): void {
    const id = (segments.at(-1)?.id ?? 0) + 1
    const length = lengths.reduce((sum, value) => sum + value, 0)
    const stamp = randomInt(STAMPS)
    const keys: number[] = []
    for (const { first, data } of packed(noted(postings, keys))) insertBlock.run(id, first, data)
    const filter = filterOf(keys)
    insertSegment.run(id, stamp, rows.length, length, bytes(rows), bytes(lengths), filter)
    segments = [...segments, { id, stamp, chunks: rows.length, length, rows, lengths, filter }]
  }

  function drop(gone: readonly Segment[]): void {
    for (const { id } of gone) {
      dropBlocks.run(id)
      dropSegment.run(id)
    }
    segments = segments.filter((segment) => !gone.includes(segment))
  }

  function touch(): void {
    generation = randomInt(STAMPS)
    setGeneration.run(generation)
  }

  function read(segment: Segment, reader: number): Iterator<TermPostings> {
    readers[reader] ??= db.prepare('SELECT data FROM lexical_blocks WHERE segment = ? ORDER BY first')
    const blocks = readers[reader].iterate(segment.id) as unknown as IteratorObject<{ readonly data: Uint8Array }>
    return unpacked(blocks.map(({ data }) => data))
  }

  function mergeWhereDue(): void {
    for (;;) {
      const tiers = Map.groupBy(segments, (segment) => Math.floor(Math.log(segment.chunks) / Math.log(FAN_OUT) + 1e-9))
      const due = [...tiers.values()].find((tier) => tier.length >= FAN_OUT)
      if (due === undefined) return
      const rows = new Uint32Array(due.reduce((sum, segment) => sum + segment.chunks, 0))
      const lengths = new Uint32Array(rows.length)
      let base = 0
      const sources = due.map((segment, index) => {
        const source = { base, postings: read(segment, index) }
        rows.set(segment.rows, base)
        lengths.set(segment.lengths, base)
        base += segment.chunks
        return source
      })
      write(rows, lengths, merged(sources))
      drop(due)
    }
  }

  return {
    add(chunks) {
      if (chunks.length === 0) return
      refresh()
      const rows = Uint32Array.from(chunks, (chunk) => chunk.row)
      const lengths = new Uint32Array(chunks.length)
      const byTerm = new Map<string, { readonly key: number; readonly pairs: number[] }>()
      const entryOf = (term: string) => {
        let entry = byTerm.get(term)
        if (entry === undefined) {
          entry = { key: termKey(term), pairs: [] }
          byTerm.set(term, entry)
        }
        return entry
      }
      chunks.forEach((chunk, index) => {
        const { counts, length } = weightedTerms(chunk.terms)
        lengths[index] = length
        for (const [term, count] of counts) entryOf(term).pairs.push(index, count)
        insertSequence.run(
          chunk.row,
          sequence(chunk.terms, (term) => entryOf(term).key),
        )
      })
      write(rows, lengths, encoded([...byTerm.values()]))
      mergeWhereDue()
      touch()
    },

    search(query) {
      const own = !db.isTransaction
      if (own) db.exec('BEGIN')
      try {
        const list = refresh()
        const total = list.reduce((sum, segment) => sum + segment.chunks, 0)
        if (scratch.length < total) scratch = new Float64Array(Math.ceil(total * 1.25))
        else scratch.fill(0, 0, total)
        return searchSegments(
          query,
          list,
          scratch,
          {
            postings: (segment, term) => {
              if (!mayHold(segment.filter, term)) return undefined
              const block = findBlock.get(segment.id, term) as { data: Uint8Array } | undefined
              return block === undefined ? undefined : findIn(block.data, term)
            },
            sequence: (row) => (findSequence.get(row) as { data: Uint8Array } | undefined)?.data,
          },
          scorer,
        )
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
        const renumbered = new Int32Array(segment.chunks).fill(-1)
        let next = 0
        segment.rows.forEach((row, index) => {
          if (has(keep, row)) renumbered[index] = next++
          else dropSequence.run(row)
        })
        if (kept.length > 0) {
          const lengths = segment.lengths.filter((_, index) => (renumbered[index] ?? -1) >= 0)
          write(kept, lengths, remaining(read(segment, 0), renumbered))
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
}

function* noted(postings: Iterable<TermPostings>, keys: number[]): Iterable<TermPostings> {
  for (const one of postings) {
    keys.push(one.term)
    yield one
  }
}

/** By key, so that the new segment grows at the end of the table. Two terms of one key are one. */
function* encoded(entries: readonly { readonly key: number; readonly pairs: readonly number[] }[]): Iterable<TermPostings> {
  const sorted = entries.toSorted((a, b) => a.key - b.key)
  for (let index = 0; index < sorted.length; index++) {
    const entry = sorted[index]
    if (entry === undefined) continue
    let { pairs } = entry
    while (sorted[index + 1]?.key === entry.key) pairs = united(pairs, sorted[++index]?.pairs ?? [])
    yield { term: entry.key, ...encode(pairs) }
  }
}

function united(a: readonly number[], b: readonly number[]): number[] {
  const counts = new Map<number, number>()
  for (const pairs of [a, b]) {
    for (let index = 0; index < pairs.length; index += 2) {
      const local = pairs[index] ?? 0
      counts.set(local, (counts.get(local) ?? 0) + (pairs[index + 1] ?? 0))
    }
  }
  return [...counts].sort((x, y) => x[0] - y[0]).flat()
}

function* merged(sources: readonly { readonly base: number; readonly postings: Iterator<TermPostings> }[]): Iterable<TermPostings> {
  const heads = sources.map(({ base, postings }) => ({ base, postings, head: next(postings) }))
  for (;;) {
    let term = Number.POSITIVE_INFINITY
    for (const { head } of heads) if (head !== undefined && head.term < term) term = head.term
    if (term === Number.POSITIVE_INFINITY) return
    const parts: (TermPostings & { readonly base: number })[] = []
    for (const source of heads) {
      if (source.head?.term !== term) continue
      parts.push({ ...source.head, base: source.base })
      source.head = next(source.postings)
    }
    yield { term, ...concatenate(parts) }
  }
}

function next(postings: Iterator<TermPostings>): TermPostings | undefined {
  const step = postings.next()
  return step.done === true ? undefined : step.value
}

function* remaining(postings: Iterator<TermPostings>, renumbered: Int32Array): Iterable<TermPostings> {
  for (let row = next(postings); row !== undefined; row = next(postings)) {
    const before = decode(row.data)
    const pairs: number[] = []
    for (let index = 0; index < before.length; index += 2) {
      const local = renumbered[before[index] ?? 0] ?? -1
      if (local >= 0) pairs.push(local, before[index + 1] ?? 0)
    }
    if (pairs.length > 0) yield { term: row.term, ...encode(pairs) }
  }
}

function bytes(values: Uint32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
}

/** A copy, because what SQLite gives need not be aligned. */
function integers(raw: Uint8Array): Uint32Array {
  return new Uint32Array(raw.slice().buffer)
}
