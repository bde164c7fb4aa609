import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { LEVELS, type Level } from '../domain/caller.ts'
import { type CatalogUnderTest, code, newDatabase, type OpenCatalog, rule } from './catalog.contract.ts'
import { EVERYONE } from './catalog.ts'

/** What `Catalog` promises of databases that several people see. */
export function sharingContract(name: string, open: OpenCatalog): void {
  describe(`${name} keeps the promises of Catalog on sharing`, () => {
    let ruled = rule()
    let store: CatalogUnderTest
    beforeEach(async () => {
      ruled = rule()
      store = await open(ruled)
      for (const id of ['ann', 'bob', 'cem']) await store.person(id)
    })
    afterEach(() => store.close())

    const make = async (owner: string, database: string) => {
      ruled.time += 1
      return (await store.catalog.createDatabase(newDatabase(owner, database))).database
    }
    const walk = async (account: string, limit: number, only?: ReadonlySet<string>) => {
      const found: string[] = []
      const sizes: number[] = []
      for (let cursor: string | undefined, pages = 0; ; pages += 1) {
        expect(pages).toBeLessThan(200)
        const page = await store.catalog.visible(account, { limit, ...(cursor === undefined ? {} : { cursor }), ...(only === undefined ? {} : { only }) })
        found.push(...page.items.map(({ database, level }) => `${database.id} ${level}`))
        sizes.push(page.items.length)
        if (page.nextCursor === undefined) return { found, sizes }
        cursor = page.nextCursor
      }
    }

    test('a share is given, changed, listed and taken away', async () => {
      const { catalog } = store
      const { id } = await make('ann', 'd')
      expect(await catalog.level('ann', id)).toBe('manage')
      expect(await catalog.level('bob', id)).toBeUndefined()
      const given = ruled.time
      expect(await catalog.share('ann', id, 'bob', 'write')).toEqual({ databaseId: id, grantee: 'bob', level: 'write', createdAt: given })
      ruled.time += 5
      expect(await catalog.share('ann', id, EVERYONE, 'read')).toMatchObject({ grantee: EVERYONE, level: 'read', createdAt: ruled.time })
      expect(await catalog.share('ann', id, 'bob', 'manage')).toMatchObject({ level: 'manage', createdAt: given })
      expect((await catalog.shares('ann', id)).map((share) => [share.grantee, share.level])).toEqual([
        ['bob', 'manage'],
        [EVERYONE, 'read'],
      ])
      expect([await catalog.level('bob', id), await catalog.level('cem', id)]).toEqual(['manage', 'read'])
      expect((await catalog.access('cem', id)).level).toBe('read')
      // Not even one who may manage it is its owner.
      expect(await code(catalog.database('bob', id))).toBe('database/not-found')
      expect(await code(catalog.share('bob', id, 'cem', 'manage'))).toBe('database/not-found')
      await catalog.unshare('ann', id, 'bob')
      expect(await catalog.level('bob', id)).toBe('read')
      expect(await code(catalog.unshare('ann', id, 'bob'))).toBe('share/not-found')
      expect(await code(catalog.unshare('ann', id, 'cem'))).toBe('share/not-found')
      await catalog.unshare('ann', id, EVERYONE)
      expect(await catalog.level('bob', id)).toBeUndefined()
      expect(await code(catalog.access('bob', id))).toBe('database/not-found')
      expect(await code(catalog.share('ann', id, 'ann', 'read'))).toBe('request/invalid')
      expect(await catalog.shares('ann', id)).toEqual([])
    })

    test('by name an own database comes first, and a name that fits several shared ones is none', async () => {
      const { catalog } = store
      const [ann, bob] = [await make('ann', 'caf\u00e9'), await make('bob', 'caf\u00e9')]
      await catalog.share('ann', ann.id, 'cem', 'write')
      expect(await catalog.access('cem', 'cafe\u0301')).toEqual({ database: ann, level: 'write' })
      await catalog.share('bob', bob.id, EVERYONE, 'read')
      expect(await code(catalog.access('cem', 'caf\u00e9'))).toBe('database/ambiguous')
      expect((await catalog.access('cem', ann.id)).database.id).toBe(ann.id)
      expect((await catalog.access('ann', 'caf\u00e9')).database.id).toBe(ann.id)
      const own = await make('cem', 'caf\u00e9')
      expect(await catalog.access('cem', 'caf\u00e9')).toEqual({ database: own, level: 'manage' })
      // An id means what it says, whatever somebody calls a database of his own.
      const decoy = await make('cem', ann.id)
      expect((await catalog.access('cem', ann.id)).database.id).toBe(ann.id)
      expect((await catalog.access('cem', decoy.id)).database.id).toBe(decoy.id)
      await catalog.removeDatabase('cem', own.id)
      await catalog.removeDatabase('bob', bob.id)
      expect((await catalog.access('cem', 'caf\u00e9')).database.id).toBe(ann.id)
      expect(await code(catalog.access('cem', 'Caf\u00e9'))).toBe('database/not-found')
    })

    test('a database that is going away is in no list, but those who saw it still do, and its shares go with it', async () => {
      const { catalog } = store
      const { id } = await make('ann', 'd')
      await catalog.share('ann', id, 'bob', 'write')
      await catalog.removeDatabase('ann', id)
      expect([await catalog.level('ann', id), await catalog.level('bob', id), await catalog.level('cem', id)]).toEqual(['manage', 'write', undefined])
      for (const account of ['ann', 'bob']) {
        expect((await walk(account, 5)).found).toEqual([])
        expect(await code(catalog.access(account, id))).toBe('database/not-found')
      }
      expect(await code(catalog.shares('ann', id))).toBe('database/not-found')
      expect(await catalog.databasesOf('ann')).toEqual([])
      await catalog.forgetDatabase(id)
      expect([await catalog.level('ann', id), await catalog.level('bob', id)]).toEqual([undefined, undefined])
    })

    test('pages are full and hold what an account sees once, newest first, with the most that it may', async () => {
      const { catalog } = store
      const step = fc.record({
        owner: fc.constantFrom('ann', 'bob', 'cem'),
        wait: fc.nat({ max: 1 }),
        shares: fc.array(fc.record({ grantee: fc.constantFrom('ann', 'bob', 'cem', EVERYONE), level: fc.constantFrom(...LEVELS) }), { maxLength: 3 }),
        only: fc.boolean(),
      })
      let round = 0
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 12 }), fc.integer({ min: 1, max: 5 }), async (steps, limit) => {
          round += 1
          const made: {
            readonly id: string
            readonly owner: string
            readonly createdAt: number
            readonly levels: ReadonlyMap<string, Level>
            readonly only: boolean
          }[] = []
          for (const [index, { owner, wait, shares, only }] of steps.entries()) {
            ruled.time += wait
            const { database } = await catalog.createDatabase(newDatabase(owner, `${round}-${index}`))
            const levels = new Map<string, Level>()
            for (const { grantee, level } of shares.filter((share) => share.grantee !== owner)) {
              await catalog.share(owner, database.id, grantee, level)
              levels.set(grantee, level)
            }
            levels.set(owner, 'manage')
            made.push({ id: database.id, owner, createdAt: database.createdAt, levels, only })
          }
          for (const account of ['ann', 'bob', 'cem']) {
            const seen = made.flatMap((each) => {
              const got = [each.levels.get(account), each.levels.get(EVERYONE)]
              const level = LEVELS.findLast((one) => got.includes(one))
              return level === undefined ? [] : [{ ...each, level }]
            })
            seen.sort((a, b) => b.createdAt - a.createdAt || (a.id < b.id ? -1 : 1))
            for (const only of [undefined, new Set(made.filter((each) => each.only).map((each) => each.id))]) {
              const wanted = seen.filter((each) => only === undefined || only.has(each.id)).map((each) => `${each.id} ${each.level}`)
              const { found, sizes } = await walk(account, limit, only)
              expect(found).toEqual(wanted)
              expect(sizes.slice(0, -1).every((size) => size === limit)).toBe(true)
              expect(sizes.length).toBe(Math.max(1, Math.ceil(wanted.length / limit)))
            }
            const own = made.filter((each) => each.owner === account).map((each) => each.id)
            expect([...(await catalog.databasesOf(account))].sort()).toEqual(own.sort())
          }
          for (const owner of ['ann', 'bob', 'cem']) for (const id of await catalog.databasesOf(owner)) await catalog.removeDatabase(owner, id)
        }),
        { numRuns: 40 },
      )
    })
  })
}
