import { AppError, type Client, type Reply } from 'quarry-engine/client'
import { resumableUpload } from 'quarry-engine/client/resumable'
import { isHalting, mayPass, waitAfter } from './faults.ts'
import { fingerprintOf, sha256Of } from './fingerprint.ts'

export type Taken = Reply<'addDocuments'>['documents'][number]

export interface ToSend {
  readonly path: string
  readonly file: File
}

/** Why something failed and what to do about it, as the server words it. */
export type Problem = NonNullable<Reply<'getDocument'>['error']>

export type Sent = { readonly path: string; readonly taken: Taken } | { readonly path: string; readonly problem: Problem }

/** Smaller files travel together: a thousand notes are fifty requests, not three thousand. */
export const TOGETHER_BELOW_BYTES = 1_000_000
export const FILES_TOGETHER = 20
/** Before so much is sent again, it is asked whether the server has it. Beyond the upper end hashing would fill the memory. */
const ASKED_FROM_BYTES = 8_000_000
const ASKED_TO_BYTES = 300_000_000
const RETRIES = 8
const LONGEST_WAIT_MS = 30_000

/**
 * Sends a few small files in one request, or one large file in pieces. Faults of single files are told in the list.
 * @throws AppError that holds for all files (see `isHalting`); the reason of the signal
 */
export async function sendFiles(
  client: Client,
  databaseId: string,
  batch: readonly ToSend[],
  signal: AbortSignal,
  onProgress: (path: string, sent: number) => void,
): Promise<readonly Sent[]> {
  const [first] = batch
  if (first === undefined) return []
  if (batch.length === 1 && first.file.size > TOGETHER_BELOW_BYTES)
    return [await sendLarge(client, databaseId, first, signal, (sent) => onProgress(first.path, sent))]
  return sendTogether(client, databaseId, batch, signal)
}

async function sendTogether(client: Client, databaseId: string, batch: readonly ToSend[], signal: AbortSignal): Promise<readonly Sent[]> {
  const read = await Promise.all(batch.map(opened))
  const unreadable = read.filter((one): one is Sent => 'problem' in one)
  const files = read.filter((one) => 'content' in one)
  if (files.length === 0) return unreadable
  try {
    const content = files.map(({ path, content }) => ({ name: path, externalId: path, content }))
    const reply = await again(() => client.upload('addDocuments', { parameters: { database: databaseId }, fields: {}, files: content, signal }), signal)
    const taken = new Map(reply.documents.map((one) => [one.document.external_id, one]))
    const refused = new Map(reply.refused.map(({ name, error }) => [name, error]))
    return [...unreadable, ...files.map(({ path }) => sentOf(path, taken.get(path), refused.get(path)))]
  } catch (fault) {
    if (signal.aborted || isHalting(fault) || !(fault instanceof AppError)) throw fault
    if (batch.length === 1) return [{ path: batch[0]?.path ?? '', problem: fault.body() }]
    // One of them made the request fail: each for itself tells which.
    const each: Sent[] = [...unreadable]
    for (const { path } of files)
      each.push(
        ...(await sendTogether(
          client,
          databaseId,
          batch.filter((one) => one.path === path),
          signal,
        )),
      )
    return each
  }
}

function sentOf(path: string, taken: Taken | undefined, problem: Problem | undefined): Sent {
  if (taken !== undefined) return { path, taken }
  return { path, problem: problem ?? new AppError('internal', { reason: 'the server did not say what became of the file' }).body() }
}

function gone(path: string, cause: unknown): Sent {
  return { path, problem: new AppError('request/invalid', { file: path, reason: 'the file changed or is gone since it was chosen' }, cause).body() }
}

/** Small files are read first: whether the network or the file is at fault could not be told apart later. */
async function opened({ path, file }: ToSend): Promise<Sent | { readonly path: string; readonly content: Blob }> {
  try {
    return { path, content: new Blob([await file.arrayBuffer()], { type: file.type }) }
  } catch (cause) {
    return gone(path, cause)
  }
}

async function sendLarge(client: Client, databaseId: string, { path, file }: ToSend, signal: AbortSignal, onProgress: (sent: number) => void): Promise<Sent> {
  try {
    const known = await alreadyThere(client, databaseId, path, file, signal)
    if (known !== undefined) return { path, taken: known }
    const sending = { name: path, externalId: path, content: file, fingerprint: await fingerprintOf(file) }
    const reply = await resumableUpload(client, { database: databaseId }, sending, { signal, onProgress, pieceBytes: 4 * 1024 * 1024 })
    return sentOf(path, reply.documents[0], reply.refused[0]?.error)
  } catch (fault) {
    if (signal.aborted || isHalting(fault)) throw fault
    return fault instanceof AppError ? { path, problem: fault.body() } : gone(path, fault)
  }
}

/** The document that holds exactly this file, when the same was sent before: then nothing needs to travel. */
async function alreadyThere(client: Client, databaseId: string, path: string, file: File, signal: AbortSignal): Promise<Taken | undefined> {
  if (file.size < ASKED_FROM_BYTES || file.size > ASKED_TO_BYTES) return undefined
  const { documents } = await again(
    () => client.call('listDocuments', { parameters: { database: databaseId }, query: { search: path.slice(-200), limit: 20 }, signal }),
    signal,
  )
  const document = documents.find((one) => one.external_id === path && one.size === file.size && one.state !== 'failed')
  if (document === undefined || document.error !== null || document.sha256 !== (await sha256Of(file))) return undefined
  return { document, outcome: 'unchanged', job_id: null }
}

async function again<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
  for (let faults = 1; ; faults += 1) {
    try {
      return await work()
    } catch (fault) {
      signal.throwIfAborted()
      if (!mayPass(fault) || faults > RETRIES) throw fault
      await pause(waitAfter(fault, faults, LONGEST_WAIT_MS), signal)
    }
  }
}

export function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const leave = () => {
      clearTimeout(timer)
      reject(signal.reason)
    }
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', leave)
      resolve()
    }, milliseconds)
    signal.addEventListener('abort', leave, { once: true })
    if (signal.aborted) leave()
  })
}
