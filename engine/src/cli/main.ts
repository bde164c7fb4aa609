import { Command, InvalidArgumentError } from 'commander'
import { AppError } from '../domain/errors.ts'
import type { Metadata } from '../domain/metadata.ts'
import { readSettings } from '../settings.ts'
import { ask } from './ask.ts'
import { type Connection, connect } from './connect.ts'
import { findFiles } from './files.ts'
import { followJob, listDatabases, listDocuments, listJobs, listVersions, previewFile, showStatus } from './manage.ts'
import { models } from './models.ts'
import { query } from './query.ts'
import { paint, plural } from './show.ts'
import { uploadAndFollow } from './upload.ts'
import { why } from './why.ts'

const stop = new AbortController()
process.once('SIGINT', () => stop.abort(new AppError('request/aborted')))
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0) // the reader of a pipe has seen enough
  throw error
})

/** Runs one command against the server and tells an error as a person needs it. */
async function run(work: (connection: Connection, signal: AbortSignal) => Promise<unknown>): Promise<void> {
  let connection: Connection | undefined
  try {
    connection = await connect(readSettings(process.env).settings, process.env)
    const code = await work(connection, stop.signal)
    if (typeof code === 'number') process.exitCode = code
  } catch (error) {
    process.exitCode = stop.signal.aborted ? 130 : 1
    if (stop.signal.aborted) console.error('Stopped. What was uploaded is indexed in the background.')
    else if (error instanceof AppError) console.error(`${paint('red', error.code)}  ${error.message}\n${error.body().hint}`)
    else throw error
  } finally {
    await connection?.close()
  }
}

const whole = (text: string): number => {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('It must be a whole number.')
  return Number(text)
}
const share = (text: string): number => {
  const value = Number(text)
  if (!(value >= 0 && value <= 1)) throw new InvalidArgumentError('It must be a number from 0 to 1.')
  return value
}
/** `year=2023 lang=en`: numbers, true and false are taken as such. */
const field = (text: string, so: Metadata = {}): Metadata => {
  const at = text.indexOf('=')
  if (at < 1) throw new InvalidArgumentError('It must be NAME=VALUE.')
  const value = text.slice(at + 1)
  const typed = value === 'true' ? true : value === 'false' ? false : /^-?\d+(?:\.\d+)?$/.test(value) ? Number(value) : value
  return { ...so, [text.slice(0, at)]: typed }
}

const program = new Command('quarry')
  .description('Turns documents into vector databases that answer with citations that were checked.')
  .showHelpAfterError('(quarry --help lists the commands)')
  .configureHelp({ showGlobalOptions: true })

program
  .command('create <name> <paths...>')
  .description('make a database of files, folders or globs, and wait until it is ready')
  .option('--model <name>', 'embedding model, such as openai:text-embedding-3-small; none for lexical search alone')
  .option('--chunk-size <tokens>', 'tokens per chunk (512)', whole)
  .option('--chunk-overlap <tokens>', 'tokens that neighbouring chunks share (64)', whole)
  .option('--meta <name=value>', 'metadata for every file; may be given several times', field)
  .action((name: string, paths: string[], options: { model?: string; chunkSize?: number; chunkOverlap?: number; meta?: Metadata }) =>
    run(async ({ client }, signal) => {
      const files = findFiles(paths)
      if (files.length === 0) throw new AppError('request/invalid', { at: paths.join(' '), expected: 'at least one file' })
      const { model, chunkSize, chunkOverlap } = options
      const body = {
        name,
        ...(model === undefined ? {} : { model }),
        ...(chunkSize === undefined ? {} : { chunk_size: chunkSize }),
        ...(chunkOverlap === undefined ? {} : { chunk_overlap: chunkOverlap }),
      }
      const database = await client.call('createDatabase', { body, signal })
      console.error(
        `${paint('bold', database.name)}: ${plural(files.length, 'file')}, ${database.mode === 'hybrid' ? `hybrid search with ${database.model}` : 'lexical search (no embedding model; see "quarry models")'}`,
      )
      const failed = await uploadAndFollow(client, database.id, files, options.meta ?? {}, signal)
      console.error(`\nAsk it: quarry ask ${/\s/.test(name) ? `"${name}"` : name} "your question"`)
      return failed === files.length ? 1 : 0
    }),
  )

program
  .command('add <database> <paths...>')
  .description('add or update documents; what has not changed is left as it is')
  .option('--meta <name=value>', 'metadata for every file; may be given several times', field)
  .action((database: string, paths: string[], options: { meta?: Metadata }) =>
    run(async ({ client }, signal) => {
      const files = findFiles(paths)
      const failed = await uploadAndFollow(client, database, files, options.meta ?? {}, signal)
      return failed > 0 && failed === files.length ? 1 : 0
    }),
  )

program
  .command('ask <database> <question...>')
  .description('answer a question with numbered, checked citations')
  .option('--n <passages>', 'passages that the answer may draw on (8)', whole)
  .option('--where <filter>', "such as 'year >= 2023'")
  .option('--json', 'print the events as JSON lines')
  .action((database: string, question: string[], options) => run(({ client }, signal) => ask(client, database, question.join(' '), options, signal)))

program
  .command('query <database> <question...>')
  .description('find the passages nearest to a question')
  .option('--n <results>', 'how many (5)', whole)
  .option('--where <filter>', "such as 'year >= 2023'")
  .option('--threshold <score>', 'leave out passages with a lower score, 0 to 1', share)
  .option('--explain', 'tell how each result got its rank')
  .option('--json', 'print the reply as JSON')
  .action((database: string, question: string[], options) => run(({ client }, signal) => query(client, database, question.join(' '), options, signal)))

program
  .command('why <database> <question> <document>')
  .description('tell why a document is, or is not, among the results')
  .option('--n <results>', 'how many results (5)', whole)
  .option('--where <filter>', "such as 'year >= 2023'")
  .action((database: string, question: string, document: string, options) =>
    run(({ client }, signal) => why(client, database, question, document, options, signal)),
  )

program
  .command('preview <file>')
  .description('show the chunks of a file without indexing it')
  .option('--chunk-size <tokens>', 'tokens per chunk (512)', whole)
  .option('--chunk-overlap <tokens>', 'tokens that neighbouring chunks share', whole)
  .option('--json', 'print the reply as JSON')
  .action((file: string, options) => run(({ client }, signal) => previewFile(client, file, options, signal)))

program
  .command('list')
  .description('list the databases')
  .action(() => run(({ client }, signal) => listDatabases(client, signal)))

program
  .command('status <database>')
  .description('tell how far a database is and what failed')
  .action((database: string) => run(({ client }, signal) => showStatus(client, database, signal)))

program
  .command('documents <database>')
  .description('list the documents of a database')
  .option('--failed', 'only those that could not be read')
  .option('--search <text>', 'only those with this in their name or title')
  .action((database: string, options) => run(({ client }, signal) => listDocuments(client, database, options, signal)))

program
  .command('retry <database> <document>')
  .description('try a failed document again')
  .action((database: string, document: string) =>
    run(async ({ client }, signal) => {
      const { job } = await client.call('retryDocument', { parameters: { database, document }, signal })
      return (await followJob(client, job.id, signal))?.state === 'done' ? 0 : 1
    }),
  )

program
  .command('delete <database> [documents...]')
  .description('delete documents, or with --all the whole database')
  .option('--all', 'delete the database itself')
  .action((database: string, documents: string[], options: { all?: boolean }) =>
    run(async ({ client }, signal) => {
      if (documents.length === 0 && options.all !== true)
        throw new AppError('request/invalid', { at: 'delete', expected: 'documents to delete, or --all for the whole database' })
      for (const document of documents) await client.call('removeDocument', { parameters: { database, document }, signal })
      if (documents.length > 0) console.log(`${plural(documents.length, 'document')} deleted.`)
      else {
        await client.call('removeDatabase', { parameters: { database }, signal })
        console.log('The database is deleted.')
      }
    }),
  )

program
  .command('rebuild <database>')
  .description('build a new index version beside the live one and switch to it')
  .option('--model <name>', 'embedding model; none for lexical search alone')
  .option('--chunk-size <tokens>', 'tokens per chunk', whole)
  .option('--chunk-overlap <tokens>', 'tokens that neighbouring chunks share', whole)
  .action((database: string, { model, chunkSize, chunkOverlap }: { model?: string; chunkSize?: number; chunkOverlap?: number }) =>
    run(async ({ client }, signal) => {
      const body = {
        ...(model === undefined ? {} : { model }),
        ...(chunkSize === undefined ? {} : { chunk_size: chunkSize }),
        ...(chunkOverlap === undefined ? {} : { chunk_overlap: chunkOverlap }),
      }
      const { job, version } = await client.call('startRebuild', { parameters: { database }, body, signal })
      console.error(`Building index version ${version.ordinal}; the live one goes on answering.`)
      return (await followJob(client, job.id, signal))?.state === 'done' ? 0 : 1
    }),
  )

program
  .command('versions <database>')
  .description('list the index versions')
  .action((database: string) => run(({ client }, signal) => listVersions(client, database, signal)))

program
  .command('rollback <database> <version>')
  .description('go back to a former index version, by its number or id')
  .action((database: string, wanted: string) =>
    run(async ({ client }, signal) => {
      const { versions } = await client.call('listVersions', { parameters: { database }, signal })
      const version = versions.find((one) => one.id === wanted || String(one.ordinal) === wanted)
      if (version === undefined) throw new AppError('version/not-found', { version: wanted, known: versions.map((one) => String(one.ordinal)) })
      const { job } = await client.call('switchVersion', { parameters: { database, version: version.id }, signal })
      return (await followJob(client, job.id, signal))?.state === 'done' ? 0 : 1
    }),
  )

program
  .command('jobs')
  .description('list background jobs')
  .option('--database <name>', 'only those of one database')
  .action((options) => run(({ client }, signal) => listJobs(client, options, signal)))

program
  .command('cancel <job>')
  .description('cancel a job')
  .action((job: string) =>
    run(async ({ client }, signal) => {
      await client.call('cancelJob', { parameters: { job }, signal })
      await followJob(client, job, signal)
    }),
  )

models(program, run)

await program.parseAsync()
