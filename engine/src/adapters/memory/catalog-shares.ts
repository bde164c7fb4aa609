import { NO_EMBEDDER } from '../../domain/database.ts'
import { AppError } from '../../domain/errors.ts'
import type { Catalog } from '../../ports/catalog.ts'
import { nameKey, pageOf, pageSize, readCursor } from '../catalog-rules.ts'
import { afterPlace, type CatalogState, levelIn, newestFirst } from './catalog-state.ts'

type ShareMethods = Pick<Catalog, 'access' | 'level' | 'visible' | 'embeddersInUse' | 'databasesOf' | 'share' | 'unshare' | 'shares'>

/** Sharing. There are no accounts here: whoever is named as a grantee is one. `find` throws for what is not the owner's. */
export function memoryShares(state: CatalogState, find: (ownerId: string, databaseId: string) => unknown): ShareMethods {
  const live = () => [...state.databases.values()].filter((database) => database.state === 'live')

  return {
    async access(accountId, idOrName) {
      const seen = live().flatMap((database) => {
        const level = levelIn(state, accountId, database.id)
        return level === undefined ? [] : [{ database, level }]
      })
      const known = seen.find(({ database }) => database.id === idOrName)
      if (known !== undefined) return known
      const named = seen.filter(({ database }) => nameKey(database.name) === nameKey(idOrName))
      const found = named.find(({ database }) => database.ownerId === accountId) ?? named[0]
      if (found === undefined) throw new AppError('database/not-found', { database: idOrName })
      if (found.database.ownerId !== accountId && named.length > 1) throw new AppError('database/ambiguous', { database: idOrName })
      return found
    },
    async level(accountId, databaseId) {
      return levelIn(state, accountId, databaseId)
    },
    async visible(accountId, { limit, cursor, only }) {
      const place = readCursor(cursor)
      const found = live().filter((each) => (only === undefined || only.has(each.id)) && levelIn(state, accountId, each.id) !== undefined)
      const page = pageOf(found.filter((each) => afterPlace(each, place)).sort(newestFirst), pageSize(limit))
      const items = page.items.map((database) => ({ database, level: levelIn(state, accountId, database.id) ?? 'read' }))
      return { items, nextCursor: page.nextCursor }
    },
    async embeddersInUse() {
      const counts = new Map<string, number>()
      for (const { liveVersionId } of live()) {
        const embedder = state.versions.get(liveVersionId)?.settings.embedder ?? NO_EMBEDDER
        if (embedder !== NO_EMBEDDER) counts.set(embedder, (counts.get(embedder) ?? 0) + 1)
      }
      return [...counts].map(([embedder, databases]) => ({ embedder, databases })).sort((a, b) => (a.embedder < b.embedder ? -1 : 1))
    },
    async databasesOf(ownerId) {
      const own = live().filter((database) => database.ownerId === ownerId)
      return own.sort((a, b) => a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1)).map(({ id }) => id)
    },
    async share(ownerId, databaseId, grantee, level) {
      find(ownerId, databaseId)
      if (grantee === ownerId) throw new AppError('request/invalid', { at: 'account', reason: 'the database is its own' })
      const place = shareKey(databaseId, grantee)
      const share = { databaseId, grantee, level, createdAt: state.shares.get(place)?.createdAt ?? state.now() }
      state.shares.set(place, share)
      return share
    },
    async unshare(ownerId, databaseId, grantee) {
      find(ownerId, databaseId)
      if (!state.shares.delete(shareKey(databaseId, grantee))) throw new AppError('share/not-found', { account: grantee })
    },
    async shares(ownerId, databaseId) {
      find(ownerId, databaseId)
      const found = [...state.shares.values()].filter((share) => share.databaseId === databaseId)
      return found.sort((a, b) => a.createdAt - b.createdAt || (a.grantee < b.grantee ? -1 : 1))
    },
  }
}

function shareKey(databaseId: string, grantee: string): string {
  return JSON.stringify([databaseId, grantee])
}
