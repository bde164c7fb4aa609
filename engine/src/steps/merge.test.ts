import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Passage } from '../domain/answer.ts'
import { mergePassages } from './merge.ts'

const WORDS = ['leave', 'portal', 'certificate'].map((word) => ({ forms: [word] }))

function passage(
  databaseId: string,
  text: string,
  facts: { readonly score?: number; readonly terms?: readonly string[]; readonly raw?: number; readonly dense?: number },
): Passage {
  const { score = 1, terms = [], raw = 1, dense } = facts
  return {
    ...{ databaseId, chunkId: text, documentId: text, revision: 1, externalId: text, name: text, title: undefined, mediaType: 'text/plain', metadata: {} },
    ...{ text, start: 0, end: text.length, headingPath: [], pages: undefined, score },
    explanation: {
      dense: dense === undefined ? undefined : { rank: 1, score: dense },
      lexical: terms.length === 0 ? undefined : { rank: 1, score: raw, terms: terms.map((term) => ({ term, score: raw })) },
      fused: score,
      merged: [],
    },
  }
}

const lists = fc
  .array(
    fc.array(
      fc.record({
        text: fc.stringMatching(/^[a-d]{1,3}$/),
        score: fc.double({ min: 0, max: 1, noNaN: true }),
        terms: fc.subarray(['leave', 'portal', 'other']),
        dense: fc.option(fc.double({ min: -1, max: 1, noNaN: true }), { nil: undefined }),
      }),
      { maxLength: 6 },
    ),
    { maxLength: 4 },
  )
  .map((all) =>
    all.map((list, index) =>
      list
        .toSorted((one, two) => two.score - one.score)
        .map((one, rank) =>
          passage(`db_${index}`, one.text, { terms: one.terms, score: rank === 0 ? 1 : one.score, ...(one.dense === undefined ? {} : { dense: one.dense }) }),
        ),
    ),
  )

describe('what several databases found, in one list', () => {
  test('holds only what was found, each text once, at most n, in the order of each list, with falling scores', () => {
    fc.assert(
      fc.property(lists, fc.integer({ min: 1, max: 8 }), (all, n) => {
        const merged = mergePassages(all, WORDS, n)
        const texts = new Set(all.flat().map(({ text }) => text))
        const several = all.filter((list) => list.length > 0).length > 1
        expect(merged.length).toBe(several ? Math.min(n, texts.size) : Math.min(n, all.flat().length))
        if (!several) {
          expect(merged).toEqual(all.flat().slice(0, n))
          return
        }
        expect(new Set(merged.map(({ text }) => text)).size).toBe(merged.length)
        for (const [index, list] of all.entries()) {
          const mine = merged.filter(({ databaseId }) => databaseId === `db_${index}`).map(({ text }) => list.findIndex((one) => one.text === text))
          expect(mine).toEqual(mine.toSorted((one, two) => one - two))
        }
        const scores = merged.map(({ score }) => score)
        expect(scores).toEqual(scores.toSorted((one, two) => two - one))
        for (const score of scores) expect(score >= 0 && score <= 1).toBe(true)
      }),
    )
  })

  test('by words alone the one that holds more of the question comes first, whatever the engine scored', () => {
    const touched = [passage('a', 'a1', { terms: ['leave'], raw: 90 }), passage('a', 'a2', { terms: ['leave'], raw: 80, score: 0.9 })]
    const about = [passage('b', 'b1', { terms: ['leave', 'portal', 'certificate'], raw: 2 }), passage('b', 'b2', { terms: ['portal'], raw: 1, score: 0.2 })]
    const merged = mergePassages([touched, about], WORDS, 4)
    expect(merged.map(({ text }) => text)).toEqual(['b1', 'a1', 'a2', 'b2'])
    expect(merged.map(({ score }) => Number(score.toFixed(2)))).toEqual([1, 0.33, 0.3, 0.2])
  })

  test('found by meaning, they take turns by rank', () => {
    const near = ['a1', 'a2', 'a3'].map((text) => passage('a', text, { dense: 0.99 }))
    const far = ['b1', 'b2'].map((text) => passage('b', text, { dense: 0.2, terms: ['leave'] }))
    expect(mergePassages([near, far, []], WORDS, 5).map(({ text }) => text)).toEqual(['b1', 'a1', 'b2', 'a2', 'a3'])
  })
})
