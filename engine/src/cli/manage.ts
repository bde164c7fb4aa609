import { openAsBlob } from 'node:fs'
import { basename } from 'node:path'
import type { ReplyOf } from '../api/route.ts'
import type { Routes } from '../api/routes.ts'
import type { Client } from '../client/client.ts'
import { bytes, cut, paint, plural, printable, table } from './show.ts'

type Job = ReplyOf<Routes['getJob']>

export async function listDatabases(client: Client, signal: AbortSignal): Promise<void> {
  const { databases } = await client.call('listDatabases', { query: { limit: 200 }, signal })
  if (databases.length === 0) return console.log('There are no databases yet. Make one: quarry create NAME FILES…')
  const rows = databases.map((one) => [
    printable(one.name),
    plural(one.documents.ready, 'document'),
    plural(one.chunks, 'chunk'),
    bytes(one.bytes),
    one.mode === 'hybrid' ? `hybrid, ${one.model}` : 'lexical',
    one.documents.failed > 0 ? `${one.documents.failed} failed` : '',
  ])
  console.log(table(rows, ['bold']))
}

export async function showStatus(client: Client, database: string, signal: AbortSignal): Promise<void> {
  const { id } = await client.call('getDatabase', { parameters: { database }, signal })
  const status = await client.call('databaseStatus', { parameters: { id }, signal })
  const { documents } = status
  console.log(`${paint('bold', printable(status.name))}  ${status.status}, ${status.mode === 'hybrid' ? `hybrid with ${status.model}` : 'lexical'}`)
  console.log(
    `${documents.ready} ready, ${documents.queued + documents.processing} on their way, ${documents.failed} failed; ${plural(status.chunks, 'chunk')}`,
  )
  if (status.building !== null) console.log(`Building index version ${status.building.ordinal}`)
  for (const job of status.jobs) console.log(`  ${jobLine(job)}`)
  for (const { external_id, error } of status.failed)
    console.log(`  ${paint('red', 'failed')} ${printable(external_id)}: ${error === null ? '' : `${printable(error.message)} ${paint('dim', error.hint)}`}`)
}

export async function listDocuments(
  client: Client,
  database: string,
  options: { readonly failed?: boolean; readonly search?: string },
  signal: AbortSignal,
): Promise<void> {
  let cursor: string | undefined
  do {
    const query = {
      limit: 200,
      ...(options.failed === true ? { state: 'failed' as const } : {}),
      ...(options.search === undefined ? {} : { search: options.search }),
      ...(cursor === undefined ? {} : { cursor }),
    }
    const page = await client.call('listDocuments', { parameters: { database }, query, signal })
    const rows = page.documents.map((one) => [
      one.id,
      one.state,
      cut(one.external_id, 60),
      bytes(one.size),
      plural(one.chunks, 'chunk'),
      one.error === null ? '' : one.error.code,
    ])
    if (rows.length > 0) console.log(table(rows, ['dim']))
    cursor = page.next_cursor ?? undefined
  } while (cursor !== undefined)
}

export async function listVersions(client: Client, database: string, signal: AbortSignal): Promise<void> {
  const { versions } = await client.call('listVersions', { parameters: { database }, signal })
  const rows = versions.map(({ id, ordinal, state, settings }) => [
    String(ordinal),
    state,
    settings.model,
    `${settings.chunk_size} tokens, overlap ${settings.chunk_overlap}`,
    id,
  ])
  console.log(table(rows, ['bold']))
}

export async function listJobs(client: Client, options: { readonly database?: string }, signal: AbortSignal): Promise<void> {
  const { jobs } = await client.call('listJobs', { query: { limit: 50, ...(options.database === undefined ? {} : { database: options.database }) }, signal })
  if (jobs.length === 0) console.log('There are no jobs.')
  for (const job of jobs) console.log(jobLine(job))
}

/** Prints the progress of a job until it ends. @returns the ended job */
export async function followJob(client: Client, job: string, signal: AbortSignal): Promise<Job | undefined> {
  let last: Job | undefined
  for await (const { event, data } of client.stream('jobEvents', { parameters: { job }, signal })) {
    if (event === 'failed') break
    last = data
    if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${jobLine(data)}`)
  }
  if (process.stderr.isTTY) process.stderr.write('\r\u001b[K')
  if (last !== undefined) console.log(jobLine(last))
  return last
}

export async function previewFile(
  client: Client,
  path: string,
  options: { readonly chunkSize?: number; readonly chunkOverlap?: number; readonly json?: boolean },
  signal: AbortSignal,
): Promise<void> {
  const { chunkSize, chunkOverlap } = options
  const fields = { ...(chunkSize === undefined ? {} : { chunk_size: chunkSize }), ...(chunkOverlap === undefined ? {} : { chunk_overlap: chunkOverlap }) }
  const shown = await client.upload('preview', { fields, files: [{ name: basename(path), content: await openAsBlob(path) }], signal })
  if (options.json === true) return console.log(JSON.stringify(shown, undefined, 2))
  console.log(
    `${paint('bold', printable(shown.title ?? basename(path)))}  ${shown.media_type}, ${shown.pages > 0 ? `${plural(shown.pages, 'page')}, ` : ''}${plural(shown.characters, 'character')}, ${plural(shown.chunks.length, 'chunk')}`,
  )
  for (const warning of shown.warnings) console.log(paint('yellow', printable(warning)))
  for (const chunk of shown.chunks) {
    const pages = chunk.pages === null ? '' : chunk.pages[0] === chunk.pages[1] ? `, page ${chunk.pages[0]}` : `, pages ${chunk.pages[0]}-${chunk.pages[1]}`
    console.log(
      `\n${paint('cyan', `#${chunk.ordinal}`)} ${plural(chunk.tokens, 'token')}, characters ${chunk.start}-${chunk.end}${pages}${paint('dim', `  ${printable(chunk.heading_path.join(' › '))}`)}`,
    )
    if (chunk.context !== null) console.log(paint('dim', printable(chunk.context)))
    console.log(printable(chunk.text))
  }
}

export function jobLine(job: Job): string {
  const colour = job.state === 'failed' ? 'red' : job.state === 'done' ? 'green' : 'cyan'
  const progress = job.state === 'running' && job.total > 0 ? ` ${job.done}/${job.total}` : ''
  const error = job.error === null ? '' : ` ${printable(job.error.message)}`
  return `${job.id}  ${job.kind.padEnd(6)} ${paint(colour, job.state)}${job.state === 'running' ? `, ${job.stage}${progress}` : ''}${error}`
}
