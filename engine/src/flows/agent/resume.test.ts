import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { CALLER, storeWorld } from '../../../test/store-world.ts'
import type { AnswerEvent } from '../../domain/answer.ts'
import { accountCaller } from '../../domain/caller.ts'
import { AppError } from '../../domain/errors.ts'
import { filterFromJson } from '../../domain/filter.ts'
import type { AnswerTrace } from '../../domain/trace.ts'
import type { Chat } from '../../ports/chat.ts'
import { SEALED } from '../../ports/graph.ts'
import type { World } from '../../ports/world.ts'
import { type AskRequest, askSeveral, resumeAnswer } from '../ask.ts'
import type { Place } from '../cite.ts'
import { PURPOSES, scriptedChat } from './scripted.fixture.ts'

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
const traces: AnswerTrace[] = []
beforeEach(() => {
  searches = 0
  traces.length = 0
})

function world(): World {
  const searchLexical: World['chunks']['searchLexical'] = (...asked) => {
    searches += 1
    return store.world.chunks.searchLexical(...asked)
  }
  const keepTrace: World['traces']['keepTrace'] = async (trace) => void traces.push(trace)
  return { ...store.world, chat: scriptedChat(() => undefined), traces: { ...store.world.traces, keepTrace }, chunks: { ...store.world.chunks, searchLexical } }
}

/** A model that says nothing of the answer, however long it is waited for. */
function silent(script: Parameters<typeof scriptedChat>[0]): Chat {
  const scripted = scriptedChat(script)
  return {
    ...scripted,
    async *write(request, signal) {
      if (request.system.startsWith(PURPOSES.write)) await sleep(600_000, undefined, { signal })
      yield* scripted.write(request, signal)
    },
  }
}

/** Asks until something is told, and then the server closes. */
async function closedAt(
  isIt: (event: AnswerEvent) => boolean,
  places: readonly Place[] = [place],
  question = REQUEST.question,
  script: Parameters<typeof scriptedChat>[0] = () => undefined,
  isSilent = true,
) {
  const closing = new AbortController()
  const told: AnswerEvent[] = []
  const reading = (async () => {
    for await (const event of askSeveral(
      { ...world(), chat: isSilent ? silent(script) : scriptedChat(script) },
      places,
      { ...REQUEST, question },
      closing.signal,
    )) {
      told.push(event)
      if (isIt(event)) closing.abort(new AppError('server/closing'))
    }
  })()
  await expect(reading).rejects.toMatchObject({ code: 'server/closing' })
  searches = 0
  const [start] = told
  const traceId = start?.type === 'answer-start' ? start.traceId : ''
  return { traceId, told }
}
async function resumed(places: readonly Place[] = [place], request = REQUEST): Promise<readonly AnswerEvent[]> {
  const events = await outcome(places, request)
  expect(await store.world.checkpoints.checkpoint('run')).toBeUndefined()
  return events
}
async function outcome(places: readonly Place[] = [place], request = REQUEST): Promise<readonly AnswerEvent[]> {
  const events: AnswerEvent[] = []
  for await (const event of resumeAnswer(world(), places, request, new AbortController().signal)) events.push(event)
  return events
}
async function expectInterrupted(places: readonly Place[] = [place], request = REQUEST): Promise<void> {
  await expect(outcome(places, request)).rejects.toMatchObject({ code: 'answer/interrupted' })
  expect(await store.world.checkpoints.checkpoint('run')).toBeUndefined()
}
const isGrading = (event: AnswerEvent) => event.type === 'answer-step' && event.step === 'grade'
const isFound = (event: AnswerEvent) => event.type === 'passages-found'
const isWriting = (event: AnswerEvent) => event.type === 'answer-step' && event.step === 'write'

/** Numbers and names: what a reader who comes back goes by. */
const named = (events: readonly AnswerEvent[]) => events.map((event) => (event.type === 'answer-step' ? event.step : event.type))

test.each([
  ['grading', 1],
  ['writing', 0],
  ['what was found', 0],
])('an answer that was closed at %s goes on under the same trace, and tells the same again, in the same order', async (where, most) => {
  const stops = { grading: isGrading, writing: isWriting, 'what was found': isFound }
  const { traceId, told } = await closedAt(stops[where as keyof typeof stops])
  expect(traces).toEqual([]) // whoever goes on with it keeps it
  expect(await store.world.checkpoints.checkpoint('run')).toMatchObject({
    graph: 'answer',
    node: where === 'grading' ? expect.stringMatching(/condense|grade/) : 'grade',
  })
  const events = await resumed()
  expect(named(events).slice(0, told.length)).toEqual(named(told))
  expect(events[0]).toMatchObject({ type: 'answer-start', traceId })
  expect(events.at(-1)).toMatchObject({ type: 'answer-end', answered: true, traceId, citations: [{ name: 'leave.txt', verdict: 'verified' }] })
  expect(searches).toBeLessThanOrEqual(most)
  expect(events.filter(({ type }) => type === 'answer-end' || type === 'answer-error')).toHaveLength(1)
  const [kept, second] = traces
  expect([kept?.id, kept?.searches.length, second]).toEqual([traceId, 1, undefined])
  expect(kept?.steps.map(({ node }) => node).filter((node) => node === 'condense' || node === 'write')).toEqual(['condense', 'write'])
})

test('what other queries found is what is written from, whatever a model would choose the next time', async () => {
  const replies = ['travel desk trains', 'portal leave']
  const question = 'Which zeppelins, gondolas, hangars, balloons and engineers does the portal hold?'
  const { told } = await closedAt(isFound, [place, other], question, (purpose) => (purpose === 'rewrite' ? replies.shift() : undefined))
  expect(named(told)).toContain('rewrite')
  const passages = told.findLast((event) => event.type === 'passages-found')
  const events = await resumed([place, other], { ...REQUEST, question })
  expect(events.slice(1, told.length)).toEqual(told.slice(1))
  expect(passages).toBeDefined()
})

test('one that was closed while it wrote ends', async () => {
  await closedAt(
    (event) => event.type === 'text-delta',
    [place],
    REQUEST.question,
    () => undefined,
    false,
  )
  expect(await store.world.checkpoints.checkpoint('run')).toMatchObject({ node: SEALED })
  await expectInterrupted()
})

test('of two that go on at once one writes, whoever was first to begin', async () => {
  await closedAt(isWriting)
  const both = await Promise.all([outcome(), outcome()])
  expect(both.map((events) => events.at(-1)?.type).toSorted()).toEqual(['answer-end', 'answer-error'])
  const loser = both.find((events) => events.at(-1)?.type === 'answer-error') ?? []
  expect(loser.at(-1)).toMatchObject({ error: { code: 'answer/interrupted' } })
  expect(loser.map(({ type }) => type)).not.toContain('text-delta')
})

test('one that nothing was kept of ends', () => expectInterrupted())

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
    await expectInterrupted(places, request)
  }
  await closedAt(isGrading, [place, other])
  await expectInterrupted([place])
})

test('an answer that ended leaves nothing to go on with', async () => {
  for await (const _ of askSeveral(world(), [place], REQUEST, new AbortController().signal));
  expect(await store.world.checkpoints.checkpoint('run')).toBeUndefined()
})
