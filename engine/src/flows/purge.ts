import { type IndexVersion, NO_EMBEDDER } from '../domain/database.ts'
import { AppError } from '../domain/errors.ts'
import type { Job } from '../domain/job.ts'
import type { World } from '../ports/world.ts'
import { refOf } from './index-document.ts'
import { removeFromIndexes } from './remove.ts'

/** The `remove` job: takes a hidden document out of every store, then forgets its row. Each step is safe to run again. */
export async function purgeDocument(world: World, job: Job): Promise<void> {
  const document = job.documentId === undefined ? undefined : await world.catalog.documentById(job.documentId)
  if (document === undefined) return
  await removeFromIndexes(world, document.databaseId, [document.id])
  world.reach('remove/indexes-purged')
  await world.catalog.forgetDocument(document.id)
  world.reach('remove/forgotten')
  await releaseBlobs(world, [document.sha256, document.extractedSha256])
}

/** The `drop` job: deletes every index version and every document of a hidden database. */
export async function purgeDatabase(world: World, job: Job, hold: (done: number, total: number) => Promise<void>): Promise<void> {
  await dropLeftovers(world, job.databaseId)
  for (const version of await world.catalog.versions(job.databaseId)) {
    await dropStores(world, version)
    await world.catalog.setVersionState(version.id, 'dropped')
    world.reach('drop/version-dropped')
  }
  const blobs = await world.catalog.forgetDatabase(job.databaseId)
  world.reach('drop/forgotten')
  for (const [index, sha256] of blobs.entries()) {
    await releaseBlobs(world, [sha256])
    if (index % 100 === 0) await hold(index, blobs.length)
  }
}

/** The `drop` job of one version: deletes the files of what the catalog dropped. Fine when its database went away meanwhile. */
export async function purgeVersion(world: World, versionId: string): Promise<void> {
  try {
    const version = await world.catalog.version(versionId)
    if (version.state === 'dropped') await dropStores(world, version)
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'version/not-found') throw error
  }
}

/** A job that was cancelled while it waited has no worker to clean up after it: the files of its version stay until then. */
export async function dropLeftovers(world: World, databaseId: string): Promise<void> {
  for (const version of await world.catalog.droppedVersions(databaseId)) await dropStores(world, version)
}

export async function dropStores(world: World, version: IndexVersion): Promise<void> {
  const ref = refOf(version)
  if (version.settings.embedder !== NO_EMBEDDER) await world.vectors.drop(ref)
  await world.chunks.drop(ref)
}

/** An upload takes less time than this from its stored blob to its committed row. */
export const UPLOAD_GRACE_MS = 10 * 60_000

/** Removes blobs that no document refers to any more; those put just now are left to the sweep. */
export async function releaseBlobs(world: World, keys: readonly (string | undefined)[]): Promise<void> {
  for (const sha256 of new Set(keys)) {
    if (sha256 !== undefined && !(await world.catalog.blobInUse(sha256))) await world.blobs.remove(sha256, { idleMs: UPLOAD_GRACE_MS })
  }
}

/** Removes blobs that a kill left without an owner; younger ones may belong to an upload under way. Returns how many. */
export async function sweepBlobs(world: World, graceMs: number): Promise<number> {
  let removed = 0
  for await (const { sha256, storedAt } of world.blobs.keys()) {
    if (storedAt > world.now() - graceMs || (await world.catalog.blobInUse(sha256))) continue
    if (await world.blobs.remove(sha256, { idleMs: graceMs })) removed += 1
  }
  return removed
}
