import fc from 'fast-check'
import { expect, test } from 'vitest'
import { byScores, rerankDepth } from './rerank.ts'

test('the scored come first, best first, with the same score as they were; the others follow as they were; none is lost', () => {
  const some = fc.integer({ min: 0, max: 4 }).map((score) => score / 4)
  fc.assert(
    fc.property(fc.array(some, { maxLength: 8 }), fc.nat(4), (scores, more) => {
      const hits = Array.from({ length: scores.length + more }, (_, id) => ({ id }))
      const ordered = byScores(hits, scores)
      expect(ordered.map(({ id }) => id).sort((one, two) => one - two)).toEqual(hits.map(({ id }) => id))
      expect(ordered.slice(scores.length)).toEqual(hits.slice(scores.length))
      for (const [index, { id, reranked }] of ordered.slice(0, scores.length).entries()) {
        expect(reranked).toEqual({ rank: index + 1, score: scores[id] })
        const next = ordered[index + 1]
        if (next?.reranked !== undefined) expect(next.reranked.score < (scores[id] ?? 0) || (next.reranked.score === scores[id] && next.id > id)).toBe(true)
      }
      expect(hits.every((hit) => !('reranked' in hit))).toBe(true)
    }),
  )
})

test('at least as many are ordered as are asked for', () => {
  fc.assert(fc.property(fc.integer({ min: 1, max: 500 }), (n) => rerankDepth(n) >= Math.max(n, 40)))
})
