import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { CALLER, storeWorld } from '../../../test/store-world.ts'
import type { AnswerEvent } from '../../domain/answer.ts'
import { accountCaller } from '../../domain/caller.ts'
import { AppError } from '../../domain/errors.ts'
import { filterFromJson } from '../../domain/filter.ts'
import type { World } from '../../ports/world.ts'
import { type AskRequest, askSeveral, resumeAnswer } from '../ask.ts'
import type { Place } from '../cite.ts'
import { scriptedChat } from './scripted.fixture.ts'

let store: ReturnType<typeof storeWorld>
let place: Place
let other: Place
beforeAll(async () => {
  store = storeWorld()
  const [{ id }, { id: second }] = [await store.make('handbook'), await store.make('travel')]
  place = { caller: CALLER, databaseId: id }
  other = { caller: CALLER, databaseId: second }
  await store.upload(id, 'leave.txt', 'Employees request leave in the portal at least two weeks ahead.', { team: 'a' })
  await store.upload(second, 'trains.txt', 'Trains are booked through the travel desk.')
  await store.runAll()
})
afterAll(() => store.close())

const REQUEST: AskRequest = { question: 'How do employees request leave?', n: 5, runId: 'run' }
let searches = 0
beforeEach(() => {
  searches = 0
})

function world(): World {
  const searchLexical: World['chunks']['searchLexical'] = (...asked) => {
    searches += 1
    return store.world.chunks.searchLexical(...asked)
  }
  return { ...store.world, chat: scriptedChat(() => undefined), chunks: { ...store.world.chunks, searchLexical } }
}

/** Asks until something is told, and then the server closes. */
async function closedAt(isIt: (event: AnswerEvent) => boolean, places: readonly Place[] = [place]): Promise<string> {
  const closing = new AbortController()
  let traceId = ''
  const reading = (async () => {
    for await (const event of askSeveral(world(), places, REQUEST, closing.signal)) {
      if (event.type === 'answer-start') traceId = event.traceId
      if (isIt(event)) closing.abort(new AppError('server/closing'))
    }
  })()
  await expect(reading).rejects.toMatchObject({ code: 'server/closing' })
  searches = 0
  return traceId
}
async function resumed(places: readonly Place[] = [place], request = REQUEST): Promise<readonly AnswerEvent[]> {
  const events: AnswerEvent[] = []
  for await (const event of resumeAnswer(world(), places, request, new AbortController().signal)) events.push(event)
  expect(await store.world.checkpoints.checkpoint('run')).toBeUndefined()
  return events
}
const isGrading = (event: AnswerEvent) => event.type === 'answer-step' && event.step === 'grade'
const INTERRUPTED = [{ type: 'answer-error', error: expect.objectContaining({ code: 'answer/interrupted' }) }]

test('an answer that had not begun to write goes on with what was found, under the same trace', async () => {
  const traceId = await closedAt(isGrading)
  expect(await store.world.checkpoints.checkpoint('run')).toMatchObject({ graph: 'answer', node: expect.stringMatching(/retrieve|grade/) })
  const events = await resumed()
  expect(events[0]).toMatchObject({ type: 'answer-start', traceId })
  expect(events.at(-1)).toMatchObject({ type: 'answer-end', answered: true, traceId, citations: [{ name: 'leave.txt', verdict: 'verified' }] })
  expect(searches).toBe(0)
  expect(events.filter(({ type }) => type === 'answer-end' || type === 'answer-error')).toHaveLength(1)
})

test.each([
  ['passages-found', 'what was found was told'],
  ['text-delta', 'it wrote'],
])('one that was closed at %s ends, because %s', async (type) => {
  await closedAt((event) => event.type === type)
  expect(await store.world.checkpoints.checkpoint('run')).toBeUndefined()
  expect(await resumed()).toEqual(INTERRUPTED)
})

test('one that nothing was kept of ends', async () => expect(await resumed()).toEqual(INTERRUPTED))

test('whoever comes back with other rights, or another question, gets nothing of what was found', async () => {
  const bound = { ...place, caller: { ...CALLER, filter: filterFromJson({ team: 'b' }) } }
  const others: [readonly Place[], AskRequest?][] = [
    [[bound]],
    [[{ ...place, caller: { ...accountCaller('bob', 'member'), ownerId: CALLER.ownerId } }]],
    [[other]],
    [[place, other]],
    [[place], { ...REQUEST, question: 'How are trains booked?' }],
    [[place], { ...REQUEST, filter: filterFromJson({ team: 'b' }) }],
  ]
  for (const [places, request] of others) {
    await closedAt(isGrading)
    expect(await resumed(places, request)).toEqual(INTERRUPTED)
  }
  await closedAt(isGrading, [place, other])
  expect(await resumed([place])).toEqual(INTERRUPTED)
})

test('an answer that ended leaves nothing to go on with', async () => {
  for await (const _ of askSeveral(world(), [place], REQUEST, new AbortController().signal));
  expect(await store.world.checkpoints.checkpoint('run')).toBeUndefined()
})
