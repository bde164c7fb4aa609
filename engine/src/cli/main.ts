import { AppError } from '../domain/errors.ts'
import { readSettings } from '../settings.ts'
import { makeProgram } from './program.ts'

// The entry of the command line: reads the environment, hears the signals, and starts the command.
const stop = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    if (stop.signal.aborted) process.exit(130) // asked twice: at once
    stop.abort(new AppError('request/aborted'))
  })
}
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0) // the reader of a pipe has seen enough
  throw error
})

const program = makeProgram({
  environment: process.env,
  settings: () => readSettings(process.env).settings,
  signal: stop.signal,
  command: process.env.npm_command === 'exec' ? 'npx quarry' : 'quarry',
  onEnd: (code) => {
    process.exitCode = code
  },
})
if (process.argv.length <= 2) program.outputHelp()
else await program.parseAsync()
