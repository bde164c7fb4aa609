import { AppError } from '../domain/errors.ts'
import { EMBEDDING_PROVIDERS } from '../domain/models.ts'
import type { LocalModelTools } from '../wire.ts'
import { printJson } from './manage.ts'
import type { Session, Surroundings } from './session.ts'
import { bytes, columnsOf, cut, duration, paint, plural, printable, say, wrap } from './show.ts'
import { widthOf } from './width.ts'
import { CommandFault } from './words.ts'

/** What the embedding models cost, and which are ready. */
export async function listModels({ client, command, signal }: Session, options: { readonly json?: boolean }): Promise<void> {
  const reply = await client.call('listModels', { signal })
  if (options.json === true) return printJson(reply)
  console.log(modelLine(true, 'none', 'lexical search alone; the default'))
  for (const { ready, name, note } of reply.models) console.log(modelLine(ready, name.replace(/:$/, ':NAME'), shownNote(note)))
  const answers = reply.chat === null ? 'quoted from the documents; set CHAT_MODEL for answers written by a language model' : `written by ${reply.chat}`
  console.log(`\n${wrap(`Answers are ${answers}.`)}`)
  console.log(wrap(`A local model is fetched with "${command} models fetch NAME" and used with "${command} create … --model NAME".`))
}

/** The note as the server gives it holds an error's facts; whether a model is there is told before it. */
function shownNote(note: string): string {
  return note.replace(/^not installed: /, '').replace(/\. (?:service=\w+ )?reason=/, ': ')
}

function modelLine(ready: boolean, name: string, note: string): string {
  const inline = widthOf(name) + widthOf(note) + 2 <= columnsOf() - 8
  const told = inline ? `  ${paint('dim', printable(note))}` : `\n${paint('dim', wrap(note, '        '))}`
  return `${ready ? paint('green', 'ready ') : paint('dim', 'absent')}  ${name}${told}`
}

/** Downloads a model, and the runtime when this is the first model that needs it. */
export async function fetchModel(given: Surroundings, tools: LocalModelTools, wanted: string): Promise<void> {
  const name = localName(wanted)
  const started = Date.now()
  const model = await tools
    .fetch(name, given.signal, progressLine(name))
    .catch((error: unknown) => {
      if (!(error instanceof AppError) || error.code !== 'model/unavailable') throw error
      throw new CommandFault(
        `The model ${name} could not be downloaded from huggingface.co: ${reasonOf(error)}.`,
        `Check the connection and run the same command again; what has arrived is kept. Without a connection, put the files of the model into ${tools.folderOf(name)}.`,
      )
    })
    .finally(endLine)
  console.error(`${paint('green', 'fetched', process.stderr)} local:${name} in ${duration(Date.now() - started)}`)
  if (model.kind === 'onnx' && !(await tools.hasRuntime())) {
    say(
      `This model needs the ONNX runtime, which is not installed yet: about ${tools.runtimeCost.download} MB from the npm registry, ${tools.runtimeCost.disk} MB on disk, once for all models. Installing it …`,
    )
    await tools.installRuntime(given.signal)
    console.error(`${paint('green', 'installed', process.stderr)} the ONNX runtime`)
  }
  console.log(
    `Use it: ${given.command} create NAME FILES… --model local:${name}\nor for a database that is there: ${given.command} rebuild NAME --model local:${name}`,
  )
}

function reasonOf({ facts, message }: AppError): string {
  return typeof facts.reason === 'string' ? facts.reason : message
}

/** Reads every byte of a model. @returns the exit code */
export async function checkModel(given: Surroundings, tools: LocalModelTools, wanted: string): Promise<number> {
  const name = localName(wanted)
  const { faults, kind } = await tools.check(name)
  const needed = kind === 'onnx' && !(await tools.hasRuntime()) ? ['the runtime for ONNX models is not installed'] : []
  const all = [...faults, ...needed]
  if (all.length === 0) {
    console.log(`${paint('green', 'complete')}  local:${name}`)
    return 0
  }
  throw new CommandFault(
    `local:${name} has ${plural(all.length, 'fault')}: ${all.join('; ')}.`,
    `Fetch it again with "${given.command} models fetch ${name}"; what is there and whole is kept.`,
  )
}

function localName(wanted: string): string {
  if (EMBEDDING_PROVIDERS.some((provider) => provider !== 'local' && wanted.startsWith(`${provider}:`)))
    throw new CommandFault(`${wanted} is not a local model: it need not be fetched.`, 'Name it with --model when you make or rebuild a database.')
  return wanted.replace(/^local:/, '')
}

function progressLine(name: string): (done: number, total: number) => void {
  let shown = 0
  return (done, total) => {
    const now = Date.now()
    if (!process.stderr.isTTY || (now - shown < 120 && done < total)) return
    shown = now
    const share = total > 0 ? Math.floor((done / total) * 100) : 0
    process.stderr.write(`\r${cut(`fetching ${name}: ${bytes(done)} of ${bytes(total)}, ${share} %`, (process.stderr.columns ?? 80) - 1)}\u001b[K`)
  }
}

function endLine(): void {
  if (process.stderr.isTTY) process.stderr.write('\r\u001b[K')
}
