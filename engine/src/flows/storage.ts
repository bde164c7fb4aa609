import type { Caller } from '../domain/caller.ts'
import type { Document } from '../domain/document.ts'
import { AppError } from '../domain/errors.ts'
import type { Job } from '../domain/job.ts'
import type { StoredBlob } from '../ports/blobs.ts'
import type { World } from '../ports/world.ts'
import { accountAllowance } from './allowance.ts'

// How much an account may store: the owner of a database pays for what is uploaded into it, whoever uploads it.

type StorageWorld = Pick<World, 'accounts' | 'keys' | 'ledger' | 'now'>
type UploadWorld = StorageWorld & Pick<World, 'catalog'>

interface UploadPlace {
  readonly databaseId: string
  readonly externalId: string
}

/** Bytes that may still be stored in an account's databases; may be below nothing. Undefined: no limit. */
async function roomOf(world: StorageWorld, accountId: string): Promise<number | undefined> {
  const { limits } = await accountAllowance(world, accountId)
  return limits.storedBytes === undefined ? undefined : limits.storedBytes - (await world.ledger.storedBytes(accountId))
}

/** @throws AppError limit/storage when `bytes` more do not fit */
export async function assertRoom(world: StorageWorld, accountId: string, bytes: number): Promise<void> {
  const room = await roomOf(world, accountId)
  if (room !== undefined && bytes > Math.max(0, room)) throw storageFull(room, bytes)
}

/**
 * The largest file that still fits there, before a byte of it is taken; undefined when there is no limit. What takes the
 * place of a document may be as large as that.
 * @throws AppError limit/storage when nothing fits
 */
export async function roomForUpload(world: UploadWorld, caller: Caller, place: UploadPlace): Promise<number | undefined> {
  if (caller.kind === 'operator') return undefined
  const room = await roomOf(world, caller.ownerId)
  if (room === undefined) return undefined
  const former = await formerOf(world, caller, place)
  if (former === undefined && room <= 0) throw storageFull(room)
  return Math.max(0, room) + (former?.size ?? 0)
}

/** For an upload whose size is told before it comes. @throws AppError limit/storage */
export async function assertUploadFits(world: UploadWorld, caller: Caller, place: UploadPlace, size: number): Promise<void> {
  const room = await roomForUpload(world, caller, place)
  if (room !== undefined && size > room) throw storageFull(room, size)
}

/** @throws AppError limit/storage past `room`, request/too-large past `maxBytes` */
export async function putWithin(
  world: Pick<World, 'blobs'>,
  content: AsyncIterable<Uint8Array>,
  maxBytes: number,
  room: number | undefined,
): Promise<StoredBlob> {
  if (room === undefined || room >= maxBytes) return world.blobs.put(content, { maxBytes })
  try {
    return await world.blobs.put(content, { maxBytes: room })
  } catch (error) {
    if (error instanceof AppError && error.code === 'request/too-large') throw storageFull(room)
    throw error
  }
}

/** Commits an upload when it still fits: of two that fit alone but not together one is refused. @throws AppError limit/storage */
export function accepted<T>(world: UploadWorld, caller: Caller, place: UploadPlace, blob: StoredBlob, commit: () => Promise<T>): Promise<T> {
  if (caller.kind === 'operator') return commit()
  return inTurn(world, caller.ownerId, async () => {
    const room = await roomOf(world, caller.ownerId)
    if (room !== undefined) {
      const former = await formerOf(world, caller, place)
      const more = former?.sha256 === blob.sha256 ? 0 : blob.size - (former?.size ?? 0)
      if (more > Math.max(0, room)) throw storageFull(room, more)
    }
    return commit()
  })
}

async function formerOf(world: Pick<World, 'catalog'>, caller: Caller, { databaseId, externalId }: UploadPlace): Promise<Document | undefined> {
  try {
    return await world.catalog.document(caller.ownerId, databaseId, externalId)
  } catch (error) {
    if (error instanceof AppError && error.code === 'document/not-found') return undefined
    throw error
  }
}

function storageFull(room: number, bytes?: number): AppError {
  return new AppError('limit/storage', { room_bytes: Math.max(0, room), ...(bytes === undefined ? {} : { wanted_bytes: bytes }) })
}

/** The last of the works that were handed in for an account; by the ledger, as worlds may be put together anew around it. */
const queues = new WeakMap<object, Map<string, Promise<unknown>>>()

/** One after the other for each account. */
function inTurn<T>(world: Pick<World, 'ledger'>, accountId: string, work: () => Promise<T>): Promise<T> {
  const queue = queues.get(world.ledger) ?? new Map<string, Promise<unknown>>()
  queues.set(world.ledger, queue)
  const mine = (queue.get(accountId) ?? Promise.resolve()).then(work, work)
  queue.set(accountId, mine)
  const leave = () => {
    if (queue.get(accountId) === mine) queue.delete(accountId)
  }
  mine.then(leave, leave)
  return mine
}

/** After work that changed what a database holds: the next flush notes it for the day. */
export function noteStorage(world: Pick<World, 'ledger'>, { ownerId, databaseId }: Pick<Job, 'ownerId' | 'databaseId'>): void {
  world.ledger.count({ accountId: ownerId, databaseId, keyId: undefined, visitorId: undefined, publicationId: undefined }, {})
}
