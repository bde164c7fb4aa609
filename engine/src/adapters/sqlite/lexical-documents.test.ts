import { DatabaseSync } from 'node:sqlite'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { ChunkTerms } from '../../domain/chunk.ts'
import { documentSaturation, documentWeight, inverseFrequency, RANKING } from '../../domain/ranking.ts'
import { createLexicalTables, type Lexical, openLexical } from './lexical.ts'

const ALL = new Uint32Array(64).fill(0xffffffff)
const chunk = (body: readonly string[]): ChunkTerms => ({ title: [], headings: [], body })

function indexed(documents: readonly (readonly (readonly string[])[])[]): { lexical: Lexical; ofRow: Uint32Array } {
  const db = new DatabaseSync(':memory:')
  createLexicalTables(db)
  const lexical = openLexical(db)
  const ofRow: number[] = [0]
  db.exec('BEGIN')
  documents.forEach((chunks, index) => {
    lexical.add(chunks.map((body, at) => ({ row: ofRow.length + at, terms: chunk(body) })))
    ofRow.push(...chunks.map(() => index + 1))
  })
  db.exec('COMMIT')
  return { lexical, ofRow: Uint32Array.from(ofRow) }
}
const asked = (...words: readonly string[]) => words.map((term, word) => ({ term, weight: 1, word }))

test('each chunk earns what the definition says for its document, and nothing else changes', () => {
  const words = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { minLength: 1, maxLength: 8 })
  fc.assert(
    fc.property(fc.array(fc.array(words, { minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 6 }), (documents) => {
      const { lexical, ofRow } = indexed(documents)
      const query = {
        terms: [
          { term: 'a', weight: 1 },
          { term: 'b', weight: 1 },
        ],
        n: 100,
        allowed: ALL,
      }
      const before = new Map(lexical.search(query).map(({ row, score }) => [row, score]))
      const chunks = documents.flat().length
      const average = documents.flat(2).length / documents.length
      const share = (own: readonly (readonly string[])[], term: 'a' | 'b') => {
        const count = own.flat().filter((word) => word === term).length
        const holding = documents.filter((each) => each.flat().includes(term)).length
        return inverseFrequency(documents.length, holding) * documentSaturation(count, own.flat().length, average, chunks / documents.length)
      }
      const found = lexical.search({ ...query, documents: { ofRow, change: 1 }, explain: true })
      expect(found.map(({ row }) => row).sort()).toEqual([...before.keys()].sort())
      for (const hit of found) {
        const own = documents[(ofRow[hit.row] ?? 0) - 1] ?? []
        const earned = documents.length < 2 ? 0 : documentWeight(chunks, documents.length) * (share(own, 'a') + share(own, 'b'))
        expect(hit.document ?? 0).toBeCloseTo(earned, 9)
        expect(hit.score).toBeCloseTo((before.get(hit.row) ?? 0) + earned, 9)
        expect(hit.terms.reduce((sum, { score }) => sum + score, hit.document ?? 0)).toBeCloseTo(hit.score, 9)
      }
    }),
  )
})

test('of two reports that say the same, the one of the company asked for comes first', () => {
  const pages = [
    ['margin', 'fell'],
    ['risk', 'factors'],
    ['legal', 'matters'],
  ]
  const { lexical, ofRow } = indexed([
    [['intel', 'report'], ['intel', 'chips'], ...pages],
    [['apple', 'report'], ['apple', 'phones'], ...pages],
  ])
  const [first] = lexical.search({ terms: asked('apple', 'margin', 'fell'), n: 5, allowed: ALL, documents: { ofRow, change: 1 } })
  expect(ofRow[first?.row ?? 0]).toBe(2)
  expect(first?.row).toBe(8)
})

test('where every document is one chunk, nothing is counted twice', () => {
  const { lexical, ofRow } = indexed([[['a', 'b']], [['a']], [['b', 'c']]])
  const query = { terms: asked('a', 'b'), n: 5, allowed: ALL }
  expect(lexical.search({ ...query, documents: { ofRow, change: 1 } })).toEqual(lexical.search(query))
})

test('words in more chunks than the bound are left out of the documents’ scores', () => {
  const common = Array.from({ length: 300 }, () => Array.from({ length: 200 }, () => ['common']))
  const { lexical, ofRow } = indexed([...common, [['rare', 'common'], ['common']]])
  expect(300 * 200).toBeGreaterThan(RANKING.postings)
  const everywhere = new Uint32Array(4096).fill(0xffffffff)
  const [first, second] = lexical.search({ terms: asked('rare', 'common'), n: 2, allowed: everywhere, documents: { ofRow, change: 1 } })
  expect([first?.row, second?.row]).toEqual([60_001, 60_002])
  const only = lexical.search({ terms: asked('common'), n: 1, allowed: everywhere, documents: { ofRow, change: 1 } })
  expect(only[0]?.document).toBe(0)
})
