import { Command, type Help, Option } from 'commander'
import { STRICTNESS } from '../domain/answering.ts'
import type { LocalModelTools } from '../wire.ts'
import { answers } from './answers.ts'
import { field, share, whole } from './arguments.ts'
import { ask } from './ask.ts'
import { addFiles, cancel, createFromFiles, dropVersion, rebuild, remove, retry, switchTo } from './change.ts'
import { loadWire } from './connect.ts'
import { listDatabases, listDocuments, listJobs, listVersions, showStatus } from './manage.ts'
import { checkModel, fetchModel, listModels } from './models.ts'
import { addEvaluationCommands } from './program-eval.ts'
import { addPeopleCommands, addSharingCommands } from './program-people.ts'
import { addUsageCommands } from './program-usage.ts'
import { query } from './query.ts'
import { previewFile, printText } from './read.ts'
import { profilesOf, runAlone, runWithServer, type Session, type Surroundings, type Work } from './session.ts'
import { settle } from './settle.ts'
import { say } from './show.ts'
import { type Chosen, targetOf } from './target.ts'
import { trace } from './trace.ts'
import { why } from './why.ts'

const WHERE = ['--where <filter>', "only documents that match, such as 'year >= 2023'"] as const
const JSON_REPLY = ['--json', 'print the reply as JSON'] as const
const META = ['--meta <name=value>', 'metadata for every file; may be given several times'] as const

/** What the program does with the exit code of the command that was run. */
export interface ProgramOptions extends Surroundings {
  onEnd(code: number): void
}

/** How commands are run, with the server that the options name. */
export interface Runner {
  readonly withServer: (work: Work<Session>) => Promise<void>
  readonly alone: (work: Work<Surroundings>) => Promise<void>
  /** What was given of the options that every command takes. */
  readonly chosen: () => Chosen
}

/** All commands of `quarry`, in the groups in which its help shows them. */
export function makeProgram(options: ProgramOptions): Command {
  const { command } = options
  const chosen = (): Chosen => program.opts()
  const withServer = async (work: Work<Session>) => options.onEnd(await runWithServer(options, chosen(), work))
  const alone = async (work: Work<Surroundings>) => options.onEnd(await runAlone(options, work))
  const program = new Command('quarry')
    .description('Turns documents into vector databases that answer with citations that were checked.')
    .usage('COMMAND [options]')
    .option('--server <address>', 'talk to this server, such as https://quarry.example.com')
    .option('--profile <name>', 'use this sign-in of "quarry profiles"; local is this machine')
    .option('--insecure-http', 'let passwords and tokens travel to it without encryption')
    .configureHelp({ minWidthToWrap: 20, subcommandTerm: shortTerm, showGlobalOptions: true })
    .configureOutput({ outputError: (text, write) => write(withoutValues(text)) })
    .showHelpAfterError(`("${command} help COMMAND" tells what a command takes)`)
    .addHelpCommand(new Command('help').argument('[command]').description('tell what a command takes').helpGroup('Look:'))

  program.commandsGroup('Make and change databases:')
  program
    .command('create <name> <paths...>')
    .description('make a database of files, folders or globs, and wait until it is ready')
    .option('--model <name>', 'embedding model, such as openai:text-embedding-3-small; none for lexical search alone')
    .option('--chunk-size <tokens>', 'tokens per chunk (default: 512)', whole)
    .option('--chunk-overlap <tokens>', 'tokens that neighbouring chunks share (default: 64)', whole)
    .option(...META, field)
    .action((name: string, paths: string[], given) => withServer((session) => createFromFiles(session, name, paths, given)))
  program
    .command('add <database> <paths...>')
    .description('add or update documents; what has not changed is left as it is')
    .option(...META, field)
    .action((database: string, paths: string[], given) => withServer((session) => addFiles(session, database, paths, given)))
  program
    .command('retry <database> <document>')
    .description('try a failed document again')
    .action((database: string, document: string) => withServer((session) => retry(session, database, document)))
  program
    .command('delete <database> [documents...]')
    .description('delete documents, or with --all the whole database')
    .option('--all', 'delete the database itself')
    .action((database: string, documents: string[], given) => withServer((session) => remove(session, database, documents, given)))
  program
    .command('rebuild <database>')
    .description('build a new index version beside the live one and switch to it')
    .option('--model <name>', 'embedding model; none for lexical search alone')
    .option('--chunk-size <tokens>', 'tokens per chunk', whole)
    .option('--chunk-overlap <tokens>', 'tokens that neighbouring chunks share', whole)
    .option('--by-hand', 'let it wait beside the live one until you switch to it')
    .action((database: string, given) => withServer((session) => rebuild(session, database, given)))
  program
    .command('answers <database>')
    .description('show how questions are answered, and change it; the word default takes a choice back')
    .option('--chat-model <name>', 'language model that writes, such as openai:gpt-4o-mini; extractive asks none')
    .option('--rerank-model <name>', 'model that orders what is found, such as cohere:rerank-v3.5; none asks none')
    .option('--voice <text>', 'how a model is to write, in your words')
    .addOption(new Option('--strictness <how>', 'what becomes of sentences that no passage supports').choices(STRICTNESS))
    .option(...JSON_REPLY)
    .action((database: string, given) => withServer((session) => answers(session, database, given)))
  program
    .command('switch <database> <version>')
    .description('switch to an index version that waits, by its number')
    .action((database: string, version: string) => withServer((session) => switchTo(session, database, version)))
  program
    .command('rollback <database> <version>')
    .description('go back to a former index version, by its number')
    .action((database: string, version: string) => withServer((session) => switchTo(session, database, version)))
  program
    .command('drop <database> <version>')
    .description('delete an index version that waits or was live before, by its number')
    .action((database: string, version: string) => withServer((session) => dropVersion(session, database, version)))
  program
    .command('cancel <job>')
    .description('cancel a job')
    .action((job: string) => withServer((session) => cancel(session, job)))

  program.commandsGroup('Ask:')
  program
    .command('ask <database> <question...>')
    .description('answer a question with numbered, checked citations')
    .option('--n <passages>', 'passages that the answer may draw on (default: 8)', whole)
    .option(...WHERE)
    .option('--json', 'print the events as JSON lines')
    .action((database: string, question: string[], given) =>
      withServer(async (session) => {
        await settle(session, database)
        return ask(session, database, question.join(' '), given)
      }),
    )
  program
    .command('query <database> <question...>')
    .description('find the passages nearest to a question')
    .option('--n <results>', 'how many (default: 5)', whole)
    .option(...WHERE)
    .option('--threshold <score>', 'leave out passages with a lower score, 0 to 1', share)
    .option('--explain', 'tell how each result got its rank')
    .option(...JSON_REPLY)
    .action((database: string, question: string[], given) =>
      withServer(async (session) => {
        await settle(session, database)
        return query(session, database, question.join(' '), given)
      }),
    )
  program
    .command('why <database> <question> <document>')
    .description('tell why a document is, or is not, among the results')
    .option('--n <results>', 'how many results (default: 5)', whole)
    .option(...WHERE)
    .option(...JSON_REPLY)
    .action((database: string, question: string, document: string, given) => withServer((session) => why(session, database, question, document, given)))

  program
    .command('trace [id]')
    .description('tell how an answer came about, or list the latest')
    .option('--database <name>', 'list only answers from this database')
    .option('--conversation <id>', 'list only answers in this conversation')
    .option('--limit <answers>', 'how many are listed (default: 20)', whole)
    .option('--full', 'show prompts and replies of models whole')
    .option('--replay', 'ask the same again and show both')
    .option(...JSON_REPLY)
    .action((id: string | undefined, given) => withServer((session) => trace(session, id, given)))

  program.commandsGroup('Look:')
  program
    .command('list')
    .description('list the databases')
    .option(...JSON_REPLY)
    .action((given) => withServer((session) => listDatabases(session, given)))
  program
    .command('status <database>')
    .description('tell how far a database is and what failed')
    .option(...JSON_REPLY)
    .action((database: string, given) => withServer((session) => showStatus(session, database, given)))
  program
    .command('documents <database>')
    .description('list the documents of a database, newest first')
    .option('--failed', 'only those that could not be read')
    .option('--search <text>', 'only those with this in their name or title')
    .option('--ids', 'show the id of each document too')
    .option('--json', 'print one JSON line per document')
    .action((database: string, given) => withServer((session) => listDocuments(session, database, given)))
  program
    .command('text <database> <document>')
    .description('print the text that was read from a document')
    .option('--page <number>', 'only that of one page', whole)
    .action((database: string, document: string, given) => withServer((session) => printText(session, database, document, given)))
  program
    .command('preview <file>')
    .description('show the chunks of a file without indexing it')
    .option('--chunk-size <tokens>', 'tokens per chunk (default: 512)', whole)
    .option('--chunk-overlap <tokens>', 'tokens that neighbouring chunks share (default: 64)', whole)
    .option(...JSON_REPLY)
    .action((file: string, given) => withServer((session) => previewFile(session, file, given)))
  program
    .command('versions <database>')
    .description('list the index versions')
    .option(...JSON_REPLY)
    .action((database: string, given) => withServer((session) => listVersions(session, database, given)))
  program
    .command('jobs')
    .description('list background jobs, newest first')
    .option('--database <name>', 'only those of one database')
    .option(...JSON_REPLY)
    .action((given) => withServer((session) => listJobs(session, given)))

  /** Models are files of this machine: another server has its own. */
  const here = (work: (given: Surroundings, tools: LocalModelTools) => Promise<unknown>) =>
    alone(async (given) => {
      const target = targetOf(chosen(), given.settings(), profilesOf(given).read())
      if (target.kind === 'remote') say(`This is about the data folder of this machine; ${target.address} has models of its own.`)
      return work(given, (await loadWire()).localModelTools(given.settings()))
    })
  const models = program.command('models').helpCommand(false).description('list, fetch and check embedding models')
  models
    .command('list', { isDefault: true })
    .description('list the models that can be used (the same as "models" alone)')
    .option(...JSON_REPLY)
    .action((given) => withServer((session) => listModels(session, given)))
  models
    .command('fetch <name>')
    .description('download a local model into the data folder, and what runs it')
    .action((name: string) => here((given, tools) => fetchModel(given, tools, name)))
  models
    .command('check <name>')
    .description('tell whether a local model is complete and undamaged')
    .action((name: string) => here((given, tools) => checkModel(given, tools, name)))

  addEvaluationCommands(program, { withServer, alone, chosen })
  addPeopleCommands(program, { withServer, alone, chosen })
  addSharingCommands(program, { withServer, alone, chosen })
  addUsageCommands(program, { withServer, alone, chosen })

  return program.addHelpText('after', firstSteps(command))
}

/** `--password=…`, an option that there is not, must not leave its value in a log. */
function withoutValues(text: string): string {
  return text.replace(/(unknown option '[^'=\s]+)=[^\n]*'/, "$1=…'")
}

/** Without "[options]", which nearly every command has. */
function shortTerm(this: Help, one: Command): string {
  const parts = one.registeredArguments.map((argument) => {
    const name = `${argument.name()}${argument.variadic ? '...' : ''}`
    return argument.required ? `<${name}>` : `[${name}]`
  })
  return [one.name(), ...parts].join(' ')
}

function firstSteps(command: string): string {
  const lines = [
    `${command} create handbook ./my-documents`,
    `${command} ask handbook "How do I request leave?"`,
    `${command} query handbook "leave request" --where 'year >= 2023'`,
  ]
  return `\nFirst steps:\n${lines.map((line) => `  ${line}`).join('\n')}\n\nSettings are environment variables; docs/settings.md lists them.`
}
