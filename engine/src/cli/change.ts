import { AppError } from '../domain/errors.ts'
import type { Metadata } from '../domain/metadata.ts'
import { findFiles, type LocalFile } from './files.ts'
import { followToEnd } from './manage.ts'
import type { Session } from './session.ts'
import { paint, plural, printable, quoted, say } from './show.ts'
import { uploadAndFollow } from './upload.ts'
import { CommandFault } from './words.ts'

interface IndexOptions {
  readonly model?: string
  readonly chunkSize?: number
  readonly chunkOverlap?: number
}

/** Makes a database and waits until every file is indexed or has failed. @returns 1 when nothing could be indexed */
export async function createFromFiles(
  session: Session,
  name: string,
  paths: readonly string[],
  options: IndexOptions & { readonly meta?: Metadata },
): Promise<number> {
  const { client, command, remote, signal } = session
  const files = someFiles(paths)
  const database = await client.call('createDatabase', { body: { name, ...indexBody(options) }, signal }).catch((error: unknown) => {
    if (!(error instanceof AppError) || error.code !== 'database/exists') throw error
    throw new CommandFault(
      `A database with this name exists: ${name}.`,
      `Add the files to it:   ${command} add ${quoted(name)} ${paths.map(quoted).join(' ')}\nor delete it first:    ${command} delete ${quoted(name)} --all`,
    )
  })
  const search = database.mode === 'hybrid' ? `hybrid search with ${database.model}` : `lexical search (no embedding model; see "${command} models")`
  console.error(`${paint('bold', printable(database.name), process.stderr)}: ${plural(files.length, 'file')}, ${search}`)
  const { failed, indexed } = await uploadAndFollow({ client, command, remote, signal, database: database.id, name, files, metadata: options.meta ?? {} })
  if (indexed > 0) say(`\nAsk it: ${command} ask ${quoted(name)} "your question"`)
  else say(`\nThe database is empty: add files with ${command} add ${quoted(name)} FILES…, or delete it with ${command} delete ${quoted(name)} --all`)
  return indexed === 0 && failed > 0 ? 1 : 0
}

/** @returns 1 when every file failed */
export async function addFiles(session: Session, database: string, paths: readonly string[], options: { readonly meta?: Metadata }): Promise<number> {
  const { client, command, remote, signal } = session
  const files = someFiles(paths)
  const { id } = await client.call('getDatabase', { parameters: { database }, signal })
  const { failed, indexed } = await uploadAndFollow({ client, command, remote, signal, database: id, name: database, files, metadata: options.meta ?? {} })
  return indexed === 0 && failed > 0 ? 1 : 0
}

function someFiles(paths: readonly string[]): LocalFile[] {
  const files = findFiles(paths)
  if (files.length > 0) return files
  throw new CommandFault(
    `There are no files in ${paths.join(' ')}.`,
    'Hidden files, links and node_modules are left out. Name a file, a folder or a glob that holds documents.',
  )
}

function indexBody({ model, chunkSize, chunkOverlap }: IndexOptions) {
  return {
    ...(model === undefined ? {} : { model }),
    ...(chunkSize === undefined ? {} : { chunk_size: chunkSize }),
    ...(chunkOverlap === undefined ? {} : { chunk_overlap: chunkOverlap }),
  }
}

export async function retry(session: Session, database: string, document: string): Promise<number> {
  const { job } = await session.client.call('retryDocument', { parameters: { database, document }, signal: session.signal }).catch((error: unknown) => {
    if (!(error instanceof AppError) || error.code !== 'job/finished') throw error
    throw new CommandFault(
      `${document} has not failed: there is nothing to try again.`,
      `"${session.command} documents ${quoted(database)} --failed" lists those that have.`,
    )
  })
  return followToEnd(session, job.id, `${printable(document)} is indexed.`)
}

export async function remove(
  { client, command, signal }: Session,
  database: string,
  documents: readonly string[],
  options: { readonly all?: boolean },
): Promise<void> {
  if (documents.length === 0 && options.all !== true)
    throw new CommandFault(
      'Nothing was deleted: name the documents to delete, or give --all for the whole database.',
      `"${command} documents ${quoted(database)}" lists them.`,
    )
  if (documents.length > 0 && options.all === true)
    throw new CommandFault('Nothing was deleted: --all deletes the whole database, and documents were named too.', 'Give one or the other.')
  for (const document of documents) {
    await client.call('removeDocument', { parameters: { database, document }, signal })
    if (documents.length > 1) console.error(`deleted ${printable(document)}`)
  }
  if (documents.length > 0) return console.log(`${plural(documents.length, 'document')} deleted.`)
  const { name } = await client.call('getDatabase', { parameters: { database }, signal })
  await client.call('removeDatabase', { parameters: { database }, signal })
  console.log(`The database ${printable(name)} is deleted.`)
}

export async function rebuild(session: Session, database: string, options: IndexOptions & { readonly byHand?: boolean }): Promise<number> {
  const { client, command, signal } = session
  const body = { ...indexBody(options), ...(options.byHand === true ? ({ switch: 'by-hand' } as const) : {}) }
  const { job, version } = await client.call('startRebuild', { parameters: { database }, body, signal })
  const { ordinal } = version
  say(`Building index version ${ordinal}; the live one goes on answering. To end it: ${command} cancel ${job.id}`)
  const waits = `Index version ${ordinal} is built and waits. Switch to it: ${command} switch ${quoted(database)} ${ordinal}`
  return followToEnd(session, job.id, options.byHand === true ? waits : `Index version ${ordinal} is live.`)
}

/** To a version that waits, or back to a former one. */
export async function switchTo(session: Session, database: string, wanted: string): Promise<number> {
  const { client, command, signal } = session
  const version = await versionOf(session, database, wanted)
  if (version.state === 'live')
    throw new CommandFault(`Index version ${version.ordinal} is the live one already.`, `"${command} versions ${quoted(database)}" lists the others.`)
  const { job } = await client.call('switchVersion', { parameters: { database, version: version.id }, signal })
  return followToEnd(session, job.id, `Index version ${version.ordinal} is live${version.switched_at === null ? '' : ' again'}.`)
}

export async function dropVersion(session: Session, database: string, wanted: string): Promise<void> {
  const version = await versionOf(session, database, wanted)
  await session.client.call('dropVersion', { parameters: { database, version: version.id }, signal: session.signal })
  console.log(`Index version ${version.ordinal} is deleted.`)
}

/** By its number or its id. */
async function versionOf({ client, command, signal }: Session, database: string, wanted: string) {
  const { versions } = await client.call('listVersions', { parameters: { database }, signal })
  const version = versions.find((one) => one.id === wanted || String(one.ordinal) === wanted)
  if (version !== undefined) return version
  throw new CommandFault(
    `There is no such index version: ${wanted}.`,
    `There are ${versions.map((one) => one.ordinal).join(', ')}; "${command} versions ${quoted(database)}" lists them.`,
  )
}

export async function cancel({ client, signal }: Session, job: string): Promise<void> {
  await client.call('cancelJob', { parameters: { job }, signal })
  for await (const { event, data } of client.stream('jobEvents', { parameters: { job }, signal })) {
    if (event === 'ended') console.log(data.state === 'cancelled' ? 'Cancelled.' : `Too late: the job is ${data.state}.`)
  }
}
