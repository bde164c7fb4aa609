import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { memoryCache } from '../src/adapters/memory/cache.ts'
import { AppError } from '../src/domain/errors.ts'
import { removeAccount } from '../src/flows/accounts.ts'
import type { AnswerState } from '../src/flows/agent/state.ts'
import { createDatabase } from '../src/flows/upload.ts'
import { type Gate, OPEN_GATE } from '../src/server/gate.ts'
import { sharedBy } from './live-fixture.ts'
import { person } from './people-fixture.ts'
import { eventsIn, isFound, isLast, type Process, QUESTION, RESUME, restartFixture, some, type Told, upTo } from './restart-fixture.ts'

// What is taken over by mistake, twice, late, or after something was deleted.

let it: Awaited<ReturnType<typeof restartFixture>>
let ask: string
beforeAll(async () => {
  it = await restartFixture()
  ask = `/api/v1/databases/${it.database}/ask`
})
afterAll(() => it.close(), 30_000)
beforeEach(() => it.reset())

/** An answer of a process whose model thinks. */
async function thinking(server: Process, body: object = {}) {
  const reply = await it.send(server, 'POST', ask, { question: QUESTION, ...body }, RESUME)
  const path = `/api/v1/streams/${reply.headers.get('x-stream-id')}`
  const [seen, rest] = await begun(reply, isFound)
  await expect.poll(() => it.model.asked).toBe(1)
  return { path, seen, rest }
}

/** What is told up to an event, and from then on. */
async function begun(reply: Response, isIt: (told: Told) => boolean): Promise<readonly [Told[], Promise<Told[]>]> {
  const [early, late] = (reply.body as ReadableStream<Uint8Array>).tee()
  const rest = some(new Response(late), () => false)
  return [await some(new Response(early), isIt), rest]
}

const endings = (events: readonly Told[]) => events.filter(isLast).map(({ event, data }) => data.error?.code ?? event)

describe('a process that only slept while another one took its answer', () => {
  test.each([
    ['has stored it', undefined, ['answer/interrupted', 'answer-end']],
    ['writes it', '2.1', ['answer/interrupted', 'answer-end']],
    ['still thinks', '2.0', ['answer-end', 'answer/interrupted']],
  ] as const)('when that one %s: one of them writes, and what was said is stored once and stays', async (_, stop, expected) => {
    it.model.thinks = false
    const [sleeper, taker] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    it.model.stops.set('1.0', sleeper.promise)
    if (stop !== undefined) it.model.stops.set(stop, taker.promise)
    const shared = sharedBy(memoryCache())
    const [one, two] = [await it.start(shared), await it.start(shared)]
    const { path, seen, rest } = await thinking(one, { conversation: 'new' })
    one.kill()
    await sleep(700) // longer than a process counts as alive
    const back = await it.send(two, 'GET', path)
    const [, far] = await begun(back, ({ event }) =>
      stop === undefined ? isLast({ id: 0, event, data: {} }) : event === (stop === '2.1' ? 'text-delta' : 'passages-found'),
    )
    await expect.poll(() => it.model.asked).toBe(2)
    sleeper.resolve()
    one.wake()
    const here = await rest
    taker.resolve()
    const there = await far
    expect([endings(here), endings(there)]).toEqual(expected.map((ending) => [ending]))
    const [end] = [...here, ...there].filter(({ event }) => event === 'answer-end')
    const messages = await it.home.world.conversations.messages({ accountId: it.ann.account.id }, seen[0]?.data.conversation_id)
    expect(messages.map(({ text }) => text)).toEqual([QUESTION, end?.data.text])
    for (const told of [here, there]) expect(told.map(({ id }) => id)).toEqual(upTo(told.length))
    const trace = await it.home.world.traces.trace(it.ann.account.id, end?.data.trace_id)
    expect([trace.outcome, trace.answerId]).toEqual(['answered', end?.data.answer_id])
    await expect.poll(it.left).toEqual([])
  })
})

test('of two processes that find it at the same moment one takes it, and the other reads along', async () => {
  const shared = sharedBy(memoryCache())
  const set: typeof shared.set = async (key, ...value) => {
    if (key.startsWith('live:meta:')) await sleep(400) // until then nobody sees who took it
    return shared.set(key, ...value)
  }
  const [one, two, three] = [await it.start(shared), await it.start({ ...shared, set }), await it.start({ ...shared, set })]
  const { path, seen } = await thinking(one)
  one.kill()
  await sleep(700)
  it.model.thinks = false
  const told = await Promise.all([two, three].map(async (server) => eventsIn(await (await it.send(server, 'GET', path)).text())))
  expect(told.map(endings)).toEqual([['answer-end'], ['answer-end']])
  expect(told[1]).toEqual(told[0])
  expect(told[0]?.slice(0, seen.length)).toEqual(seen)
  expect(it.model.asked).toBe(2)
})

test.each(['another process', 'the same'])('an answer that could not be taken because there was no place is taken the next time, by %s', async (by) => {
  const shared = sharedBy(memoryCache())
  const own = by === 'the same' ? undefined : shared
  let isFull = true
  const stream: Gate['stream'] = async (...asked) => {
    if (isFull) throw new AppError('limit/streams', { limit: 'caller', most: 1, retry_after: 5 })
    return OPEN_GATE.stream(...asked)
  }
  const gate = { ...OPEN_GATE, stream }
  const one = await it.start(own)
  const { path, seen } = await thinking(one)
  one.kill()
  await sleep(700)
  const two = await it.start(own, { gate })
  const three = by === 'the same' ? two : await it.start(own)
  expect((await it.send(two, 'GET', path)).status).toBe(429)
  isFull = false
  it.model.thinks = false
  const rest = eventsIn(await (await it.send(three, 'GET', path, undefined, { 'last-event-id': String(seen.length) })).text())
  expect(endings(rest)).toEqual(['answer-end'])
  expect(rest[0]?.id).toBe(seen.length + 1)
})

test('an answer whose document was deleted meanwhile ends, and nothing of the document is told again', async () => {
  const one = await it.start()
  const { path } = await thinking(one)
  one.kill()
  const documents = await it.send(it.home, 'GET', `/api/v1/databases/${it.database}/documents`)
  const [{ id }] = ((await documents.json()) as { documents: [{ id: string }] }).documents
  expect((await it.send(it.home, 'DELETE', `/api/v1/databases/${it.database}/documents/${id}`)).status).toBeLessThan(300)
  it.model.thinks = false
  await sleep(2)
  const back = eventsIn(await (await it.send(await it.start(), 'GET', path)).text())
  expect(endings(back)).toEqual(['answer/interrupted'])
  expect(back.map(({ event }) => event)).not.toContain('passages-found')
  expect([it.model.asked, await it.left()]).toEqual([1, []])
  await it.upload()
})

test('what is kept of an answer goes with its database, and with the account that asked', async () => {
  const { world } = it.home
  const bob = await person(world, 'member')
  const [first, second] = await Promise.all(['a', 'b'].map((name) => createDatabase(world, it.caller, { name, model: 'none' }, new AbortController().signal)))
  if (first === undefined || second === undefined) throw new Error('no database')
  const one = await it.start()
  for (const { database } of [first, second]) await it.upload(database.id)
  await world.catalog.share(it.ann.account.id, first.database.id, bob.account.id, 'read')
  await kept(one, first.database.id, bob.token, {})
  const conversation = await kept(one, second.database.id, it.ann.token, { conversation: 'new' })
  await kept(one, it.database, it.ann.token, {})
  one.kill()
  expect(await it.left()).toHaveLength(3)
  await removeAccount(world, bob.account.id)
  expect(await it.left()).toHaveLength(2)
  await world.catalog.removeDatabase(it.ann.account.id, second.database.id)
  await it.work()
  expect(await it.left()).toHaveLength(1)
  await expect(world.conversations.conversation({ accountId: it.ann.account.id }, conversation)).rejects.toMatchObject({ code: 'conversation/not-found' })
})

/** An answer that something is kept of. */
async function kept(server: Process, database: string, token: string, place: object): Promise<string> {
  const before = (await it.left()).length
  const reply = await it.send(server, 'POST', `/api/v1/databases/${database}/ask`, { question: QUESTION, ...place }, RESUME, token)
  const [seen] = await begun(reply, isFound)
  await expect.poll(async () => (await it.left()).length).toBe(before + 1)
  return seen[0]?.data.conversation_id
}

test('an answer goes on where its question stood, whatever was said in the conversation since', async () => {
  it.model.thinks = false
  const one = await it.start()
  const say = async (server: Process, conversation: string) => eventsIn(await (await it.send(server, 'POST', ask, { question: QUESTION, conversation })).text())
  const first = await say(one, 'new')
  const conversation: string = first[0]?.data.conversation_id
  Object.assign(it.model, { asked: 0, thinks: true })
  const { path } = await thinking(one, { conversation })
  one.kill()
  it.model.thinks = false
  await sleep(2)
  const two = await it.start()
  await say(two, conversation)
  const end = eventsIn(await (await it.send(two, 'GET', path)).text()).at(-1)
  expect(end?.event).toBe('answer-end')
  const branch = await it.home.world.conversations.messages({ accountId: it.ann.account.id }, conversation, { upTo: end?.data.answer_id })
  expect(branch.map(({ id }) => id)).toEqual([first, [end]].flatMap((told) => [told.at(-1)?.data.question_id, told.at(-1)?.data.answer_id]))
})

test('a clock that is set back does not hide what was left', async () => {
  const one = await it.start()
  const { path, seen } = await thinking(one)
  one.kill()
  it.model.thinks = false
  const two = await it.start(undefined, { world: { now: () => Date.now() - 3_600_000 } })
  const rest = eventsIn(await (await it.send(two, 'GET', path, undefined, { 'last-event-id': String(seen.length) })).text())
  expect(endings(rest)).toEqual(['answer-end'])
})

test('what is kept of an answer is bounded, and holds no credential', async () => {
  const one = await it.start()
  const history = Array.from({ length: 50 }, (_, index) => ({ role: index % 2 === 0 ? 'user' : 'assistant', text: 'word '.repeat(3_000) }))
  await thinking(one, { history, n_results: 50 })
  const [id = ''] = await it.left()
  const kept = await it.home.world.checkpoints.checkpoint(id)
  const state = JSON.parse(kept?.state ?? '{}') as AnswerState
  expect(state.passages.length).toBeGreaterThan(0)
  expect(kept?.state).not.toContain(it.ann.token)
  const sent = JSON.stringify(history).length
  expect(kept?.state.length).toBeLessThan(3 * sent)
  one.kill()
})

/** A place for streams that is given when `let` says so. */
function slowGate() {
  const [entered, go] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const stream: Gate['stream'] = async (...asked) => {
    entered.resolve()
    await go.promise
    return OPEN_GATE.stream(...asked)
  }
  return { gate: { ...OPEN_GATE, stream }, entered: entered.promise, go: () => go.resolve() }
}

describe.each([true, false])('while an answer is being gone on with (shared cache: %s)', (isShared) => {
  test.each(['read', 'stop', 'stop elsewhere'])('whoever comes back for it finds it: %s', async (what) => {
    const cache = isShared ? sharedBy(memoryCache()) : undefined
    const one = await it.start(cache)
    const { path } = await thinking(one)
    one.kill()
    await sleep(700)
    it.model.thinks = what !== 'read'
    const slow = slowGate()
    const two = await it.start(cache, { gate: slow.gate })
    const three = isShared && what === 'stop elsewhere' ? await it.start(cache) : two
    const first = it.send(two, 'GET', path)
    await slow.entered
    const second = it.send(three, what === 'read' ? 'GET' : 'DELETE', path)
    await sleep(50) // it has looked by then
    slow.go()
    const told = eventsIn(await (await first).text())
    const reply = await second
    expect(reply.ok).toBe(true)
    expect(endings(told)).toEqual([what === 'read' ? 'answer-end' : 'answer/stopped'])
    if (what === 'read') expect(eventsIn(await reply.text())).toEqual(told)
    await expect.poll(it.left).toEqual([])
  })
})

test.each(['comes back at once', 'stays away for a while'])(
  'a store that is away while an answer is gone on with, and %s, takes nothing of it',
  async (how) => {
    const one = await it.start()
    const { path, seen } = await thinking(one, { conversation: 'new' })
    one.kill()
    await sleep(2)
    it.model.thinks = false
    const { checkpoints } = it.home.world
    let [isBeingWoken, isAway] = [false, true]
    const unavailable = () => new AppError('store/unavailable')
    const stream: Gate['stream'] = (...asked) => {
      isBeingWoken = true
      return OPEN_GATE.stream(...asked)
    }
    const flaky: typeof checkpoints = {
      ...checkpoints,
      async checkpoint(id) {
        if (isBeingWoken && isAway) throw unavailable()
        return checkpoints.checkpoint(id)
      },
      async claimCheckpoint(...asked) {
        if (isBeingWoken && isAway && how !== 'comes back at once') throw unavailable()
        return checkpoints.claimCheckpoint(...asked)
      },
    }
    const two = await it.start(undefined, { gate: { ...OPEN_GATE, stream }, world: { checkpoints: flaky } })
    expect((await it.send(two, 'GET', path)).status).toBe(503)
    isAway = false
    const rest = eventsIn(await (await it.send(two, 'GET', path, undefined, { 'last-event-id': String(seen.length) })).text())
    expect(endings(rest)).toEqual(['answer-end'])
    const messages = await it.home.world.conversations.messages({ accountId: it.ann.account.id }, seen[0]?.data.conversation_id)
    expect(messages.map(({ text }) => text)).toEqual([QUESTION, rest.at(-1)?.data.text])
  },
)

test.each(['asked since', 'left as well'])('the name of a chat stays with its newest answer, %s, when an older one is gone on with', async (which) => {
  const path = `/api/v1/databases/${it.database}/ui-messages`
  const body = { id: 'chat-8', messages: [{ id: 'm', role: 'user', parts: [{ type: 'text', text: QUESTION }] }] }
  const streamOf = async (server: Process) => {
    const before = it.model.asked
    const reply = await it.send(server, 'POST', path, body, RESUME)
    await expect.poll(() => it.model.asked).toBe(before + 1)
    return reply.headers.get('x-stream-id')
  }
  const one = await it.start()
  const older = await streamOf(one)
  await sleep(2)
  let newer = which === 'left as well' ? await streamOf(one) : null
  one.kill()
  await sleep(2)
  const two = await it.start()
  newer ??= await streamOf(two)
  const back = await it.send(two, 'GET', `/api/v1/streams/${older}`)
  const found = await it.send(two, 'GET', `${path}/chat-8/stream`)
  expect([back, found].map(({ headers }) => headers.get('x-stream-id'))).toEqual([older, newer])
  await Promise.all([back, found].map(({ body: stream }) => stream?.cancel()))
})
