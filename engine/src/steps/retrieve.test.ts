import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ChunkWithFields } from '../ports/chunks.ts'
import { compareChunkIds, fold, fuse } from './retrieve.ts'

const EVEN = { dense: 0.5, lexical: 0.5 }
const dense = (ids: readonly string[]) => ids.map((chunkId, index) => ({ chunkId, documentId: chunkId.split('.')[0] ?? '', score: 0.9 - index / 100 }))
const lexical = (ids: readonly string[]) => dense(ids).map((hit, index) => ({ ...hit, score: 12 / (index + 1), terms: [] }))
const chunk = (id: string, text: string, start = 0): [string, ChunkWithFields] => {
  const [documentId = '', revision = '1', ordinal = '0'] = id.split('.')
  const facts = { headingPath: [], pages: [start, start] as const, tokens: 1, context: undefined, hash: '' }
  const fields = { documentId, externalId: documentId, name: documentId, title: undefined, mediaType: 'text/plain', createdAt: 0, updatedAt: 0, metadata: {} }
  return [id, { chunk: { id, documentId, revision: Number(revision), ordinal: Number(ordinal), text, start, end: start + text.length, ...facts }, fields }]
}

describe('fusing', () => {
  test('keeps the order of a list that stands alone, whatever the weights', () => {
    const ids = ['a.1.0', 'b.1.0', 'c.1.0']
    for (const weights of [EVEN, { dense: 1, lexical: 0 }, { dense: 0, lexical: 1 }]) {
      expect(fuse([], lexical(ids), weights).map((hit) => hit.chunkId)).toEqual(ids)
    }
    expect(fuse(dense(ids), [], EVEN).map((hit) => hit.chunkId)).toEqual(ids)
  })
  test('is between 0 and 1, ordered, the same whatever came first, and explains itself', () => {
    const ids = fc.uniqueArray(
      fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.nat(12)).map(([document, ordinal]) => `${document}.1.${ordinal}`),
      { maxLength: 12 },
    )
    fc.assert(
      fc.property(ids, ids, fc.double({ min: 0, max: 1, noNaN: true }), (one, two, share) => {
        const hits = fuse(dense(one), lexical(two), { dense: share, lexical: 1 - share })
        expect(new Set(hits.map((hit) => hit.chunkId))).toEqual(new Set([...one, ...two]))
        for (const [index, hit] of hits.entries()) {
          expect(hit.fused).toBeGreaterThanOrEqual(0)
          expect(hit.fused).toBeLessThanOrEqual(1 + 1e-9)
          expect(hit.dense?.rank).toBe(one.includes(hit.chunkId) ? one.indexOf(hit.chunkId) + 1 : undefined)
          expect(hit.lexical?.rank).toBe(two.includes(hit.chunkId) ? two.indexOf(hit.chunkId) + 1 : undefined)
          const next = hits[index + 1]
          if (next !== undefined) expect(hit.fused > next.fused || (hit.fused === next.fused && compareChunkIds(hit.chunkId, next.chunkId) < 0)).toBe(true)
        }
      }),
    )
  })
  test('ids compare by number, not by letter', () => {
    expect(['d.1.10', 'd.1.9', 'd.2.0', 'c.9.9'].sort(compareChunkIds)).toEqual(['c.9.9', 'd.1.9', 'd.1.10', 'd.2.0'])
  })
})

describe('folding', () => {
  const text = 'The quick brown fox jumps over the lazy dog near the old stone bridge. '
  test('joins overlapping chunks of one document without a seam', () => {
    const whole = 'abcdefghij klmnopqrst uvwxyz'
    const chunks = new Map([chunk('d.1.0', whole.slice(0, 15)), chunk('d.1.1', whole.slice(10, 25), 10), chunk('d.1.5', 'far away words here now', 400)])
    const [first, second] = fold(fuse([], lexical(['d.1.1', 'd.1.0', 'd.1.5']), EVEN), chunks)
    expect(first).toMatchObject({ chunkId: 'd.1.1', text: whole.slice(0, 25), start: 0, end: 25, merged: ['d.1.0'], pages: [0, 10] })
    expect(second?.chunkId).toBe('d.1.5')
  })
  test('folds near-equal texts of several documents, keeps different ones, drops what is not live', () => {
    const chunks = new Map([
      chunk('a.1.0', text.repeat(6)),
      chunk('b.1.0', `${text.repeat(6).toUpperCase()}End.`),
      chunk('c.1.0', `${text}Something else entirely stands here and goes on for some more words until it ends.`),
    ])
    const hits = fold(fuse([], lexical(['a.1.0', 'x.1.0', 'b.1.0', 'c.1.0']), EVEN), chunks)
    expect(hits.map((hit) => [hit.chunkId, hit.merged])).toEqual([
      ['a.1.0', ['b.1.0']],
      ['c.1.0', []],
    ])
  })
  test('a joined text is always the stretch that its range names', () => {
    const source = Array.from({ length: 300 }, (_, index) => `w${index}`).join(' ')
    const range = fc.tuple(fc.nat(source.length - 2), fc.integer({ min: 1, max: 200 }))
    fc.assert(
      fc.property(fc.array(range, { minLength: 1, maxLength: 10 }), (ranges) => {
        const chunks = new Map(ranges.map(([start, length], ordinal) => chunk(`d.1.${ordinal}`, source.slice(start, start + length), start)))
        for (const hit of fold(fuse([], lexical([...chunks.keys()]), EVEN), chunks)) expect(source.slice(hit.start, hit.end)).toBe(hit.text)
      }),
    )
  })
})
