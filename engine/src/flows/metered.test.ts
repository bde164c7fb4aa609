import { afterEach, beforeEach, expect, test } from 'vitest'
import { keyFor, person } from '../../test/people-fixture.ts'
import { CALLER, storeWorld } from '../../test/store-world.ts'
import { embedders } from '../adapters/embedders.ts'
import { fakeChat } from '../adapters/fake/chat.ts'
import { fakeEmbedder } from '../adapters/fake/embedder.ts'
import { modelPrices } from '../adapters/prices.ts'
import type { AnswerEvent } from '../domain/answer.ts'
import { accountCaller, type Caller } from '../domain/caller.ts'
import { AppError } from '../domain/errors.ts'
import { NO_LIMITS, type PlanLimits } from '../domain/limits.ts'
import { NO_USAGE } from '../domain/usage.ts'
import type { Chat, ChatEvent } from '../ports/chat.ts'
import type { Done } from '../ports/embedder.ts'
import type { World } from '../ports/world.ts'
import { payerOf } from './allowance.ts'
import { ask, askSeveral } from './ask.ts'
import { meteredEmbedding } from './metered.ts'
import { search } from './search.ts'

// Prices that are easy to reckon with: a dollar per million tokens is a micro-dollar per token.
const PRICES = modelPrices({ 'fake:chat': { input: 1, output: 1 }, 'fake:8': { input: 1, output: 0 } })
const QUESTION = 'Where is leave requested?'
const TEXT = 'Leave is requested in the portal, two weeks ahead.'

let store: ReturnType<typeof storeWorld>
let embedded: string[]
let asked: number
let databaseId: string

/** A model that counts how often it is asked. */
function counted(chat: Chat): Chat {
  return {
    ...chat,
    async *write(request, signal) {
      asked += 1
      yield* chat.write(request, signal)
    },
  }
}

async function open(facts: Partial<World> = {}, model?: string): Promise<void> {
  const fake = fakeEmbedder(8)
  const counting = {
    ...fake,
    embed: (texts: readonly string[], kind: 'passage' | 'query', signal: AbortSignal) => {
      embedded.push(...texts)
      return fake.embed(texts, kind, signal)
    },
  }
  store = storeWorld({
    chat: counted(fakeChat()),
    prices: PRICES,
    embedders: embedders({ fake: { open: async () => counting, list: async () => [], close: async () => undefined } }),
    ...facts,
  })
  databaseId = (await store.make('handbook', model)).id
}

beforeEach(() => {
  embedded = []
  asked = 0
})
afterEach(() => store.close())

async function plan(limits: Partial<PlanLimits>): Promise<void> {
  await store.world.ledger.updatePlan('plan_people', { limits: { ...NO_LIMITS, ...limits } })
  store.clock.now += 2000
}
const used = () => store.world.ledger.used({}, '1970-01-01')
async function answer(caller: Caller = CALLER, signal = new AbortController().signal): Promise<AnswerEvent[]> {
  const events: AnswerEvent[] = []
  for await (const event of ask(store.world, caller, databaseId, { question: QUESTION, n: 5 }, signal)) events.push(event)
  return events
}
const last = (events: readonly AnswerEvent[]) => {
  const event = events.at(-1)
  return event?.type === 'answer-error' ? event.error : event?.type
}
async function filled(): Promise<void> {
  await store.upload(databaseId, 'leave.txt', TEXT)
  await store.runAll()
}

test('what a model took and gave is counted for caller and database, with what it cost', async () => {
  await open()
  await filled()
  const end = (await answer()).at(-1)
  if (end?.type !== 'answer-end' || end.usage === undefined) throw new Error('no usage')
  const { inputTokens, outputTokens } = end.usage
  expect(inputTokens).toBeGreaterThan(0)
  expect(await used()).toEqual({ ...NO_USAGE, questions: 1, inputTokens, outputTokens, cost: inputTokens + outputTokens })
  const [line] = await store.world.ledger.usage({ fromDay: '2023-11-14', toDay: '2023-11-14', by: ['account', 'database'] })
  expect(line?.by).toEqual({ account: CALLER.accountId, database: databaseId })
})

test('with a budget the same is counted once, and what was set aside is free again', async () => {
  await open()
  await filled()
  await store.world.ledger.setCaps({ perDay: 1_000_000, perMonth: undefined })
  await answer()
  const { cost, inputTokens, outputTokens } = await used()
  expect(cost).toBe(inputTokens + outputTokens)
  const rest = 1_000_000 - cost
  const subject = { accountId: 'o', databaseId: undefined, keyId: undefined, visitorId: undefined, publicationId: undefined }
  await store.world.ledger.reserve(subject, rest, [{ of: 'server', subject: undefined, perDay: 1_000_000, perMonth: undefined }])
})

test.each(['server', 'account', 'key'])('a question beyond the budget of the %s ends politely before the model is asked', async (of) => {
  await open()
  await filled()
  let caller: Caller = CALLER
  if (of === 'server') await store.world.ledger.setCaps({ perDay: 100, perMonth: undefined })
  if (of === 'account') await plan({ spendPerMonth: 100 })
  if (of === 'key') {
    const { account } = await person(store.world, 'member')
    const { key } = await keyFor(store.world, account.id, {
      limits: { requestsPerMinute: undefined, requestsPerDay: undefined, tokensPerMonth: undefined, spendPerDay: 100, spendPerMonth: undefined },
    })
    caller = { ...accountCaller(account.id, 'member', { kind: 'key', id: key.id }), ownerId: CALLER.ownerId }
  }
  expect(last(await answer(caller))).toMatchObject({ code: 'limit/spend', facts: { cap: of, window: of === 'account' ? 'month' : 'day', limit_usd: 0.0001 } })
  expect(asked).toBe(0)
  expect(await used()).toEqual({ ...NO_USAGE, questions: 1 })
  expect(store.logged.filter(({ event }) => event === 'answer-failed')).toEqual([])
})

test('the operator is held by the budget of the server, not by a plan', async () => {
  await open()
  await filled()
  await plan({ spendPerDay: 0, tokensPerMonth: 0 })
  const operator = { ...CALLER, kind: 'operator' } as const
  expect(last(await answer(operator))).toBe('answer-end')
  await store.world.ledger.setCaps({ perDay: 1, perMonth: undefined })
  expect(last(await answer(operator))).toMatchObject({ code: 'limit/spend' })
})

test('a model without a price is not asked under a budget, and costs nothing without one', async () => {
  await open({ prices: modelPrices({}) })
  await filled()
  expect(last(await answer())).toBe('answer-end')
  expect(await used()).toMatchObject({ cost: 0, questions: 1 })
  await store.world.ledger.setCaps({ perDay: 1_000_000, perMonth: undefined })
  expect(last(await answer())).toMatchObject({ code: 'limit/unpriced', facts: { model: 'fake:chat' } })
  expect(asked).toBe(1)
})

test('a model on this machine is asked whatever the budget', async () => {
  await open({ prices: modelPrices({ 'fake:chat': { input: 0, output: 0 } }) })
  await filled()
  await store.world.ledger.setCaps({ perDay: 0, perMonth: 0 })
  expect(last(await answer())).toBe('answer-end')
  expect(await used()).toMatchObject({ cost: 0, questions: 1 })
})

test('an answer without a model costs nothing and is counted as a question', async () => {
  await open({ chat: undefined })
  await filled()
  await store.world.ledger.setCaps({ perDay: 0, perMonth: 0 })
  expect(last(await answer())).toBe('answer-end')
  expect(await used()).toEqual({ ...NO_USAGE, questions: 1 })
})

function chatThat(write: () => AsyncGenerator<ChatEvent>): Chat {
  return { name: 'fake:chat', window: 8000, citations: 'markers', write }
}

test('when the provider tells nothing, or the answer is broken off, an estimate is counted', async () => {
  const silent = chatThat(async function* () {
    yield { type: 'text', text: 'x'.repeat(350) }
    yield { type: 'end', usage: undefined }
  })
  await open({ chat: silent })
  await filled()
  await store.world.ledger.setCaps({ perDay: 1_000_000, perMonth: undefined })
  await answer()
  const told = await used()
  expect(told.outputTokens).toBe(100)
  expect(told.inputTokens).toBeGreaterThan(100)
  expect(told.cost).toBe(told.inputTokens + told.outputTokens)

  const controller = new AbortController()
  const events = ask(store.world, CALLER, databaseId, { question: QUESTION, n: 5 }, controller.signal)
  await expect(
    (async () => {
      for await (const event of events) if (event.type === 'text-delta') controller.abort()
    })(),
  ).rejects.toThrow()
  expect((await used()).cost).toBeGreaterThan(told.cost)
  expect((await used()).questions).toBe(2)
})

test('thoughts are set aside too: they are paid for', async () => {
  for (const [thinking, end] of [
    [1000, 'answer-end'],
    [6000, { code: 'limit/spend' }],
  ] as const) {
    const chat = { ...counted(fakeChat()), thinking }
    await open({ chat })
    await filled()
    await store.world.ledger.setCaps({ perDay: 6000, perMonth: undefined })
    const got = last(await answer())
    if (typeof end === 'string') expect(got).toBe(end)
    else expect(got).toMatchObject(end)
    if (thinking === 1000) await store.close()
  }
})

test('a request that the provider refused costs nothing, and leaves nothing set aside', async () => {
  const refusing = chatThat(async function* () {
    if (asked >= 0) throw new AppError('model/unavailable', {})
    yield { type: 'end', usage: undefined }
  })
  await open({ chat: refusing })
  await filled()
  await store.world.ledger.setCaps({ perDay: 5000, perMonth: undefined })
  // Each sets some 3,000 aside: were it kept, the third would be refused.
  for (let round = 0; round < 4; round += 1) expect(last(await answer())).toBe('answer-end')
  expect(await used()).toEqual({ ...NO_USAGE, questions: 4 })
})

test.each([
  ['what the provider tells of it', { input_tokens: 23, output_tokens: 2 }],
  ['an estimate', {}],
])('an answer that was withheld costs %s, because the model has read the question', async (_, counts) => {
  const withholding = chatThat(async function* () {
    if (asked >= 0) throw new AppError('model/refused', { withheld: true, ...counts })
    yield { type: 'end', usage: undefined }
  })
  await open({ chat: withholding })
  await filled()
  await answer()
  const { inputTokens, outputTokens, cost } = await used()
  if ('input_tokens' in counts) expect([inputTokens, outputTokens]).toEqual([23, 2])
  else expect([inputTokens > 50, outputTokens]).toEqual([true, 0])
  expect(cost).toBe(inputTokens + outputTokens)
})

test('of an embedding that fails or is stopped half-way what was made is counted, and what was under way when we stopped it', async () => {
  await open({}, 'fake:8')
  const payer = await payerOf(store.world, CALLER, databaseId)
  const controller = new AbortController()
  const asking = { model: 'fake:8', texts: Array.from({ length: 1000 }, () => 'x'.repeat(350)), tokens: 100_000, signal: controller.signal }
  const broken = new AppError('model/unavailable', {})
  const failing = meteredEmbedding(store.world, payer, asking, async (done) => {
    done(96)
    done(4)
    throw broken
  })
  await expect(failing).rejects.toBe(broken)
  expect(await used()).toMatchObject({ embeddedTokens: 10_000, cost: 10_000 })
  const stopped = meteredEmbedding(store.world, payer, asking, async (done) => {
    done(500)
    controller.abort()
    throw controller.signal.reason
  })
  await expect(stopped).rejects.toThrow()
  expect((await used()).embeddedTokens).toBe(10_000 + 75_600)
})

test('of an embedding what the provider counted counts, and an estimate of the rest alone', async () => {
  await open({}, 'fake:8')
  const payer = await payerOf(store.world, CALLER, databaseId)
  const { signal } = new AbortController()
  const asking = { model: 'fake:8', texts: Array.from({ length: 100 }, () => 'text'), tokens: 1000, signal }
  const counted = async (work: (done: Done) => Promise<unknown>) => {
    const before = await used()
    await meteredEmbedding(store.world, payer, asking, work).catch(() => undefined)
    const { embeddedTokens, cost } = await used()
    expect(cost - before.cost).toBe(embeddedTokens - before.embeddedTokens)
    return embeddedTokens - before.embeddedTokens
  }
  const all = async (done: Done) => {
    done(60, 71)
    done(40, 52)
  }
  const some = async (done: Done) => {
    done(60, 71)
    done(40)
  }
  const broken = async (done: Done) => {
    done(60, 71)
    done(20)
    throw new AppError('model/unavailable', {})
  }
  expect(await counted(all)).toBe(71 + 52)
  expect(await counted(some)).toBe(71 + 400)
  expect(await counted(broken)).toBe(71 + 200)
  expect(await counted(async () => undefined)).toBe(1000)
  // Equal texts were embedded once: all that was sent is counted.
  expect(await counted(async (done) => done(1, 3))).toBe(3)
})

test('texts that are embedded are counted for the owner of the database, those whose vector is known are not', async () => {
  await open({}, 'fake:8')
  await filled()
  const first = await used()
  expect(first.embeddedTokens).toBeGreaterThan(5)
  expect(first.cost).toBe(first.embeddedTokens)
  await store.upload(databaseId, 'copy.txt', TEXT)
  await store.upload(databaseId, 'leave.txt', `${TEXT}\n\n`)
  await store.runAll()
  const titled = (await used()).embeddedTokens - first.embeddedTokens
  await store.upload(databaseId, 'copy.txt', `${TEXT}\n\n `)
  await store.runAll()
  expect((await used()).embeddedTokens).toBe(first.embeddedTokens + titled)
  const [line] = await store.world.ledger.usage({ fromDay: '2023-11-14', toDay: '2023-11-14', by: ['account', 'database'] })
  expect(line).toMatchObject({ by: { account: 'o', database: databaseId }, chunks: 2 })
})

test('a question in a database with a model goes on by words when the budget is used up, and says why', async () => {
  await open({}, 'fake:8')
  await filled()
  const before = await used()
  await search(store.world, CALLER, databaseId, { query: QUESTION, n: 5 }, new AbortController().signal)
  const after = before.embeddedTokens + Math.ceil(QUESTION.length / 3.5)
  expect((await used()).embeddedTokens).toBe(after)
  embedded = []
  await search(store.world, CALLER, databaseId, { query: QUESTION, n: 6 }, new AbortController().signal)
  expect([embedded, (await used()).embeddedTokens]).toEqual([[], after])
  await store.world.ledger.setCaps({ perDay: 0, perMonth: undefined })
  const reply = await search(store.world, CALLER, databaseId, { query: `${QUESTION} Now?`, n: 5 }, new AbortController().signal)
  expect(reply.passages.map(({ text }) => text)).toEqual([TEXT])
  expect(reply.degraded).toMatch(/budget/)
  expect(embedded).toEqual([])
})

test('ingestion beyond the budget fails the document, and a retry by hand makes it ready when there is money again', async () => {
  await open({}, 'fake:8')
  await store.world.ledger.setCaps({ perDay: 1, perMonth: undefined })
  await filled()
  const failed = await store.world.catalog.document('o', databaseId, 'leave.txt')
  expect([failed.state, failed.error?.code]).toEqual(['failed', 'limit/spend'])
  expect(embedded).toEqual([])
  await store.world.ledger.setCaps({ perDay: undefined, perMonth: undefined })
  await store.world.catalog.retryDocument('o', databaseId, failed.id)
  await store.runAll()
  expect((await store.world.catalog.document('o', databaseId, 'leave.txt')).state).toBe('ready')
})

test('tokens of a minute and of a month hold the models, not the search by words', async () => {
  await open()
  await filled()
  await plan({ tokensPerMinute: 10 })
  expect(last(await answer())).toBe('answer-end')
  expect(last(await answer())).toMatchObject({ code: 'limit/rate', facts: { limit: 'account-tokens', most: 10 } })
  store.clock.now += 61_000
  expect(last(await answer())).toBe('answer-end')
  await plan({ tokensPerMonth: 10 })
  const refused = last(await answer())
  expect(refused).toMatchObject({
    code: 'limit/quota',
    facts: { limit: 'tokens', of: 'account', window: 'month', most: 10, resets_at: '2023-12-01T00:00:00.000Z' },
  })
  expect(await store.find(databaseId, QUESTION)).toEqual([TEXT])
  expect(asked).toBe(2)
})

test('an answer from several databases is counted once, and for none of them', async () => {
  await open()
  await filled()
  const other = await store.make('other')
  const places = [databaseId, other.id].map((id) => ({ caller: CALLER, databaseId: id }))
  for await (const _ of askSeveral(store.world, places, { question: QUESTION, n: 5 }, new AbortController().signal));
  const lines = await store.world.ledger.usage({ fromDay: '2023-11-14', toDay: '2023-11-14', by: ['database'] })
  expect(lines.map(({ by, questions }) => [by.database, questions])).toEqual([[null, 1]])
})

test('many questions at once never spend more than the budget', async () => {
  await open()
  await filled()
  await store.world.ledger.setCaps({ perDay: 10_000, perMonth: undefined })
  const all = await Promise.all(Array.from({ length: 32 }, () => answer()))
  const codes = all.map(last)
  expect(codes.filter((one) => one === 'answer-end').length).toBe(asked)
  expect(codes.some((one) => typeof one === 'object' && one.code === 'limit/spend')).toBe(true)
  expect((await used()).cost).toBeLessThanOrEqual(10_000)
  expect(asked).toBeGreaterThan(0)
})
