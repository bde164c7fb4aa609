import { createHash } from 'node:crypto'
import { openAsBlob } from 'node:fs'
import { stat } from 'node:fs/promises'
import type { ReplyOf } from '../api/route.ts'
import type { Routes } from '../api/routes.ts'
import type { Client, ClientFile } from '../client/client.ts'
import { resumableUpload } from '../client/resumable.ts'
import { AppError } from '../domain/errors.ts'
import type { Metadata } from '../domain/metadata.ts'
import type { LocalFile } from './files.ts'
import type { Problem } from './summary.ts'

/** Files in one request: few enough that a request that fails repeats little. */
const FILES_PER_REQUEST = 20
const BYTES_PER_REQUEST = 200_000_000
/** Larger files go in pieces, also to this machine. Source: less than this is sent again in a second or two. */
const PIECES_ABOVE_BYTES = 16 * 1024 * 1024
/** Source: hides the round trips of small files; more would only share the same line. */
const SIDE_BY_SIDE = 4
/** How much of a file is read to know it again, with its size and time. */
const KNOWN_BY_BYTES = 65_536

export interface Sending {
  readonly client: Client
  readonly database: string
  readonly files: readonly LocalFile[]
  readonly metadata: Metadata
  /** Over a network, where connections break: every file goes in pieces. */
  readonly remote: boolean
  readonly signal: AbortSignal
}

export interface SendingView {
  /** Bytes of a file that have arrived. */
  progress(file: LocalFile, sent: number): void
  taken(documents: ReplyOf<Routes['addDocuments']>['documents']): void
  refused(problem: Problem): void
}

/**
 * Sends files: small ones to this machine many at a time, others in pieces, so that a connection that breaks, and a command
 * that is stopped and run again, go on where they were.
 * @throws AppError when it cannot go on; what was sent before stays
 */
export async function sendFiles(sending: Sending, view: SendingView): Promise<void> {
  const inPieces = (file: LocalFile) => sending.remote || file.size > PIECES_ABOVE_BYTES
  await sendTogether(
    sending,
    sending.files.filter((file) => !inPieces(file)),
    view,
  )
  const stopping = new AbortController()
  const signal = AbortSignal.any([sending.signal, stopping.signal])
  const rest = sending.files.filter(inPieces).values()
  const one = async () => {
    for (const file of rest) await sendInPieces({ ...sending, signal }, file, view)
  }
  try {
    await Promise.all(Array.from({ length: sending.remote ? SIDE_BY_SIDE : 1 }, one))
  } finally {
    stopping.abort() // one that failed ends the others
  }
}

async function sendTogether({ client, database, metadata, signal }: Sending, files: readonly LocalFile[], view: SendingView): Promise<void> {
  for (const batch of batches(files)) {
    for (const file of batch) view.progress(file, 0)
    const content = await Promise.all(batch.map((file) => opened(file, metadata)))
    const sent = await client.upload('addDocuments', { parameters: { database }, fields: {}, files: content, signal })
    view.taken(sent.documents)
    for (const { name, error } of sent.refused) view.refused({ name, ...error })
  }
}

async function sendInPieces({ client, database, metadata, signal }: Sending, file: LocalFile, view: SendingView): Promise<void> {
  view.progress(file, 0)
  const fingerprint = await fingerprintOf(file)
  const onProgress = (sent: number) => view.progress(file, sent)
  try {
    const { documents } = await resumableUpload(client, { database }, { ...(await opened(file, metadata)), fingerprint }, { signal, onProgress })
    view.taken(documents)
  } catch (fault) {
    // What is wrong with this file itself does not hold up the others.
    if (!(fault instanceof AppError) || fault.status !== 422) throw fault
    view.refused({ name: file.externalId, ...fault.body() })
  }
}

/** By what an upload that was cut off is found again: a file that was written to since is another one. */
export async function fingerprintOf({ path }: Pick<LocalFile, 'path'>): Promise<string> {
  const { size, mtimeMs } = await stat(path)
  const start = await (await openAsBlob(path)).slice(0, KNOWN_BY_BYTES).arrayBuffer()
  return createHash('sha256').update(`${size} ${mtimeMs}\n`).update(new Uint8Array(start)).digest('hex')
}

/** Read from the disk as it is sent, never held in memory. */
async function opened(file: LocalFile, metadata: Metadata): Promise<ClientFile> {
  const { path, externalId } = file
  return { name: externalId, externalId, content: await openAsBlob(path), metadata }
}

function* batches(files: readonly LocalFile[]): Generator<LocalFile[]> {
  let batch: LocalFile[] = []
  let size = 0
  for (const file of files) {
    if (batch.length > 0 && (batch.length >= FILES_PER_REQUEST || size + file.size > BYTES_PER_REQUEST)) {
      yield batch
      batch = []
      size = 0
    }
    batch.push(file)
    size += file.size
  }
  if (batch.length > 0) yield batch
}
