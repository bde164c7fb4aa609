import type { ReplyOf } from '../api/route.ts'
import type { Routes } from '../api/routes.ts'
import type { Client } from '../client/client.ts'
import { AppError } from '../domain/errors.ts'
import type { Session } from './session.ts'
import { bytes, cut, duration, paint, plural, printable, quoted, say, table, wrap } from './show.ts'
import { widthOf } from './width.ts'
import { hintOf, sentenceOf } from './words.ts'

type Job = ReplyOf<Routes['getJob']>
type Database = ReplyOf<Routes['getDatabase']>
type Document = ReplyOf<Routes['getDocument']>

interface AsJson {
  readonly json?: boolean
}

export async function allDatabases({ client, signal }: Pick<Session, 'client' | 'signal'>): Promise<Database[]> {
  const databases: Database[] = []
  let cursor: string | undefined
  do {
    const page = await client.call('listDatabases', { query: { limit: 200, ...(cursor === undefined ? {} : { cursor }) }, signal })
    databases.push(...page.databases)
    cursor = page.next_cursor ?? undefined
  } while (cursor !== undefined)
  return databases
}

export async function listDatabases(session: Session, options: AsJson): Promise<void> {
  const { command } = session
  const databases = await allDatabases(session)
  if (options.json === true) return printJson(databases)
  if (databases.length === 0) return console.log(`There are no databases yet. Make one: ${command} create NAME FILES…`)
  // What others share may have a name twice: then its id is what it is called by.
  const twice = (name: string) => databases.filter((one) => one.name === name).length > 1
  const rows = databases.map((one) => [
    twice(one.name) ? `${one.id} ${printable(one.name)}` : printable(one.name),
    plural(one.documents.ready, 'document'),
    plural(one.chunks, 'chunk'),
    bytes(one.bytes),
    one.mode === 'hybrid' ? `hybrid, ${one.model}` : 'lexical',
    one.access === 'owner' ? '' : `shared with you: ${one.access}`,
    one.documents.failed > 0 ? `${one.documents.failed} failed` : '',
  ])
  console.log(table(rows, { styles: ['bold'], flexible: 0 }))
}

export async function showStatus({ client, command, signal }: Session, database: string, options: AsJson): Promise<void> {
  const { id } = await client.call('getDatabase', { parameters: { database }, signal })
  const status = await client.call('databaseStatus', { parameters: { id }, signal })
  if (options.json === true) return printJson(status)
  const { documents } = status
  const under = documents.queued + documents.processing
  console.log(
    `${paint('bold', printable(status.name))}: ${status.status}, ${status.mode === 'hybrid' ? `hybrid search with ${status.model}` : 'lexical search'}`,
  )
  const counts = [`${documents.ready.toLocaleString('en')} ready`, ...(under > 0 ? [`${under.toLocaleString('en')} on their way`] : [])]
  if (documents.archive > 0) counts.push(`${plural(documents.archive, 'archive')} unpacked`)
  if (documents.failed > 0) counts.push(`${documents.failed.toLocaleString('en')} failed`)
  console.log(`Documents: ${counts.join(', ')}. ${plural(status.chunks, 'chunk')}.`)
  if (status.building !== null) console.log(`Index version ${status.building.ordinal} is being built; the live one answers.`)
  for (const job of status.jobs) console.log(`  ${jobLine(job)}`)
  if (status.failed.length === 0) return
  console.log('')
  for (const { external_id, error } of status.failed) {
    console.log(`${paint('red', 'failed')}  ${printable(external_id)}`)
    if (error !== null) console.log(`${wrap(sentenceOf(error), '        ')}\n${paint('dim', wrap(hintOf(error, command), '        '))}`)
  }
  if (documents.failed > status.failed.length)
    console.log(`and ${documents.failed - status.failed.length} more: ${command} documents ${quoted(database)} --failed`)
}

/** Columns of a documents list beside the name: state, size and chunks, with the blanks between. */
const BESIDE_THE_NAME = 11 + 10 + 13
/** Narrower terminals show the state and the name alone. */
const NARROW = 60

export async function listDocuments(
  { client, command, signal }: Session,
  database: string,
  options: AsJson & { readonly failed?: boolean; readonly search?: string; readonly ids?: boolean },
): Promise<void> {
  // The same for every page of a long list, so that the columns stand.
  const columns = process.stdout.columns ?? 110
  const layout = {
    isNarrow: columns < NARROW,
    name: columns < NARROW ? Math.max(12, columns - 11) : Math.min(60, columns - BESIDE_THE_NAME),
    ids: options.ids === true,
  }
  let cursor: string | undefined
  let count = 0
  do {
    const query = {
      limit: 200,
      ...(options.failed === true ? { state: 'failed' as const } : {}),
      ...(options.search === undefined ? {} : { search: options.search }),
      ...(cursor === undefined ? {} : { cursor }),
    }
    const page = await client.call('listDocuments', { parameters: { database }, query, signal })
    for (const document of page.documents) console.log(options.json === true ? JSON.stringify(document) : documentLine(document, layout))
    count += page.documents.length
    cursor = page.next_cursor ?? undefined
  } while (cursor !== undefined)
  if (options.json === true) return
  if (count > 0) return console.log(paint('dim', plural(count, 'document')))
  if (options.failed === true || options.search !== undefined) return console.log('There are none.')
  console.log(`There are no documents yet. Add some: ${command} add ${quoted(database)} FILES…`)
}

function documentLine(document: Document, layout: { readonly isNarrow: boolean; readonly name: number; readonly ids: boolean }): string {
  const colour = document.state === 'failed' ? 'red' : document.state === 'ready' ? 'green' : 'cyan'
  const name = cut(document.external_id, layout.name)
  const state = paint(colour, document.state.padEnd(10).slice(0, 10))
  const blank = ' '.repeat(Math.max(0, layout.name - widthOf(name)))
  const held = document.state === 'archive' ? '' : plural(document.chunks, 'chunk')
  const line = layout.isNarrow ? `${state} ${name}` : `${state} ${name}${blank}  ${bytes(document.size).padStart(8)}  ${held.padStart(11)}`
  const error = document.error === null ? '' : `\n${paint('dim', wrap(sentenceOf(document.error), '           '))}`
  return `${line}${layout.ids ? `  ${document.id}` : ''}${error}`
}

export async function listVersions({ client, signal }: Session, database: string, options: AsJson): Promise<void> {
  const { versions } = await client.call('listVersions', { parameters: { database }, signal })
  if (options.json === true) return printJson(versions)
  const rows = versions.map(({ ordinal, state, settings, documents, chunks }) => [
    String(ordinal),
    state,
    plural(documents, 'document'),
    plural(chunks, 'chunk'),
    settings.model === 'none' ? 'lexical search' : settings.model,
    `${settings.chunk_size} tokens, overlap ${settings.chunk_overlap}`,
  ])
  console.log(table(rows, { styles: ['bold'], flexible: 4 }))
}

export async function listJobs({ client, signal }: Session, options: AsJson & { readonly database?: string }): Promise<void> {
  const { jobs } = await client.call('listJobs', { query: { limit: 50, ...(options.database === undefined ? {} : { database: options.database }) }, signal })
  if (options.json === true) return printJson(jobs)
  if (jobs.length === 0) return console.log('There are no jobs.')
  const names = new Map<string, string>()
  for (const job of jobs) {
    const subject = await subjectOf(client, job, names, signal)
    console.log(jobLine(job, subject))
  }
}

/** What a job works at, by name; empty when that is gone. */
async function subjectOf(client: Client, job: Job, names: Map<string, string>, signal: AbortSignal): Promise<string> {
  const nameOf = async (key: string, find: () => Promise<string>): Promise<string> => {
    const known = names.get(key)
    if (known !== undefined) return known
    const name = await find().catch((error: unknown) => {
      if (error instanceof AppError && error.status === 404) return ''
      throw error
    })
    names.set(key, name)
    return name
  }
  const database = await nameOf(job.database_id, async () => (await client.call('getDatabase', { parameters: { database: job.database_id }, signal })).name)
  const { document_id: document } = job
  if (database === '' || document === null) return database
  const name = await nameOf(
    document,
    async () => (await client.call('getDocument', { parameters: { database: job.database_id, document }, signal })).external_id,
  )
  return name === '' ? database : `${database}: ${name}`
}

/** Prints the progress of a job until it ends. @returns the ended job */
export async function followJob({ client, signal }: Pick<Session, 'client' | 'signal'>, job: string): Promise<Job | undefined> {
  const stream = process.stderr
  let last: Job | undefined
  for await (const { event, data } of client.stream('jobEvents', { parameters: { job }, signal })) {
    if (event === 'failed') break
    last = data
    if (stream.isTTY) stream.write(`\r${cut(`${WORK[data.kind]}: ${progressOf(data)}`, (stream.columns ?? 80) - 1)}\u001b[K`)
  }
  if (stream.isTTY) stream.write('\r\u001b[K')
  return last
}

/** Follows a job and prints what became of it. @returns the exit code */
export async function followToEnd(session: Session, job: string, done: string): Promise<number> {
  const ended = await followJob(session, job)
  if (ended?.state === 'done') {
    console.log(`${done} (${duration(Date.parse(ended.updated_at) - Date.parse(ended.created_at))})`)
    return 0
  }
  if (ended?.state === 'cancelled') console.log('Cancelled. Nothing has changed.')
  else if (ended?.error != null) say(`${sentenceOf(ended.error)}\n${hintOf(ended.error, session.command)}`)
  return 1
}

const WORK: Readonly<Record<Job['kind'], string>> = { ingest: 'Indexing', remove: 'Removing', drop: 'Deleting', switch: 'Building', build: 'Building' }

function progressOf(job: Job): string {
  if (job.state === 'queued') return 'waiting'
  return job.total > 0 ? `${job.stage}, ${job.done.toLocaleString('en')} of ${job.total.toLocaleString('en')}` : job.stage
}

export function jobLine(job: Job, subject = ''): string {
  const colour = job.state === 'failed' ? 'red' : job.state === 'done' ? 'green' : 'cyan'
  const progress = job.state === 'running' ? ` (${progressOf(job)})` : ''
  const error = job.error === null ? '' : `\n${wrap(sentenceOf(job.error), '      ')}`
  const line = `${job.id}  ${job.kind.padEnd(6)}  ${paint(colour, job.state.padEnd(9))}`
  const told = `${line}${progress}${subject === '' ? '' : `  ${cut(subject, Math.max(20, (process.stdout.columns ?? 110) - 58))}`}`
  return `${told.trimEnd()}${error}`
}

export function printJson(value: unknown): void {
  console.log(JSON.stringify(value, undefined, 2))
}
