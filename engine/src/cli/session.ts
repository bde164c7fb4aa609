import { AppError } from '../domain/errors.ts'
import type { Settings } from '../settings.ts'
import { type Connection, connect, connectTo, Unreachable } from './connect.ts'
import { type ProfileStore, profileStore, profilesPath } from './profiles.ts'
import { columnsOf, cut, paint, say } from './show.ts'
import { type Chosen, type RemoteTarget, targetOf } from './target.ts'
import { asTyped, CommandFault, hintOf, sentenceOf } from './words.ts'

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

/** Runs one command against the server that was chosen and tells an error as a person needs it. @returns the exit code */
export async function runWithServer(surroundings: Surroundings, chosen: Chosen, work: Work<Session>): Promise<number> {
  const { environment, signal, command } = surroundings
  let connection: Connection | undefined
  const code = await guarded(surroundings, async () => {
    const settings = surroundings.settings()
    const target = targetOf(chosen, settings, profilesOf(surroundings).read())
    if (target.kind === 'remote') tellServer(target)
    connection = target.kind === 'local' ? await connect(target, settings, environment, signal) : connectTo(signedIn(target))
    return work({ ...connection, signal, command })
  })
  if (signal.aborted) say(stoppedNote(connection, command))
  await connection?.close()
  return code
}

/** Runs a command that talks to no server, or that looks for one itself. @returns the exit code */
export async function runAlone(surroundings: Surroundings, work: Work<Surroundings>): Promise<number> {
  const code = await guarded(surroundings, () => work(surroundings))
  if (surroundings.signal.aborted) say('Stopped.')
  return code
}

export function profilesOf({ environment }: Pick<Surroundings, 'environment'>): ProfileStore {
  return profileStore(profilesPath(environment), say)
}

/** A person should see that this goes elsewhere when the command does not say so. */
function tellServer({ address, isDefault, profile }: RemoteTarget): void {
  if (!isDefault || !process.stderr.isTTY) return
  const as = profile?.email == null ? '' : ` as ${profile.email}`
  console.error(paint('dim', cut(`On ${address}${as}`, columnsOf(process.stderr) - 1), process.stderr))
}

function signedIn(target: RemoteTarget): RemoteTarget {
  if (target.token !== undefined) return target
  throw new CommandFault(`You are not signed in to ${target.address}.`, `Sign in: "quarry login ${target.address}". Programs set QUARRY_API_KEY.`)
}

async function guarded({ signal, command }: Surroundings, work: () => Promise<unknown>): Promise<number> {
  try {
    const code = await work()
    return typeof code === 'number' ? code : 0
  } catch (error) {
    if (signal.aborted) return 130
    if (error instanceof CommandFault) say(`${error.message}\n${asTyped(error.hint, command)}`)
    else if (error instanceof Unreachable) say(`${error.says}\n${error.hint}`)
    else if (error instanceof AppError && error.code === 'request/aborted') {
      say('Stopped.')
      return 130
    } else if (error instanceof AppError) say(`${sentenceOf(error.body())}\n${hintOf(error.body(), command)}`)
    else throw error
    return 1
  }
}

function stoppedNote(connection: Connection | undefined, command: string): string {
  if (connection === undefined) return 'Stopped.'
  if (connection.own) return 'Stopped. What was uploaded is kept; reading it goes on when a server runs again: npm start, or any quarry command while it lasts.'
  return `Stopped. The server at ${connection.address} goes on reading what was uploaded; "${command} jobs" shows it, "${command} cancel JOB" ends it.`
}
