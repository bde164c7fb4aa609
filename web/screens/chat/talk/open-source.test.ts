import { expect, it } from 'vitest'
import type { AnswerItem } from './branch.ts'
import type { Citation } from './message.ts'
import { shownSource } from './open-source.ts'

const citation = (number: number, open: boolean): Citation => ({
  ...{
    number,
    revision: 1,
    chunk_id: null,
    external_id: null,
    name: 'a.pdf',
    page: 2,
    heading_path: [],
    quote: `quote ${number}`,
    verdict: 'weak',
    reason: null,
  },
  ...(open ? { database_id: 'db', document_id: 'doc', start: 5, end: 9 } : { database_id: null, document_id: null, start: null, end: null }),
})
const item: AnswerItem = {
  ...{ role: 'assistant', key: 'a', id: 'a', question: 'q', parent: 'start', text: '', answered: true, writer: undefined, versions: ['a'], state: 'ended' },
  ...{ feedback: { rating: null, comment: null }, passages: undefined, fault: undefined, step: undefined, cost: undefined, trace: undefined, sentences: [] },
  citations: [citation(3, true), citation(1, false)],
  nearest: [{ database_id: 'db', document_id: 'doc', name: 'b.md', heading_path: ['H'], pages: [4, 5], text: 'near', start: 1, end: 5 }],
}

it('shows a citation with its neighbours in the order of their numbers', () => {
  expect(shownSource([item], { item: 'a', number: 3 })).toMatchObject({
    quote: 'quote 3',
    place: { database: 'db', document: 'doc', start: 5, end: 9 },
    before: { number: 1 },
    after: undefined,
  })
})

it('has no place where strangers are told the quote alone', () => {
  expect(shownSource([item], { item: 'a', number: 1 })?.place).toBeUndefined()
})

it('shows a near passage without a verdict, and nothing for what is gone', () => {
  expect(shownSource([item], { item: 'a', nearest: 0 })).toMatchObject({ name: 'b.md', page: 4, verdict: undefined, before: undefined, after: undefined })
  expect(shownSource([item], { item: 'a', number: 9 })).toBeUndefined()
  expect(shownSource([], { item: 'a', number: 1 })).toBeUndefined()
  expect(shownSource([item], undefined)).toBeUndefined()
})
