import { AppError } from '../domain/errors.ts'
import type { Settings } from '../settings.ts'
import { type Connection, connect } from './connect.ts'
import { say } from './show.ts'
import { CommandFault, hintOf, sentenceOf } from './words.ts'

/** What every command works with. */
export interface Session extends Connection {
  readonly signal: AbortSignal
  /** How the person calls this program, for hints: `quarry` or `npx quarry`. */
  readonly command: string
}

export interface Surroundings {
  readonly settings: () => Settings
  readonly environment: NodeJS.ProcessEnv
  /** Aborted by Ctrl-C and the like. */
  readonly signal: AbortSignal
  readonly command: string
}

/** A command; when it gives a number, that is the exit code. */
export type Work<Given> = (given: Given) => Promise<unknown>

/** Runs one command against the server and tells an error as a person needs it. @returns the exit code */
export async function runWithServer(surroundings: Surroundings, work: Work<Session>): Promise<number> {
  const { environment, signal, command } = surroundings
  let connection: Connection | undefined
  const code = await guarded(surroundings, async () => {
    connection = await connect(surroundings.settings(), environment, signal)
    return work({ ...connection, signal, command })
  })
  if (signal.aborted) say(stoppedNote(connection, command))
  await connection?.close()
  return code
}

/** Runs a command that needs no server. @returns the exit code */
export async function runAlone(surroundings: Surroundings, work: Work<Surroundings>): Promise<number> {
  const code = await guarded(surroundings, () => work(surroundings))
  if (surroundings.signal.aborted) say('Stopped.')
  return code
}

async function guarded({ signal, command }: Surroundings, work: () => Promise<unknown>): Promise<number> {
  try {
    const code = await work()
    return typeof code === 'number' ? code : 0
  } catch (error) {
    if (signal.aborted) return 130
    if (error instanceof CommandFault) say(`${error.message}\n${error.hint}`)
    else if (error instanceof AppError) say(`${sentenceOf(error.body())}\n${hintOf(error.body(), command)}`)
    else throw error
    return 1
  }
}

function stoppedNote(connection: Connection | undefined, command: string): string {
  if (connection === undefined) return 'Stopped.'
  if (connection.own) return 'Stopped. What was uploaded is kept; reading it goes on when a server runs again: npm start, or any quarry command while it lasts.'
  return `Stopped. The server at ${connection.address} goes on reading what was uploaded; "${command} jobs" shows it, "${command} cancel JOB" ends it.`
}
