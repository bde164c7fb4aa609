import { AppError } from '../domain/errors.ts'
import { readSettings } from '../settings.ts'
import { serve } from './serve.ts'

// The entry of the server: the only thing that it does is to read the environment and to hear the signals.
const quiet = process.argv.includes('--quiet')
const stop = new AbortController()
// Who reads the output may have seen enough: the server goes on.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined)
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort())

try {
  const { settings, warnings } = readSettings(process.env)
  for (const warning of warnings) console.error(`Warning: ${warning}.`)
  await serve(settings, { quiet, stop: stop.signal })
} catch (fault) {
  if (!(fault instanceof AppError)) throw fault
  const { problems } = fault.facts
  const told = Array.isArray(problems) ? problems.map((problem) => `\n  ${problem}`).join('') : ` ${fault.message}`
  console.error(`Quarry cannot start.${told}\n${fault.body().hint}`)
  process.exitCode = 1
}
