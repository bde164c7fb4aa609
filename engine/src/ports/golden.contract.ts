import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { MOST_GOLDEN_CASES, type NewGoldenCase } from '../domain/evaluation.ts'
import { newDatabase } from './catalog.contract.ts'
import type { Catalog } from './catalog.ts'
import type { GoldenSets } from './golden.ts'

export interface GoldenUnderTest {
  readonly golden: GoldenSets
  readonly catalog: Catalog
  close(): Promise<void>
}

const of = (question: string, change: Partial<NewGoldenCase> = {}): NewGoldenCase => ({
  question,
  answerable: true,
  documents: ['a.txt'],
  pages: [],
  answer: undefined,
  messageId: undefined,
  ...change,
})

/** What every adapter of `GoldenSets` keeps. */
export function goldenContract(name: string, open: () => Promise<GoldenUnderTest>): void {
  describe(`${name} keeps the promises of GoldenSets`, () => {
    let store: GoldenUnderTest
    let database = ''
    let other = ''
    beforeEach(async () => {
      store = await open()
      database = (await store.catalog.createDatabase(newDatabase('owner', 'one'))).database.id
      other = (await store.catalog.createDatabase(newDatabase('owner', 'two'))).database.id
    })
    afterEach(() => store.close())

    test('keeps what it was given, in order, page by page, each database its own', async () => {
      const given = [
        of('First?', { pages: [{ document: 'a.txt', page: 3 }], answer: 'Yes.', messageId: 'msg_1' }),
        of('Second?', { answerable: false, documents: [] }),
        of("Third'); DROP TABLE golden_cases; --"),
      ]
      const kept = await store.golden.putCases(database, given)
      expect(kept.map(({ id: _id, databaseId, createdAt: _at, ...rest }) => [databaseId, rest])).toEqual(given.map((one) => [database, one]))
      const first = await store.golden.cases(database, { limit: 2 })
      const rest = await store.golden.cases(database, { limit: 2, cursor: first.nextCursor ?? '' })
      expect([...first.items, ...rest.items]).toEqual(kept)
      expect(rest.nextCursor).toBeUndefined()
      expect(await store.golden.cases(other, { limit: 10 })).toEqual({ items: [], nextCursor: undefined })
      expect([await store.golden.countCases(database), await store.golden.countCases(other)]).toEqual([3, 0])
    })

    test('the same question, also written in another Unicode form, takes the place of the one before', async () => {
      const [before] = await store.golden.putCases(database, [of('Wo ist das B\u00fcro?')])
      const [after] = await store.golden.putCases(database, [of(' Wo ist das Bu\u0308ro?', { documents: ['b.txt'] })])
      expect(after).toMatchObject({ id: before?.id, documents: ['b.txt'] })
      expect(await store.golden.countCases(database)).toBe(1)
    })

    test('all or none, no more than it may hold, nothing in a database that there is not', async () => {
      const many = Array.from({ length: MOST_GOLDEN_CASES + 1 }, (_, index) => of(`Question ${index}?`))
      await expect(store.golden.putCases(database, many)).rejects.toMatchObject({ code: 'golden/too-many' })
      expect(await store.golden.countCases(database)).toBe(0)
      await expect(store.golden.putCases('db_none', [of('Where?')])).rejects.toMatchObject({ code: 'database/not-found' })
    })

    test('a case is taken out of its own database alone', async () => {
      const [kept] = await store.golden.putCases(database, [of('First?')])
      const id = kept?.id ?? ''
      expect(await store.golden.removeCase(other, id)).toBe(false)
      expect(await store.golden.removeCase(database, id)).toBe(true)
      expect(await store.golden.removeCase(database, id)).toBe(false)
    })
  })
}
