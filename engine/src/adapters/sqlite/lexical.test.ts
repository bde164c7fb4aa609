import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { ChunkTerms } from '../../domain/chunk.ts'
import { inverseFrequency, pairShare, RANKING, saturation, weightedTerms } from '../../domain/ranking.ts'
import type { QueryTerm } from '../../ports/chunks.ts'
import { createLexicalTables, type Lexical, openLexical } from './lexical.ts'
import { concatenate, decode, encode } from './lexical-postings.ts'
import { wordsOf } from './lexical-words.ts'

const WORDS = ['a', 'b', 'c', 'd', 'e', 'f', 'été', '人民', '𝒳']
let folder: string
let path: string
let db: DatabaseSync
let lexical: Lexical

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lexical-'))
  path = join(folder, 'file.sqlite')
  open()
})
afterEach(() => {
  db.close()
  rmSync(folder, { recursive: true })
})

function open(): void {
  db = new DatabaseSync(path)
  db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF')
  createLexicalTables(db)
  lexical = openLexical(db)
}

function within(work: () => void, end = 'COMMIT'): void {
  db.exec('BEGIN IMMEDIATE')
  work()
  db.exec(end)
}

function bits(rows: Iterable<number>): Uint32Array {
  const out = new Uint32Array(64)
  for (const row of rows) out[row >>> 5] = (out[row >>> 5] ?? 0) | (1 << (row & 31))
  return out
}

/** BM25 with pairs, from its definition, over all that is in the index. */
function naive(chunks: ReadonlyMap<number, ChunkTerms>, allowed: ReadonlySet<number>, terms: readonly QueryTerm[]): { row: number; score: number }[] {
  const weighted = [...chunks].map(([row, one]) => ({ row, one, ...weightedTerms(one) }))
  const average = Math.max(1, weighted.reduce((sum, { length }) => sum + length, 0) / Math.max(1, weighted.length))
  const holders = (term: string) => weighted.filter(({ counts }) => counts.has(term)).length
  const words = wordsOf(terms).map(({ forms }) => {
    const holding = Math.min(
      weighted.length,
      forms.reduce((sum, { term }) => sum + holders(term), 0),
    )
    return { forms, inverse: holding === 0 ? 0 : inverseFrequency(weighted.length, holding) }
  })
  const worth = (position: number) => {
    const form = terms.find(({ term, word }) => word === position && holders(term) > 0)
    const word = words.find(({ forms }) => forms.some(({ term }) => term === form?.term))
    return form === undefined || word === undefined ? 0 : form.weight * word.inverse
  }
  const positions = [...new Set(terms.flatMap(({ word }) => (word === undefined ? [] : [word])))]
  const found = weighted.flatMap(({ row, one, counts, length }) => {
    let score = 0
    for (const { forms, inverse } of words) {
      for (const { term, weight } of forms) {
        const count = counts.get(term) ?? 0
        if (count > 0) score += weight * inverse * saturation(count, length, average)
      }
    }
    if (score === 0 || !allowed.has(row)) return []
    const forms = (position: number) => terms.flatMap(({ term, word }) => (word === position ? [term] : []))
    for (const position of positions) {
      if (worth(position) === 0 || worth(position + 1) === 0) continue
      let together = 0
      for (const field of [one.title, one.headings, one.body]) {
        field.forEach((term, index) => {
          if (index > 0 && forms(position + 1).includes(term) && forms(position).includes(field[index - 1] ?? '')) together += 1
        })
      }
      if (together > 0) score += pairShare(worth(position), worth(position + 1), together)
    }
    return [{ row, score }]
  })
  return found.sort((one, two) => two.score - one.score || one.row - two.row)
}

const terms = fc.array(fc.constantFrom(...WORDS), { maxLength: 12 })
const chunk = fc.record({
  title: fc.array(fc.constantFrom(...WORDS), { maxLength: 2 }),
  headings: fc.array(fc.constantFrom(...WORDS), { maxLength: 2 }),
  body: terms,
})
const question = fc
  .array(fc.tuple(fc.constantFrom(...WORDS, 'absent'), fc.option(fc.nat(3), { nil: undefined })), { minLength: 1, maxLength: 5 })
  .map((pairs) => [...new Map(pairs.map(([term, word]) => [term, { term, weight: 1, ...(word === undefined ? {} : { word }) }])).values()])
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('add' as const), chunks: fc.array(chunk, { minLength: 1, maxLength: 5 }) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('undone' as const), chunks: fc.array(chunk, { minLength: 1, maxLength: 3 }) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('remove' as const), every: fc.integer({ min: 2, max: 4 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('compact' as const), share: fc.constantFrom(0, 0.3) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('reopen' as const) }) },
)

describe('the index', () => {
  test('scores as the definition does, whatever happened before', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 40 }), fc.array(question, { minLength: 1, maxLength: 3 }), (steps, questions) => {
        db.exec('DELETE FROM lexical_blocks; DELETE FROM lexical_segments; DELETE FROM lexical_sequences; UPDATE lexical_state SET generation = generation + 1')
        const held = new Map<number, ChunkTerms>() // in the index, dead ones included
        const live = new Set<number>()
        let row = 0
        for (const one of steps) {
          if (one.kind === 'add') {
            within(() => lexical.add(one.chunks.map((each, index) => ({ row: row + index, terms: each }))))
            for (const each of one.chunks) {
              held.set(row, each)
              live.add(row++)
            }
          } else if (one.kind === 'undone') {
            within(() => lexical.add(one.chunks.map((each, index) => ({ row: row + index, terms: each }))), 'ROLLBACK')
          } else if (one.kind === 'remove') {
            for (const each of [...live]) if (each % one.every === 0) live.delete(each)
          } else if (one.kind === 'compact') {
            const before = lexical.size()
            let gone = 0
            within(() => {
              gone = lexical.compact(bits(live), one.share)
            })
            expect(lexical.size()).toBe(before - gone)
            if (one.share === 0) {
              expect(lexical.size()).toBe(live.size)
              for (const each of [...held.keys()]) if (!live.has(each)) held.delete(each)
            } else {
              const kept = new Set((db.prepare('SELECT row FROM lexical_sequences').all() as { row: number }[]).map((each) => each.row))
              for (const each of [...held.keys()]) {
                if (!kept.has(each)) {
                  expect(live.has(each)).toBe(false)
                  held.delete(each)
                }
              }
            }
          } else {
            db.close()
            open()
          }
        }
        expect(lexical.size()).toBe(held.size)
        for (const asked of questions) {
          const expected = naive(held, live, asked)
          const found = lexical.search({ terms: asked, n: 1000, allowed: bits(live), explain: true })
          expect(new Set(found.map((hit) => hit.row))).toEqual(new Set(expected.map((hit) => hit.row)))
          if (expected.length > RANKING.candidates) continue
          const scores = new Map(expected.map((hit) => [hit.row, hit.score]))
          found.forEach((hit, index) => {
            expect(hit.score).toBeCloseTo(scores.get(hit.row) ?? 0, 9)
            expect(hit.score).toBeLessThanOrEqual((found[index - 1]?.score ?? Number.POSITIVE_INFINITY) + 1e-12)
            expect(hit.terms.reduce((sum, { score }) => sum + score, 0)).toBeCloseTo(hit.score, 9)
          })
          const few = lexical.search({ terms: asked, n: 2, allowed: bits(live) })
          expect(few.map((hit) => hit.row)).toEqual(found.slice(0, 2).map((hit) => hit.row))
        }
      }),
      { numRuns: 60 },
    )
  })

  test('thousands of small commits leave few segments', () => {
    for (let row = 0; row < 2000; row++) within(() => lexical.add([{ row, terms: { title: [], headings: [], body: ['common', `w${row % 50}`] } }]))
    const { segments } = db.prepare('SELECT count(*) AS segments FROM lexical_segments').get() as { segments: number }
    expect(segments).toBeLessThanOrEqual(28)
    const hits = lexical.search({ terms: [{ term: 'w7', weight: 1 }], n: 100, allowed: new Uint32Array(64).fill(0xffffffff) })
    expect(hits.map((hit) => hit.row)).toEqual(Array.from({ length: 40 }, (_, index) => index * 50 + 7))
  })

  test('another connection sees what is committed, and one snapshot at a time', () => {
    const other = new DatabaseSync(path)
    const reader = openLexical(other)
    const ask = () => reader.search({ terms: [{ term: 'x', weight: 1 }], n: 10, allowed: bits([0, 1, 2]) }).map((hit) => hit.row)
    const add = (row: number) => lexical.add([{ row, terms: { title: [], headings: [], body: ['x'] } }])
    within(() => add(0))
    expect(ask()).toEqual([0])
    db.exec('BEGIN IMMEDIATE')
    add(1)
    expect(ask()).toEqual([0])
    db.exec('COMMIT')
    expect(ask()).toEqual([0, 1])
    other.exec('BEGIN')
    expect(ask()).toEqual([0, 1])
    within(() => add(2))
    expect(ask()).toEqual([0, 1])
    other.exec('COMMIT')
    expect(ask()).toEqual([0, 1, 2])
    other.close()
  })

  test('the caller breaks ties, also at the end of the list', () => {
    within(() => lexical.add([0, 1, 2, 3].map((row) => ({ row, terms: { title: [], headings: [], body: ['x'] } }))))
    const hits = lexical.search({ terms: [{ term: 'x', weight: 1 }], n: 2, allowed: bits([0, 1, 2, 3]), tie: (one, two) => two - one })
    expect(hits.map((hit) => hit.row)).toEqual([3, 2])
  })
})

describe('postings', () => {
  const ascending = fc
    .uniqueArray(fc.nat(300_000), { minLength: 1, maxLength: 50 })
    .chain((locals) =>
      fc
        .array(fc.integer({ min: 1, max: 100_000 }), { minLength: locals.length, maxLength: locals.length })
        .map((counts) => locals.sort((one, two) => one - two).flatMap((local, index) => [local, counts[index] ?? 1])),
    )

  test('come back as they were', () => {
    fc.assert(
      fc.property(ascending, (pairs) => {
        expect(decode(encode(pairs).data)).toEqual(pairs)
      }),
    )
  })

  test('are put one after the other', () => {
    fc.assert(
      fc.property(fc.array(ascending, { minLength: 1, maxLength: 5 }), (parts) => {
        const joined = concatenate(parts.map((pairs, index) => ({ ...encode(pairs), base: index * 300_001 })))
        const expected = parts.flatMap((pairs, index) => pairs.map((value, at) => (at % 2 === 0 ? value + index * 300_001 : value)))
        expect(decode(joined.data)).toEqual(expected)
        expect(joined).toMatchObject({ holding: expected.length / 2, last: expected.at(-2) })
      }),
    )
  })
})
