import { DEFAULT_ANSWERS } from '../../domain/answering.ts'
import { type Database, type IndexVersion, isAnswering } from '../../domain/database.ts'
import type { Document } from '../../domain/document.ts'
import { AppError } from '../../domain/errors.ts'
import type { JobKind } from '../../domain/job.ts'
import type { Catalog, VersionCoverage } from '../../ports/catalog.ts'
import { MISSING_LIMIT, MOST_BUILT, nameKey, REMEMBER_MS } from '../catalog-rules.ts'
import { memoryDocuments } from './catalog-documents.ts'
import { memoryShares } from './catalog-shares.ts'
import { addJob, type CatalogState, changeDocument, changeJob, changeVersion } from './catalog-state.ts'

/** A catalog in memory, for tests and for trying things out. */
export function memoryCatalog(state: CatalogState): Catalog {
  const { now, newId } = state

  function find(ownerId: string, id: string): Database {
    const database = state.databases.get(id)
    if (database?.ownerId !== ownerId || database.state !== 'live') throw new AppError('database/not-found', { database: id })
    return database
  }
  function findLive(id: string): Database {
    return find(state.databases.get(id)?.ownerId ?? '', id)
  }
  function byName(ownerId: string, name: string): Database | undefined {
    return [...state.databases.values()].find((each) => each.ownerId === ownerId && each.state === 'live' && nameKey(each.name) === nameKey(name))
  }
  function versionById(id: string): IndexVersion {
    const version = state.versions.get(id)
    if (version === undefined) throw new AppError('version/not-found', { version: id })
    return version
  }
  function versionsOf(databaseId: string): IndexVersion[] {
    return [...state.versions.values()].filter((version) => version.databaseId === databaseId)
  }
  function assertNoneBuilding(databaseId: string): void {
    const building = versionsOf(databaseId).find((version) => version.state === 'building')
    if (building !== undefined) throw new AppError('database/busy', { database: databaseId, version: building.id })
  }
  function assertRoomBeside(databaseId: string): void {
    const built = versionsOf(databaseId).filter((version) => version.state === 'built').length
    if (built >= MOST_BUILT) throw new AppError('version/too-many', { database: databaseId, waiting: built, most: MOST_BUILT })
  }
  const versionJob = (kind: JobKind, database: Database, versionId: string) =>
    addJob(state, { kind, ownerId: database.ownerId, databaseId: database.id, documentId: undefined, revision: undefined, versionId })

  function answering(databaseId: string): Document[] {
    return [...state.documents.values()].filter((each) => each.databaseId === databaseId && each.liveRevision !== undefined && each.state !== 'deleting')
  }
  function missingIn(databaseId: string, versionId: string): string[] {
    const published = state.published.get(versionId)
    return answering(databaseId).flatMap((each) => (published?.get(each.id)?.revision === each.liveRevision ? [] : [each.id]))
  }
  function coverage(databaseId: string, versionId: string): VersionCoverage {
    const published = state.published.get(versionId)
    const held = answering(databaseId).flatMap((each) => {
      const one = published?.get(each.id)
      return one === undefined || one.revision !== each.liveRevision ? [] : [one]
    })
    const sum = (of: 'chunks' | 'tokens') => held.reduce((total, one) => total + one[of], 0)
    return { documents: held.length, chunks: sum('chunks'), tokens: sum('tokens') }
  }

  return {
    ...memoryDocuments(state, find),
    ...memoryShares(state, find),
    async createDatabase({ ownerId, name, description, weights, settings, answers }) {
      if (byName(ownerId, name) !== undefined) throw new AppError('database/exists', { name })
      const [id, versionId, time] = [newId('db'), newId('ver'), now()]
      const database: Database = {
        id,
        ownerId,
        name,
        description,
        weights,
        answers: { ...DEFAULT_ANSWERS, ...answers },
        liveVersionId: versionId,
        state: 'live',
        createdAt: time,
        updatedAt: time,
        activeAt: time,
      }
      const version: IndexVersion = {
        id: versionId,
        databaseId: id,
        ordinal: 1,
        settings,
        state: 'live',
        createdAt: time,
        builtAt: undefined,
        switchedAt: time,
      }
      state.databases.set(id, database)
      state.versions.set(versionId, version)
      return { database, version }
    },
    async database(ownerId, idOrName) {
      const known = state.databases.get(idOrName)
      if (known?.ownerId === ownerId && known.state === 'live') return known
      return byName(ownerId, idOrName) ?? find(ownerId, idOrName)
    },
    async databaseById(id) {
      const database = state.databases.get(id)
      if (database === undefined) throw new AppError('database/not-found', { database: id })
      return database
    },
    async updateDatabase(ownerId, id, change) {
      const time = now()
      const before = find(ownerId, id)
      const changed = { ...before, ...change, answers: { ...before.answers, ...change.answers }, updatedAt: time, activeAt: time }
      const taken = byName(ownerId, changed.name)
      if (taken !== undefined && taken.id !== id) throw new AppError('database/exists', { name: changed.name })
      state.databases.set(id, { ...changed, description: changed.description === '' ? undefined : changed.description })
      return find(ownerId, id)
    },
    async removeDatabase(ownerId, id) {
      const time = now()
      state.databases.set(id, { ...find(ownerId, id), state: 'deleting', updatedAt: time, activeAt: time })
      for (const job of state.jobs.values()) {
        if (job.databaseId !== id) continue
        if (job.state === 'queued') changeJob(state, job.id, { state: 'cancelled', cancelRequested: true })
        if (job.state === 'running') changeJob(state, job.id, { cancelRequested: true })
      }
      return addJob(state, { kind: 'drop', ownerId, databaseId: id, documentId: undefined, revision: undefined, versionId: undefined })
    },
    async forgetDatabase(id) {
      if (state.databases.get(id)?.state !== 'deleting') return []
      const documents = [...state.documents.values()].filter((document) => document.databaseId === id)
      for (const document of documents) state.documents.delete(document.id)
      for (const version of versionsOf(id)) {
        state.versions.delete(version.id)
        state.published.delete(version.id)
      }
      for (const [place, share] of state.shares) if (share.databaseId === id) state.shares.delete(place)
      state.databases.delete(id)
      const blobs = documents.flatMap((document) => [document.sha256, document.extractedSha256, document.nextExtractedSha256])
      return [...new Set(blobs.filter((sha256) => sha256 !== undefined))]
    },

    async versions(databaseId) {
      return versionsOf(databaseId).filter((version) => version.state !== 'dropped') // maps keep the order of creation
    },
    async droppedVersions(databaseId) {
      return versionsOf(databaseId).filter((version) => version.state === 'dropped')
    },
    async version(id) {
      return versionById(id)
    },
    async createVersion(databaseId, settings, kind = 'switch') {
      const database = findLive(databaseId)
      assertNoneBuilding(databaseId)
      if (kind === 'build') assertRoomBeside(databaseId)
      const id = newId('ver')
      const ordinal = versionsOf(databaseId).length + 1
      const version: IndexVersion = { id, databaseId, ordinal, settings, state: 'building', createdAt: now(), builtAt: undefined, switchedAt: undefined }
      state.versions.set(id, version)
      return { version, job: versionJob(kind, database, id) }
    },
    async settleVersion(databaseId, versionId) {
      const { id } = findLive(databaseId)
      const version = versionById(versionId)
      if (version.databaseId !== id) throw new AppError('version/not-found', { version: versionId })
      if (version.state !== 'building' || isAnswering(version)) return true
      if (missingIn(databaseId, versionId).length > 0) return false
      changeVersion(state, versionId, { state: 'built', builtAt: now() })
      return true
    },
    async coverage(databaseId, versionId) {
      return coverage(databaseId, versionId)
    },
    async coverages(databaseId) {
      return new Map(versionsOf(databaseId).flatMap(({ id, state: now }) => (now === 'dropped' ? [] : [[id, coverage(databaseId, id)] as const])))
    },
    async removeVersion(databaseId, versionId) {
      const database = findLive(databaseId)
      const version = versionById(versionId)
      if (version.databaseId !== databaseId || version.state === 'dropped') throw new AppError('version/not-found', { version: versionId })
      if (version.state === 'live') throw new AppError('version/live', { version: versionId })
      if (version.state === 'building') throw new AppError('database/busy', { database: databaseId, version: versionId })
      changeVersion(state, versionId, { state: 'dropped' })
      state.published.delete(versionId)
      return versionJob('drop', database, versionId)
    },
    async requestSwitch(databaseId, versionId) {
      const database = findLive(databaseId)
      const version = versionById(versionId)
      if (version.databaseId !== databaseId) throw new AppError('version/not-found', { version: versionId })
      assertNoneBuilding(databaseId)
      if (version.state !== 'retired' && version.state !== 'built') throw new AppError('version/not-found', { version: versionId, state: version.state })
      changeVersion(state, versionId, { state: 'building' })
      return versionJob('switch', database, versionId)
    },
    async switchLive(databaseId, versionId) {
      const database = findLive(databaseId)
      const version = versionById(versionId)
      if (version.databaseId !== databaseId || version.state === 'dropped') throw new AppError('version/not-found', { version: versionId })
      if (version.state === 'live') return { switched: true, missing: [] }
      const missing = missingIn(databaseId, versionId)
      if (missing.length > 0) return { switched: false, missing: missing.sort().slice(0, MISSING_LIMIT) }
      changeVersion(state, database.liveVersionId, { state: 'retired' })
      changeVersion(state, versionId, { state: 'live', switchedAt: now() })
      const time = now()
      state.databases.set(databaseId, { ...database, liveVersionId: versionId, updatedAt: time, activeAt: time })
      for (const [id, counts] of state.published.get(versionId) ?? []) {
        if (state.documents.get(id)?.liveRevision !== undefined) changeDocument(state, id, { chunks: counts.chunks, tokens: counts.tokens })
      }
      return { switched: true, missing: [] }
    },
    async setVersionState(id, wanted) {
      const version = versionById(id)
      if (version.state === wanted) return
      const purged = wanted === 'dropped' && state.databases.get(version.databaseId)?.state === 'deleting'
      if ((version.state === 'live' && !purged) || wanted === 'live') throw new AppError('version/stale', { version: id, state: version.state })
      if (wanted === 'building') assertNoneBuilding(version.databaseId)
      changeVersion(state, id, { state: wanted })
      if (wanted === 'dropped') state.published.delete(id)
    },

    async recall(ownerId, key) {
      const reply = state.replies.get(replyKey(ownerId, key))
      if (reply === undefined || reply.expiresAt <= now()) return undefined
      return { fingerprint: reply.fingerprint, status: reply.status, body: reply.body }
    },
    async remember(ownerId, key, reply) {
      for (const [known, { expiresAt }] of state.replies) if (expiresAt <= now()) state.replies.delete(known)
      const place = replyKey(ownerId, key)
      if (!state.replies.has(place)) state.replies.set(place, { ...reply, expiresAt: now() + REMEMBER_MS })
    },
    async check() {
      for (const database of state.databases.values()) {
        const live = versionsOf(database.id).filter((version) => version.state === 'live')
        if (database.state === 'live' && (live.length !== 1 || live[0]?.id !== database.liveVersionId)) {
          throw new AppError('store/damaged', { database: database.id, reason: 'not exactly one live version' })
        }
      }
    },
    async close() {
      for (const map of [state.databases, state.versions, state.documents, state.published, state.jobs, state.replies, state.shares, state.speeds]) map.clear()
    },
  }
}

function replyKey(ownerId: string, key: string): string {
  return JSON.stringify([ownerId, key])
}
