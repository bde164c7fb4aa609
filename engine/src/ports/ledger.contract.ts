import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { NO_LIMITS } from '../domain/limits.ts'
import { DAY_MS, dayOf, NO_USAGE, type UsageAmounts, type UsageSubject } from '../domain/usage.ts'
import { code, type Making, newDatabase, newUpload, rule } from './catalog.contract.ts'
import type { Catalog } from './catalog.ts'
import type { Ledger, SpendCap } from './ledger.ts'

/** The same ledger over two connections, and the catalog that it speaks of. */
export interface LedgerUnderTest {
  readonly ledger: Ledger
  readonly other: Ledger
  readonly catalog: Catalog
  close(): Promise<void>
}
export type OpenLedger = (making: Making) => Promise<LedgerUnderTest>

const who = (accountId: string, more: Partial<UsageSubject> = {}): UsageSubject => ({
  ...{ accountId, databaseId: undefined, keyId: undefined, visitorId: undefined, publicationId: undefined },
  ...more,
})
const NOON = Date.UTC(2026, 10, 26, 12)
const serverCap = (perDay: number | undefined, perMonth?: number): SpendCap => ({ of: 'server', subject: undefined, perDay, perMonth })

export function ledgerContract(name: string, open: OpenLedger, { runs = 40 }: { readonly runs?: number } = {}): void {
  describe(`${name} keeps the promises of Ledger`, () => {
    let ruled = rule()
    let store: LedgerUnderTest
    beforeEach(async () => {
      ruled = rule()
      ruled.time = NOON
      store = await open(ruled)
    })
    afterEach(() => store.close())

    test('what was counted shows at once in quotas and reports, and after a flush on the other connection', async () => {
      const { ledger, other } = store
      ledger.count(who('ann', { keyId: 'k1' }), { requests: 2, inputTokens: 10 })
      ledger.count(who('ann', { keyId: 'k2' }), { requests: 1 })
      expect(await ledger.used({ accountId: 'ann' }, '2026-11-26')).toEqual({ ...NO_USAGE, requests: 3, inputTokens: 10 })
      expect(await ledger.used({ keyId: 'k1' }, '2026-11-26')).toMatchObject({ requests: 2 })
      expect(await ledger.used({ keyId: 'k1' }, '2026-11-27')).toEqual(NO_USAGE)
      expect(await other.used({ accountId: 'ann' }, '2026-11-26')).toEqual(NO_USAGE)
      await ledger.flush()
      await ledger.flush()
      expect(await other.used({ accountId: 'ann' }, '2026-11-26')).toMatchObject({ requests: 3, inputTokens: 10 })
      ledger.count(who('ann'), { requests: 1 })
      expect((await ledger.usage({ fromDay: '2026-11-26', toDay: '2026-11-26', by: [] })).map(({ requests }) => requests)).toEqual([4])
    })

    test('a count that is no whole number is refused and spoils nothing', async () => {
      const { ledger } = store
      for (const wrong of [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY]) expect(() => ledger.count(who('ann'), { cost: wrong })).toThrow()
      expect(await ledger.used({}, '2026-11-01')).toEqual(NO_USAGE)
    })

    test('for random histories over days, subjects and connections, every report equals the sums counted by hand', async () => {
      const amounts = fc.record({
        requests: fc.nat(3),
        questions: fc.nat(2),
        inputTokens: fc.nat(500),
        outputTokens: fc.nat(90),
        embeddedTokens: fc.nat(9),
        cost: fc.nat(999),
      })
      const subject = fc.record({
        accountId: fc.constantFrom('ann', 'bob'),
        databaseId: fc.constantFrom(undefined, 'db1', 'db2'),
        keyId: fc.constantFrom(undefined, 'k1'),
        visitorId: fc.constantFrom(undefined, 'v1', 'v2'),
        publicationId: fc.constantFrom(undefined, 'p1'),
      })
      const step = fc.oneof(
        { weight: 6, arbitrary: fc.record({ kind: fc.constant('count' as const), on: fc.boolean(), subject, amounts }) },
        { weight: 2, arbitrary: fc.record({ kind: fc.constant('spend' as const), on: fc.boolean(), subject, amounts }) },
        { weight: 1, arbitrary: fc.record({ kind: fc.constant('flush' as const) }) },
        { weight: 1, arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: DAY_MS }) }) },
      )
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
          ruled.time = NOON
          const own = await open(ruled)
          try {
            const counted: { readonly day: string; readonly subject: UsageSubject; readonly amounts: UsageAmounts }[] = []
            for (const one of steps) {
              if (one.kind === 'wait') ruled.time += one.ms
              else if (one.kind === 'flush') await Promise.all([own.ledger.flush(), own.other.flush()])
              else {
                const ledger = one.on ? own.ledger : own.other
                counted.push({ day: dayOf(ruled.time), subject: one.subject, amounts: one.amounts })
                if (one.kind === 'count') ledger.count(one.subject, one.amounts)
                else await ledger.settle(await ledger.reserve(one.subject, one.amounts.cost, []), one.amounts)
              }
            }
            await Promise.all([own.ledger.flush(), own.other.flush()])
            const [fromDay, toDay] = [dayOf(NOON), dayOf(ruled.time)]
            const lines = await own.other.usage({ fromDay, toDay, by: ['day', 'account', 'database', 'key', 'visitor', 'publication'] })
            expect(lines.map(({ by, storedBytes: _, chunks: __, ...sums }) => [Object.values(by), sums])).toEqual(byHand(counted))
            const ofAnn = counted.filter(({ subject }) => subject.accountId === 'ann')
            expect(await own.ledger.used({ accountId: 'ann' }, fromDay)).toEqual(sum(ofAnn.map((one) => one.amounts)))
            const perKey = await own.ledger.usage({ fromDay, toDay, by: ['key'], accountId: 'ann' })
            expect(perKey.reduce((total, { cost }) => total + cost, 0)).toBe(sum(ofAnn.map((one) => one.amounts)).cost)
          } finally {
            await own.close()
          }
        }),
        { numRuns: runs },
      )
    })

    test('a report by database tells what it held at the end of the last day of the line', async () => {
      const { ledger, catalog } = store
      const { database } = await catalog.createDatabase(newDatabase('ann', 'handbook'))
      const publish = async (externalId: string, size: number) => {
        const { document } = await catalog.acceptUpload(newUpload('ann', database.id, externalId, externalId, { size }))
        await catalog.markPublished(document.id, document.revision, database.liveVersionId, { chunks: 3, tokens: 9 })
      }
      expect(await ledger.storedBytes('ann')).toBe(0)
      await publish('a', 100)
      ledger.count(who('ann', { databaseId: database.id }), { requests: 1 })
      await ledger.flush()
      ruled.time += DAY_MS
      await publish('b', 50)
      await catalog.acceptUpload(newUpload('ann', database.id, 'waits', 'c', { size: 7 }))
      ledger.count(who('bob', { databaseId: database.id }), { requests: 4 })
      ledger.count(who('ann'), { requests: 1 })
      const lines = await ledger.usage({ fromDay: '2026-11-26', toDay: '2026-11-27', by: ['day', 'database'] })
      expect(lines.map(({ by, requests, storedBytes, chunks }) => [by.day, by.database, requests, storedBytes, chunks])).toEqual([
        ['2026-11-26', database.id, 1, 100, 3],
        ['2026-11-27', null, 1, undefined, undefined],
        ['2026-11-27', database.id, 4, 150, 6],
      ])
      expect((await ledger.usage({ fromDay: '2026-11-20', toDay: '2026-12-20', by: ['database'], databaseId: database.id }))[0]?.storedBytes).toBe(150)
      expect(await ledger.storedBytes('ann')).toBe(157)
      expect(await ledger.storedBytes('bob')).toBe(0)
      await catalog.removeDatabase('ann', database.id)
      await catalog.forgetDatabase(database.id)
      ledger.count(who('ann', { databaseId: database.id }), {})
      expect((await ledger.usage({ fromDay: '2026-11-20', toDay: '2026-12-20', by: ['database'], databaseId: database.id }))[0]?.storedBytes).toBe(0)
      expect(await ledger.storedBytes('ann')).toBe(0)
    })

    test('a database that was asked something is active, from the next flush on; time does not go back', async () => {
      const { ledger, other, catalog } = store
      const { database } = await catalog.createDatabase(newDatabase('ann', 'd'))
      const active = async () => (await catalog.database('ann', database.id)).activeAt
      ruled.time += 60_000
      ledger.asked(database.id)
      ledger.asked('db_none')
      expect(await active()).toBe(NOON)
      await ledger.flush()
      expect(await active()).toBe(NOON + 60_000)
      ruled.time -= 30_000
      other.asked(database.id)
      await other.flush()
      expect(await active()).toBe(NOON + 60_000)
      ledger.count(who('ann', { databaseId: database.id }), { requests: 1 })
      ruled.time += 90_000
      await ledger.flush()
      expect(await active(), 'who only looks').toBe(NOON + 60_000)
    })

    test('a report holds as many lines as were asked for, in the order of its dimensions', async () => {
      const { ledger } = store
      for (const id of ['c', 'a', 'b']) ledger.count(who('ann', { keyId: id }), { requests: 1 })
      const keys = async (limit?: number) =>
        (await ledger.usage({ fromDay: '2026-11-26', toDay: '2026-11-26', by: ['key'], ...(limit === undefined ? {} : { limit }) })).map(({ by }) => by.key)
      expect(await keys()).toEqual(['a', 'b', 'c'])
      expect(await keys(2)).toEqual(['a', 'b'])
    })

    test('many reservations at once on both connections never exceed a cap together', async () => {
      const { ledger, other } = store
      const caps = [serverCap(1000), { of: 'key', subject: { keyId: 'k' }, perDay: undefined, perMonth: 300 }]
      const asked = Array.from({ length: 64 }, (_, index) =>
        (index % 2 === 0 ? ledger : other).reserve(who('ann', { keyId: 'k' }), 37, caps).then(
          () => 'in',
          (error) => error.facts.cap,
        ),
      )
      expect((await Promise.all(asked)).toSorted()).toEqual([...Array(8).fill('in'), ...Array(56).fill('key')])
      const rest = Array.from({ length: 64 }, (_, index) =>
        (index % 2 === 0 ? ledger : other).reserve(who('bob', { keyId: 'm' }), 37, [serverCap(1000)]).then(
          () => 'in',
          (error) => error.facts.cap,
        ),
      )
      expect((await Promise.all(rest)).filter((one) => one === 'in')).toHaveLength(Math.floor((1000 - 8 * 37) / 37))
    })

    test('a refusal tells the cap, its window and when that ends; settling frees what was not used, once', async () => {
      const { ledger, other } = store
      const first = await ledger.reserve(who('ann'), 900_000, [serverCap(1_000_000)])
      const refused = await other.reserve(who('bob'), 200_000, [serverCap(1_000_000)]).catch((error) => error)
      expect(refused.code).toBe('limit/spend')
      expect(refused.facts).toEqual({ cap: 'server', window: 'day', limit_usd: 1, retry_after: 43_200, resets_at: '2026-11-27T00:00:00.000Z' })
      await ledger.settle(first, { cost: 100_000, inputTokens: 7 })
      await other.settle(first, { cost: 100_000, inputTokens: 7 })
      expect(await other.used({}, '2026-11-26')).toEqual({ ...NO_USAGE, cost: 100_000, inputTokens: 7 })
      await other.reserve(who('bob'), 900_000, [serverCap(1_000_000)])
      expect(await code(ledger.reserve(who('bob'), 1, [serverCap(1_000_000)]))).toBe('limit/spend')
      // What was never settled counts until its day is over.
      ruled.time += DAY_MS
      await ledger.reserve(who('bob'), 900_000, [serverCap(1_000_000)])
      const monthly = await ledger.reserve(who('bob'), 1, [serverCap(undefined, 1_000_000)]).catch((error) => error)
      expect(monthly.facts).toEqual({ cap: 'server', window: 'month', limit_usd: 1, retry_after: 3.5 * 86_400, resets_at: '2026-12-01T00:00:00.000Z' })
      ruled.time += 5 * DAY_MS
      await ledger.reserve(who('bob'), 1_000_000, [serverCap(1_000_000, 1_000_000)])
    })

    test('what was counted but not written yet is in the sums of a cap', async () => {
      store.ledger.count(who('ann'), { cost: 999 })
      expect(await code(store.ledger.reserve(who('ann'), 2, [serverCap(1000)]))).toBe('limit/spend')
      await store.ledger.reserve(who('ann'), 1, [serverCap(1000)])
      expect(await code(store.other.reserve(who('ann'), 1, [serverCap(1000)]))).toBe('limit/spend')
      expect(await code(store.other.reserve(who('ann'), 0, [serverCap(1000)]))).toBe('no error')
      expect(await code(store.other.reserve(who('ann'), 0, [serverCap(0)]))).toBe('limit/spend')
    })

    test('plans have names of their own, the built-in ones stay, and what is left out is no limit', async () => {
      const { ledger, other } = store
      expect((await ledger.plans()).map(({ id, builtIn }) => [id, builtIn])).toEqual([
        ['plan_keys', true],
        ['plan_people', true],
        ['plan_visitors', true],
      ])
      const made = await ledger.createPlan('Large', { ...NO_LIMITS, requestsPerDay: 10, spendPerDay: 5 })
      expect(await other.plan(made.id)).toEqual({ ...NO_LIMITS, id: made.id, name: 'Large', builtIn: false, requestsPerDay: 10, spendPerDay: 5 })
      expect(await code(other.createPlan('large', NO_LIMITS))).toBe('plan/exists')
      expect(await code(ledger.updatePlan(made.id, { name: 'People' }))).toBe('plan/exists')
      expect(await ledger.updatePlan(made.id, { name: 'LARGE' })).toMatchObject({ name: 'LARGE', requestsPerDay: 10 })
      expect(await ledger.updatePlan(made.id, { limits: { ...NO_LIMITS, streams: 1 } })).toEqual({
        ...NO_LIMITS,
        id: made.id,
        name: 'LARGE',
        builtIn: false,
        streams: 1,
      })
      expect(await ledger.updatePlan('plan_people', { limits: { ...NO_LIMITS, streams: 1 } })).toMatchObject({
        builtIn: true,
        streams: 1,
        requestsPerMinute: undefined,
      })
      expect(await code(ledger.removePlan('plan_people'))).toBe('plan/in-use')
      await ledger.removePlan(made.id)
      for (const call of [ledger.plan(made.id), ledger.removePlan(made.id), ledger.updatePlan(made.id, {})]) expect(await code(call)).toBe('plan/not-found')
    })

    test('the caps of the server are kept, and taken away again', async () => {
      expect(await store.ledger.caps()).toEqual({ perDay: undefined, perMonth: undefined })
      await store.ledger.setCaps({ perDay: 5_000_000, perMonth: undefined })
      expect(await store.other.caps()).toEqual({ perDay: 5_000_000, perMonth: undefined })
      await store.ledger.setCaps({ perDay: undefined, perMonth: 0 })
      expect(await store.other.caps()).toEqual({ perDay: undefined, perMonth: 0 })
    })

    test('deeds of both connections stand in one chain, newest first, by action and by actor', async () => {
      const { ledger, other } = store
      const deed = { actorKind: 'user', actorId: 'ann', action: 'key.create', target: 'k1', address: '::1', facts: { scopes: 'ask', count: 2, all: false } }
      const first = await ledger.record(deed)
      expect(first).toMatchObject({ ...deed, seq: 1, at: NOON })
      expect(
        await other.record({ ...deed, actorKind: 'anyone', actorId: undefined, action: 'sign-in', target: undefined, address: undefined, facts: {} }),
      ).toMatchObject({
        seq: 2,
        actorId: undefined,
        target: undefined,
      })
      await ledger.record({ ...deed, actorId: 'bob' })
      const seqs = async (query: Partial<Parameters<Ledger['audit']>[0]>) => (await ledger.audit({ limit: 9, ...query })).map(({ seq }) => seq)
      expect(await seqs({})).toEqual([3, 2, 1])
      expect(await seqs({ limit: 2 })).toEqual([3, 2])
      expect(await seqs({ before: 2 })).toEqual([1])
      expect(await seqs({ action: 'key.create' })).toEqual([3, 1])
      expect(await seqs({ action: 'key.create', actorId: 'ann' })).toEqual([1])
      await Promise.all(Array.from({ length: 40 }, (_, index) => (index % 2 === 0 ? ledger : other).record(deed)))
      expect((await seqs({ limit: 50 })).length).toBe(43)
      expect(await other.checkAudit()).toBeUndefined()
    })
  })
}

function sum(all: readonly UsageAmounts[]): UsageAmounts {
  const total: Record<keyof UsageAmounts, number> = { ...NO_USAGE }
  for (const one of all) for (const name of Object.keys(total) as (keyof UsageAmounts)[]) total[name] += one[name]
  return total
}

/** Grouped by everything, without lines that hold nothing, in the order of the store: what does not apply comes first. */
function byHand(counted: readonly { readonly day: string; readonly subject: UsageSubject; readonly amounts: UsageAmounts }[]) {
  const parts = ({ day, subject }: (typeof counted)[number]) => [
    day,
    subject.accountId,
    subject.databaseId,
    subject.keyId,
    subject.visitorId,
    subject.publicationId,
  ]
  const groups = Map.groupBy(counted, (one) =>
    parts(one)
      .map((part) => part ?? '')
      .join('\n'),
  )
  return [...groups]
    .map(([key, group]) => ({ key, parts: key.split('\n').map((part) => (part === '' ? null : part)), sums: sum(group.map((one) => one.amounts)) }))
    .filter(({ sums }) => Object.values(sums).some((value) => value > 0))
    .toSorted((left, right) => (left.key < right.key ? -1 : 1))
    .map(({ parts, sums }) => [parts, sums])
}
