import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { AnswerTrace } from '../domain/trace.ts'
import { code, type Making, newDatabase, rule } from './catalog.contract.ts'
import { type Checkpoints, SEALED } from './graph.ts'
import { answer, DAY, newAccount, newPublication, type PeopleUnderTest, question } from './people.contract.ts'
import { newTrace } from './trace-samples.contract.ts'
import type { Traces } from './traces.ts'

export interface TracesUnderTest extends Pick<PeopleUnderTest, 'here' | 'check' | 'close'> {
  /** Two connections to one store, as two threads have them. */
  readonly traces: readonly [Traces, Traces]
  readonly checkpoints: readonly [Checkpoints, Checkpoints]
  /** Of a server that keeps none, over the same store. */
  readonly keepsNone: Traces
}
export type OpenTraces = (making: Making) => Promise<TracesUnderTest>

const MOST_BYTES = 2 ** 20

const size = (trace: AnswerTrace) => Buffer.byteLength(JSON.stringify(trace))

export function tracesContract(name: string, open: OpenTraces): void {
  describe(`${name} keeps the promises of Traces and Checkpoints`, () => {
    let ruled = rule()
    let it: TracesUnderTest
    let [ann, bob, first, second] = ['', '', '', '']
    beforeEach(async () => {
      ruled = rule()
      it = await open(ruled)
      const { accounts, catalog } = it.here
      ann = (await accounts.createAccount(newAccount('ann@example.com'))).id
      bob = (await accounts.createAccount(newAccount('bob@example.com'))).id
      first = (await catalog.createDatabase(newDatabase(ann, 'one'))).database.id
      second = (await catalog.createDatabase(newDatabase(ann, 'two'))).database.id
    })
    afterEach(async () => {
      it.check()
      await it.close()
    })

    const talkOf = async (holder: { accountId: string } | { visitorId: string }) =>
      (await it.here.conversations.createConversation({ holder, publicationId: undefined, databaseIds: [first], title: 't', deleteAt: undefined })).id
    const visitorOf = async (id: string) => {
      const publication = await it.here.publications.createPublication(newPublication(ann))
      await it.here.publications.createVisitor({ id, publicationId: publication.id, deleteAt: ruled.time + DAY })
      return publication.id
    }
    const ids = async (accountId = ann) => (await it.traces[1].traces(accountId, { limit: 100 })).items.map(({ id }) => id)

    test('what was kept comes back whole', async () => {
      const conversationId = await talkOf({ accountId: ann })
      const hit = { chunkId: 'c', documentId: 'd', name: 'Ü \u{1f600}.pdf', score: 0.5, dense: undefined, lexical: 3.25 }
      const search = { databaseId: first, versionId: 'v', query: 'leave', degraded: undefined, reranker: undefined, startedAt: 5, ms: 1, hits: [hit] }
      const full = newTrace(ann, {
        ...{ conversationId, answerId: 'msg_1', databaseIds: [first, second] },
        searches: [{ ...search, mode: { mode: 'hybrid', model: 'm' } }],
        text: "Robert'); DROP TABLE answer_traces; -- \u0000",
      })
      const bare = newTrace(ann, { usage: undefined, cost: undefined, error: 'model/unavailable', outcome: 'failed', calls: [], settings: {} })
      for (const trace of [full, bare]) {
        await it.traces[0].keepTrace(trace)
        expect(await it.traces[1].trace(ann, trace.id)).toEqual(trace)
      }
      const { items } = await it.traces[1].traces(ann, { limit: 10 })
      const { id, answerId, databaseIds, question, startedAt, ms, outcome, writer, usage, cost } = full
      const summary = { id, conversationId, answerId, databaseIds, question, startedAt, ms, outcome, writer, usage, cost }
      expect(items.find((each) => each.id === full.id)).toEqual(summary)
      await it.traces[1].keepTrace({ ...full, text: 'another', databaseIds: [second] })
      expect(await it.traces[0].trace(ann, full.id)).toMatchObject({ text: 'another', databaseIds: [second] })
      expect((await it.traces[0].traces(ann, { limit: 10, databaseId: first })).items).toEqual([])
    })

    test('nobody else finds a trace: it is answered like an unknown one', async () => {
      const trace = newTrace(ann)
      await it.traces[0].keepTrace(trace)
      const foreign = it.traces[0].trace(bob, trace.id)
      const unknown = it.traces[0].trace(bob, 'f'.repeat(32))
      expect(await Promise.all([foreign, unknown].map(code))).toEqual(['trace/not-found', 'trace/not-found'])
      expect(await ids(bob)).toEqual([])
      // Nor does anybody write over it.
      await it.traces[0].keepTrace({ ...trace, accountId: bob, text: 'mine' })
      expect(await it.traces[0].trace(ann, trace.id)).toEqual(trace)
      expect(await ids(bob)).toEqual([])
    })

    test('pages hold every trace once, newest first, those of a database or a conversation alone when asked', async () => {
      const conversationId = await talkOf({ accountId: ann })
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.record({ at: fc.nat({ max: 4 }), databases: fc.subarray([0, 1]), talks: fc.boolean() }), { maxLength: 15 }),
          fc.integer({ min: 1, max: 5 }),
          fc.constantFrom({}, { database: 0 }, { database: 1 }, { talk: true }, { database: 0, talk: true }),
          async (all, limit, wanted) => {
            await it.traces[0].sweepTraces(Number.MAX_SAFE_INTEGER)
            const kept = all.map(({ at, databases, talks }) =>
              newTrace(ann, {
                startedAt: at,
                databaseIds: databases.map((index) => [first, second][index] ?? ''),
                conversationId: talks ? conversationId : undefined,
              }),
            )
            for (const trace of kept) await it.traces[0].keepTrace(trace)
            const databaseId = 'database' in wanted ? [first, second][wanted.database] : undefined
            const filter = { ...(databaseId === undefined ? {} : { databaseId }), ...('talk' in wanted ? { conversationId } : {}) }
            const found: string[] = []
            for (let cursor: string | undefined, pages = 0; ; pages += 1) {
              expect(pages).toBeLessThan(50)
              const page = await it.traces[1].traces(ann, { limit, ...filter, ...(cursor === undefined ? {} : { cursor }) })
              expect(page.items.length).toBeLessThanOrEqual(limit)
              found.push(...page.items.map(({ id }) => id))
              if (page.nextCursor === undefined) break
              cursor = page.nextCursor
            }
            const fits = kept.filter(
              (each) => (databaseId === undefined || each.databaseIds.includes(databaseId)) && (!('talk' in wanted) || each.conversationId !== undefined),
            )
            fits.sort((a, b) => b.startedAt - a.startedAt || (a.id < b.id ? -1 : 1))
            expect(found).toEqual(fits.map(({ id }) => id))
          },
        ),
        { numRuns: 25 },
      )
      expect(await code(it.traces[0].traces(ann, { limit: 5, cursor: 'nonsense' }))).toBe('request/invalid')
    })

    test('long texts are cut so that a trace takes at most 1 MiB, and what is short stays', async () => {
      const text = fc
        .constantFrom('a', 'ü', 'a\u{1f600}', '\u0001', '"\\')
        .chain((each) => fc.integer({ min: 0, max: 120_000 }).map((count) => each.repeat(count)))
      const [call] = newTrace(ann).calls
      await fc.assert(
        fc.asyncProperty(
          fc.tuple(text, text, text),
          fc.integer({ min: 1, max: 4 }),
          fc.integer({ min: 1, max: 9000 }),
          async ([system, reply, question], calls, hits) => {
            const trace = newTrace(ann, {
              ...{ question, text: reply },
              calls: Array.from({ length: calls }, (_, index) => ({ ...(call as NonNullable<typeof call>), system, reply, startedAt: index })),
              steps: Array.from({ length: hits }, (_, index) => ({ node: 'retrieve', startedAt: index, ms: 1, note: undefined })),
            })
            await it.traces[0].keepTrace(trace)
            const kept = await it.traces[1].trace(ann, trace.id)
            expect(size(kept)).toBeLessThanOrEqual(MOST_BYTES)
            if (size(trace) <= MOST_BYTES) {
              expect(kept).toEqual(trace)
              return
            }
            expect(kept).toMatchObject({ id: trace.id, startedAt: trace.startedAt, outcome: trace.outcome, usage: trace.usage, settings: trace.settings })
            for (const [index, each] of kept.calls.entries()) expect(each.startedAt).toBe(index)
            const cut = (whole: string, left: string) => expect(left.isWellFormed() && whole.startsWith(left.replace(/…$/, ''))).toBe(true)
            cut(question, kept.question)
            cut(reply, kept.text)
            for (const each of kept.calls) cut(system, each.system)
          },
        ),
        // Cut in the middle of a character, and just too large.
        {
          numRuns: 10,
          examples: [
            [['', 'a'.repeat(16_044), 'a\u{1f600}'.repeat(103_818)], 4, 9000],
            [['a\u{1f600}'.repeat(100_000), '', 'ü'], 4, 1],
          ],
        },
      )
    })

    test('a trace goes with its conversation, its visitor, its account and its database', async () => {
      const publicationId = await visitorOf('v1')
      const [mine, theirs] = [await talkOf({ accountId: ann }), await talkOf({ visitorId: 'v1' })]
      const stays = newTrace(ann)
      const withTalk = newTrace(ann, { conversationId: mine })
      const withVisitor = newTrace(ann, { visitorId: 'v1', publicationId })
      const withTheirTalk = newTrace(ann, { visitorId: 'v1', publicationId, conversationId: theirs })
      const withDatabase = newTrace(ann, { databaseIds: [second, first] })
      const withAccount = newTrace(bob)
      for (const trace of [stays, withTalk, withVisitor, withTheirTalk, withDatabase, withAccount]) await it.traces[0].keepTrace(trace)
      const left = async () => new Set(await ids())
      expect(await left()).toEqual(new Set([stays, withTalk, withVisitor, withTheirTalk, withDatabase].map(({ id }) => id)))
      await it.here.conversations.removeConversation({ accountId: ann }, mine)
      expect(await left()).toEqual(new Set([stays, withVisitor, withTheirTalk, withDatabase].map(({ id }) => id)))
      await it.here.conversations.removeConversation({ visitorId: 'v1' }, theirs)
      expect(await left()).toEqual(new Set([stays, withVisitor, withDatabase].map(({ id }) => id)))
      await it.here.publications.removeVisitor('v1')
      expect(await left()).toEqual(new Set([stays, withDatabase].map(({ id }) => id)))
      await it.here.catalog.removeDatabase(ann, first)
      expect(await left()).toEqual(new Set([stays.id]))
      expect(await code(it.traces[1].trace(ann, withDatabase.id))).toBe('trace/not-found')
      expect(await it.traces[0].sweepTraces(0)).toBe(1)
      await it.here.accounts.removeAccount(bob)
      await it.here.accounts.forgetAccount(bob)
      expect(await ids(bob)).toEqual([])
      expect(await left()).toEqual(new Set([stays.id]))
    })

    test('whoever takes over the conversations of a visitor has them alone', async () => {
      const publicationId = await visitorOf('v1')
      const conversationId = await talkOf({ visitorId: 'v1' })
      await it.traces[0].keepTrace(newTrace(ann, { visitorId: 'v1', publicationId, conversationId }))
      expect(await ids()).toHaveLength(1)
      await it.here.publications.claimVisitor('v1', bob)
      expect([await ids(), await ids(bob)]).toEqual([[], []])
      await it.traces[0].keepTrace(newTrace(ann, { visitorId: 'v1', publicationId }))
      expect(await ids()).toEqual([])
    })

    test('nothing is kept of what is not there any more, nor where none are kept', async () => {
      const conversationId = await talkOf({ accountId: ann })
      await it.here.conversations.removeConversation({ accountId: ann }, conversationId)
      await it.here.catalog.removeDatabase(ann, second)
      await it.here.accounts.removeAccount(bob)
      const gone = [
        { conversationId },
        { visitorId: 'none' },
        { databaseIds: [second] },
        { databaseIds: [first, 'db_none'] },
        { accountId: bob },
        { accountId: 'usr_none' },
      ]
      for (const more of gone) await it.traces[0].keepTrace(newTrace(ann, more))
      await it.keepsNone.keepTrace(newTrace(ann))
      expect([await ids(), await ids(bob), await ids('usr_none')]).toEqual([[], [], []])
    })

    test('a sweep takes what is older than the moment, however much', async () => {
      for (let index = 0; index < 450; index += 1) await it.traces[0].keepTrace(newTrace(ann, { startedAt: index, databaseIds: [first] }))
      expect(await it.traces[1].sweepTraces(449)).toBe(449)
      expect((await it.traces[0].traces(ann, { limit: 10 })).items.map((each) => each.startedAt)).toEqual([449])
      expect(await it.traces[1].sweepTraces(449)).toBe(0)
      await it.here.catalog.removeDatabase(ann, first)
      expect(await it.traces[1].sweepTraces(0)).toBe(1)
    })

    test('a state is kept, replaced, removed and swept, and goes with its conversation', async () => {
      const [here, there] = it.checkpoints
      const conversationId = await talkOf({ accountId: ann })
      const checkpoint = { graph: 'agent', node: 'retrieve', state: '{"a":"Ü \\u0000"}', at: 5, conversationId: undefined }
      expect(await here.checkpoint('run')).toBeUndefined()
      await here.keep('run', checkpoint)
      expect(await there.checkpoint('run')).toEqual(checkpoint)
      const next = { ...checkpoint, node: 'write', state: '{}', at: 6, conversationId }
      await there.keep('run', next)
      expect(await here.checkpoint('run')).toEqual(next)
      await here.keep('other', checkpoint)
      await here.keep('third', { ...checkpoint, at: 7 })
      await there.removeCheckpoint('other')
      await there.removeCheckpoint('other')
      expect([await here.checkpoint('other'), await here.checkpoint('third')]).toMatchObject([undefined, { at: 7 }])
      expect(await here.sweepCheckpoints(7)).toBe(1)
      expect([await here.checkpoint('run'), await here.checkpoint('third')]).toMatchObject([undefined, { at: 7 }])
      const sealed = { ...next, conversationId: await talkOf({ accountId: ann }) }
      await here.keep('run', sealed)
      expect([await here.sealCheckpoint('run'), await there.sealCheckpoint('run'), await here.sealCheckpoint('unknown')]).toEqual([true, false, false])
      await there.keep('run', { ...sealed, at: 9 })
      expect(await here.checkpoint('run')).toEqual({ ...sealed, node: SEALED })
      const claims = [here.claimCheckpoint('third', 7, 8), there.claimCheckpoint('third', 7, 9), there.claimCheckpoint('unknown', 7, 8)]
      expect(await Promise.all(claims)).toEqual([true, false, false])
      expect(await here.checkpoint('third')).toEqual({ ...checkpoint, at: 8 })
      await here.keep('thirty', { ...checkpoint, at: 9 })
      expect((await there.checkpointsUnder('thir')).map(({ id, at }) => [id, at])).toEqual([
        ['thirty', 9],
        ['third', 8],
      ])
      expect((await there.checkpointsUnder('third')).map(({ id }) => id)).toEqual(['third'])
      await here.removeCheckpoint('thirty')
      await it.here.conversations.removeConversation({ accountId: ann }, sealed.conversationId)
      expect(await there.checkpoint('run')).toBeUndefined()
      await here.keep('run', sealed)
      expect(await there.checkpoint('run')).toBeUndefined()
    })

    test('a sweep takes along a conversation in which nothing was said yet, and no other', async () => {
      const [here] = it.checkpoints
      const holder = { accountId: ann }
      const [empty, spoken, young] = [await talkOf(holder), await talkOf(holder), await talkOf(holder)]
      await it.here.conversations.addTurn(holder, spoken, [question('q'), answer('a')], undefined)
      for (const [id, at] of [[empty, 5], [spoken, 5], [young, 7]] as const) // biome-ignore format: a table
        await here.keep(`of ${id}`, { graph: 'agent', node: 'n', state: '{}', at, conversationId: id })
      expect(await here.sweepCheckpoints(7)).toBe(2)
      const isThere = (id: string) => it.here.conversations.conversation(holder, id).then(() => true, () => false) // biome-ignore format: short
      expect(await Promise.all([empty, spoken, young].map(isThere))).toEqual([false, true, true])
    })
  })
}
