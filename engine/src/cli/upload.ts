import { openAsBlob } from 'node:fs'
import type { ReplyOf } from '../api/route.ts'
import type { Routes } from '../api/routes.ts'
import type { Client, ClientFile } from '../client/client.ts'
import type { Metadata } from '../domain/metadata.ts'
import type { LocalFile } from './files.ts'
import { type FileProgress, progressView } from './progress.ts'
import { bytes, duration, paint, plural, printable } from './show.ts'

type Document = ReplyOf<Routes['getDocument']>
type Job = ReplyOf<Routes['getJob']>

/** Files in one request: few enough that a request that fails repeats little. */
const FILES_PER_REQUEST = 20
const BYTES_PER_REQUEST = 200_000_000

/**
 * Uploads files and follows them until each is indexed or has failed; prints progress and a summary.
 * @returns how many failed
 */
export async function uploadAndFollow(client: Client, database: string, files: readonly LocalFile[], metadata: Metadata, signal: AbortSignal): Promise<number> {
  const started = Date.now()
  const view = progressView(() => files.length)
  const names = new Map<string, string>()
  const refused: { name: string; code: string; message: string; hint: string }[] = []
  const ids: string[] = []
  try {
    for (const batch of batches(files)) {
      const sent = await client.upload('addDocuments', {
        parameters: { database },
        fields: {},
        files: await Promise.all(batch.map((file) => opened(file, metadata))),
        signal,
      })
      for (const { document, outcome, job_id } of sent.documents) {
        names.set(document.id, document.external_id)
        ids.push(document.id)
        if (job_id === null) view.update(document.id, { name: document.external_id, step: 'indexed', detail: outcome })
        else view.update(document.id, { name: document.external_id, step: 'stored', detail: bytes(document.size) })
      }
      for (const { name, error } of sent.refused) {
        refused.push({ name, ...error })
        view.update(`refused ${name}`, { name, step: 'failed', detail: error.code })
      }
    }
    await follow(client, database, names, view, signal)
    const documents = await fetchAll(client, database, ids, signal)
    for (const document of documents) view.update(document.id, progressOf(document))
    view.close()
    return summarise(documents, refused, files, Date.now() - started)
  } finally {
    view.close()
  }
}

async function follow(client: Client, database: string, names: Map<string, string>, view: ReturnType<typeof progressView>, signal: AbortSignal): Promise<void> {
  for await (const { event, data } of client.stream('databaseEvents', { parameters: { database }, signal })) {
    if (event !== 'job' || data.document_id === null || data.kind !== 'ingest') continue
    const name = names.get(data.document_id)
    if (name !== undefined) view.update(data.document_id, { name, ...stepOf(data) })
  }
}

/** Ended jobs are shown as still running: what became of the document is told by the document itself. */
function stepOf(job: Job): Pick<FileProgress, 'step' | 'detail'> {
  const count = (unit: string) => (job.total > 0 ? `${job.done} of ${plural(job.total, unit)}` : job.done > 0 ? plural(job.done, unit) : '')
  switch (job.stage) {
    case 'extract':
      return { step: 'reading', detail: count('page') }
    case 'unpack':
      return { step: 'reading', detail: count('entry') }
    case 'chunk':
      return { step: 'read', detail: '' }
    case 'embed':
      return { step: 'embedding', detail: count('chunk') }
    case 'index':
    case 'publish':
      return { step: 'indexing', detail: count('chunk') }
    default:
      return { step: 'stored', detail: job.attempts > 1 ? `attempt ${job.attempts}` : '' }
  }
}

function progressOf(document: Document): FileProgress {
  const name = document.external_id
  if (document.state === 'ready' && document.error === null) {
    const pages = document.pages === null ? '' : `${plural(document.pages, 'page')}, `
    const warnings = document.warnings.length === 0 ? '' : `, ${plural(document.warnings.length, 'warning')}: ${document.warnings[0]}`
    return { name, step: 'indexed', detail: `${pages}${plural(document.chunks, 'chunk')}${warnings}` }
  }
  if (document.state === 'archive') return { name, step: 'unpacked', detail: '' }
  return { name, step: 'failed', detail: document.error?.code ?? document.state }
}

async function fetchAll(client: Client, database: string, ids: readonly string[], signal: AbortSignal): Promise<Document[]> {
  const wanted = new Set(ids)
  const found: Document[] = []
  let cursor: string | undefined
  do {
    const page = await client.call('listDocuments', { parameters: { database }, query: { limit: 200, ...(cursor === undefined ? {} : { cursor }) }, signal })
    // Entries of an archive are documents of their own: they belong to the upload too.
    found.push(...page.documents.filter((document) => wanted.has(document.id) || (document.parent_id !== null && wanted.has(document.parent_id))))
    cursor = page.next_cursor ?? undefined
  } while (cursor !== undefined)
  return found
}

function summarise(
  documents: readonly Document[],
  refused: readonly { name: string; code: string; message: string; hint: string }[],
  files: readonly LocalFile[],
  took: number,
): number {
  const ready = documents.filter((document) => document.state === 'ready' && document.error === null)
  const problems = [...documents.flatMap(({ external_id: name, error }) => (error === null ? [] : [{ name, ...error }])), ...refused]
  const size = files.reduce((total, file) => total + file.size, 0)
  const chunks = ready.reduce((total, document) => total + document.chunks, 0)
  console.error(`\n${paint('bold', plural(ready.length, 'document'))} indexed, ${plural(chunks, 'chunk')}, ${bytes(size)} in ${duration(took)}`)
  if (problems.length === 0) return 0
  console.error(paint('red', `${plural(problems.length, 'file')} could not be read:`))
  for (const { name, message, hint } of problems) console.error(`  ${printable(name)}\n    ${printable(message)}\n    ${paint('dim', hint)}`)
  return problems.length
}

/** Read from the disk as it is sent, never held in memory. */
export async function opened(file: LocalFile, metadata?: Metadata): Promise<ClientFile> {
  const { path, externalId } = file
  return { name: externalId, externalId, content: await openAsBlob(path), ...(metadata === undefined ? {} : { metadata }) }
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
