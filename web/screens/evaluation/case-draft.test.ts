import fc from 'fast-check'
import { expect, test } from 'vitest'
import { caseOf, isSound, NEW_CASE, pagesOf, problemsOf, shownPages } from './case-draft.ts'

test('pages are read as they are written, alone and from one to another', () => {
  expect([pagesOf(''), pagesOf(' 3 '), pagesOf('5-7, 3 3;9'), pagesOf('1 – 3, 8')]).toEqual([[], [3], [3, 5, 6, 7, 9], [1, 2, 3, 8]])
  for (const wrong of ['x', '0', '7-5', '1-', '-3', '3.5', '1-1000', '1e3', '99999999', '1-100, 201-301']) expect(pagesOf(wrong), wrong).toBeUndefined()
})

test('pages that are shown are read back the same', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.integer({ min: 1, max: 60 })), (pages) => {
      expect(pagesOf(shownPages(pages))).toEqual([...pages].sort((one, other) => one - other))
    }),
  )
})

test('an answerable question names a document, and pages are of one', () => {
  const draft = { ...NEW_CASE, question: 'Where?' }
  const source = (document: string, pages: string, key = 0) => ({ key, document, pages })
  expect(problemsOf(draft).hasNoDocument).toBe(true)
  expect(isSound(problemsOf({ ...draft, isAnswerable: false, sources: [source('', 'x')] }))).toBe(true)
  expect(problemsOf({ ...draft, sources: [source('a.pdf', 'x', 1), source(' ', '3', 2)] })).toEqual({
    hasNoDocument: false,
    wrongPages: new Set([1]),
    pagesOfNothing: new Set([2]),
  })
  const sound = { ...draft, answer: ' Here. ', sources: [source(' a.pdf ', '2-3'), source('', '', 1), source('a.pdf', '9', 2), source('b.txt', '', 3)] }
  expect(isSound(problemsOf(sound))).toBe(true)
  expect(caseOf(sound)).toEqual({
    question: 'Where?',
    answerable: true,
    expected: ['a.pdf', 'b.txt'],
    pages: [2, 3, 9].map((page) => ({ of: 'a.pdf', page })),
    answer: 'Here.',
  })
  expect(caseOf({ ...sound, isAnswerable: false })).toEqual({ question: 'Where?', answerable: false, expected: [], pages: [] })
})
