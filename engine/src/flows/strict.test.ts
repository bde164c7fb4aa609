import { afterAll, beforeAll, expect, test } from 'vitest'
import { CALLER, storeWorld } from '../../test/store-world.ts'
import type { AnswerEvent } from '../domain/answer.ts'
import { STRICTNESS } from '../domain/answering.ts'
import type { Chat } from '../ports/chat.ts'
import { ask } from './ask.ts'

// Citations that a provider gives for a block of several sentences, of which not all are kept.

const QUOTE = 'The team lead decides within three days.'
let store: ReturnType<typeof storeWorld>
let database: string
beforeAll(async () => {
  store = storeWorld()
  database = (await store.make()).id
  await store.upload(database, 'leave.txt', `Employees request leave in the portal. ${QUOTE}`)
  await store.runAll()
})
afterAll(() => store.close())

/** Cites a block as a whole, when it is written. */
function citing(...blocks: readonly string[]): Chat {
  return {
    ...{ name: 'fake:native', window: 32_000, citations: 'native' },
    async *write() {
      let start = 0
      for (const text of blocks) {
        yield { type: 'text', text }
        yield { type: 'citation', passage: 1, quote: QUOTE, claim: { start, end: start + text.length } }
        start += text.length
      }
      yield { type: 'end', usage: undefined }
    },
  }
}

test.each(STRICTNESS)('by "%s" each number that a sentence rests on stands in the text and leads to a citation', async (strictness) => {
  for (const blocks of [[`${QUOTE} See the plan.`], [`${QUOTE} The moon decides after nine years.`], ['Well: ', `${QUOTE} So it is.`, ` ${QUOTE}`]]) {
    const events: AnswerEvent[] = []
    const request = { question: 'Who decides about leave, and within how many days?', n: 3, strictness }
    for await (const event of ask({ ...store.world, chat: citing(...blocks) }, CALLER, database, request, new AbortController().signal)) events.push(event)
    const end = events.findLast((event) => event.type === 'answer-end')
    const told = new Set(end?.citations.map(({ number }) => number))
    const shown = new Set([...(end?.text ?? '').matchAll(/\[(\d+)\]/g)].map(([, number]) => Number(number)))
    expect([...shown].sort()).toEqual([...told].sort())
    for (const { citations } of end?.sentences ?? []) for (const number of citations) expect(told).toContain(number)
    const isWithheld = strictness === 'withhold' && end?.text.startsWith('The answer is withheld')
    expect([end?.answered, told.size]).toEqual(isWithheld ? [false, 0] : [true, 1])
  }
})
