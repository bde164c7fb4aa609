import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { cliManual } from './manual.ts'
import { makeProgram } from './program.ts'

// Writes the page of the manual that is made from the commands. No command is run for it.
const program = makeProgram({
  environment: {},
  settings: () => {
    throw new Error('no command is run here')
  },
  signal: new AbortController().signal,
  command: 'quarry',
  onEnd: () => undefined,
})
writeFileSync(resolve(import.meta.dirname, '../../../docs/cli.md'), cliManual(program))
