import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  closeSync,
  existsSync,
  fchmodSync,
  fstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { CommandFault } from './words.ts'

/** How somebody is signed in to a server. */
export interface Profile {
  readonly name: string
  /** Without a slash at the end. */
  readonly server: string
  readonly token: string
  readonly email: string | null
  /** ISO 8601; null when the token says none. A server may have prolonged it since. */
  readonly expiresAt: string | null
  /** The person agreed that the token travels in clear to this server. */
  readonly insecureHttp: boolean
}

export interface Profiles {
  /** The one that commands use which name none; null: the server that owns the data folder of this machine. */
  readonly current: string | null
  readonly profiles: readonly Profile[]
}

/**
 * Keeps profiles in one file that only its owner can read. Nothing is written over a file that cannot be read.
 * @throws CommandFault for a damaged file, and for a file that another process keeps locked
 */
export interface ProfileStore {
  readonly path: string
  read(): Profiles
  /** Reads, applies and writes as one step, also against other processes. @returns what was written */
  change(apply: (was: Profiles) => Profiles): Promise<Profiles>
}

/** The name under which commands reach the server of this machine as its operator; no profile may have it. */
export const LOCAL = 'local'
const NAME = /^[A-Za-z0-9[][A-Za-z0-9._:@+[\]-]{0,199}$/

export function isProfileName(text: string): boolean {
  return NAME.test(text) && text !== LOCAL
}

const kept = z.looseObject({
  current: z.string().nullable().default(null),
  profiles: z
    .record(
      z.string().regex(NAME),
      z.looseObject({
        server: z.url({ protocol: /^https?$/ }),
        token: z.string().min(1).max(10_000),
        email: z.string().nullable().default(null),
        expires_at: z.string().nullable().default(null),
        insecure_http: z.boolean().default(false),
      }),
    )
    .default({}),
})
type Kept = z.output<typeof kept>

/** Others may neither read a file nor write it. */
const PRIVATE_FILE = 0o600
const PRIVATE_FOLDER = 0o700
const OTHERS = 0o077
/** The lock is held for the milliseconds of one write. */
const LOCK_WAIT_MS = 5_000
const LOCK_STALE_MS = 20_000
const LOCK_RETRY_MS = 15

/** `$XDG_CONFIG_HOME/quarry/profiles.json`, `~/.config/quarry/profiles.json`, or that below %APPDATA%. */
export function profilesPath(environment: NodeJS.ProcessEnv, platform: NodeJS.Platform = process.platform): string {
  const given = platform === 'win32' ? environment.APPDATA : environment.XDG_CONFIG_HOME
  const home = environment.HOME ?? homedir()
  const folder = given !== undefined && given !== '' ? given : join(home, platform === 'win32' ? 'AppData/Roaming' : '.config')
  return join(folder, 'quarry', 'profiles.json')
}

export function profileStore(path: string, warn: (text: string) => void): ProfileStore {
  const load = (): Kept => {
    const text = readPrivately(path, warn)
    return text === undefined ? { current: null, profiles: {} } : parsed(text, path)
  }

  return {
    path,

    read() {
      return shownOf(load())
    },

    async change(apply) {
      makePrivateFolder(dirname(path), warn)
      const unlock = await lock(`${path}.lock`)
      try {
        const was = load()
        const next = apply(shownOf(was))
        replaceFile(path, `${JSON.stringify(keptOf(next, was), undefined, 2)}\n`)
        return next
      } finally {
        unlock()
      }
    },
  }
}

function shownOf({ current, profiles }: Kept): Profiles {
  return {
    current,
    profiles: Object.entries(profiles).map(([name, { server, token, email, expires_at, insecure_http }]) => ({
      name,
      server: server.replace(/\/+$/, ''),
      token,
      email,
      expiresAt: expires_at,
      insecureHttp: insecure_http,
    })),
  }
}

/** With what a newer version may have added. */
function keptOf({ current, profiles }: Profiles, was: Kept): Kept {
  const entries = profiles.map(({ name, server, token, email, expiresAt, insecureHttp }): [string, Kept['profiles'][string]] => [
    name,
    { ...was.profiles[name], server, token, email, expires_at: expiresAt, insecure_http: insecureHttp },
  ])
  return { ...was, current, profiles: Object.fromEntries(entries) }
}

function parsed(text: string, path: string): Kept {
  const damaged = (where: string) =>
    new CommandFault(`The file ${path} cannot be read${where}; it was left as it is.`, 'Repair it, or move it away and sign in again with "quarry login".')
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw damaged(': it is not JSON') // the parser's own message quotes the text, with what is secret in it
  }
  const read = kept.safeParse(value)
  if (!read.success) throw damaged(`: something is wrong at ${read.error.issues[0]?.path.join('.') || 'its beginning'}`)
  return read.data
}

/** @returns undefined when there is no such file */
function readPrivately(path: string, warn: (text: string) => void): string | undefined {
  if (!existsSync(path)) return undefined
  const file = openSync(path, 'r')
  try {
    if (process.platform !== 'win32' && (fstatSync(file).mode & OTHERS) !== 0) {
      tightened(path, warn, () => fchmodSync(file, PRIVATE_FILE))
      warn(
        `Others on this machine could read ${path}, which holds your tokens; now only you can. If they may have, sign out with "quarry logout --everywhere".`,
      )
    }
    return readFileSync(file, 'utf8')
  } finally {
    closeSync(file)
  }
}

function makePrivateFolder(folder: string, warn: (text: string) => void): void {
  mkdirSync(folder, { recursive: true, mode: PRIVATE_FOLDER })
  if (process.platform !== 'win32' && (statSync(folder).mode & OTHERS) !== 0) tightened(folder, warn, () => chmodSync(folder, PRIVATE_FOLDER))
}

function tightened(path: string, warn: (text: string) => void, tighten: () => void): void {
  try {
    tighten()
  } catch {
    warn(`${path} is open to others, and belongs to somebody else: it could not be closed to them.`)
  }
}

/** Whole or not at all: a reader sees the former file or the new one. A link stays a link. */
function replaceFile(path: string, text: string): void {
  const target = existsSync(path) ? realpathSync(path) : path
  const beside = `${target}.${randomBytes(6).toString('hex')}.tmp`
  try {
    writeFileSync(beside, text, { flag: 'wx', mode: PRIVATE_FILE, flush: true })
    renameSync(beside, target)
  } catch (error) {
    rmSync(beside, { force: true })
    throw error
  }
}

/**
 * A file that only one process can make. One that a killed process left behind is taken away after a while.
 * @returns what gives it back
 */
async function lock(path: string): Promise<() => void> {
  const deadline = Date.now() + LOCK_WAIT_MS
  for (;;) {
    try {
      closeSync(openSync(path, 'wx', PRIVATE_FILE))
      return () => rmSync(path, { force: true })
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
    }
    const since = statSync(path, { throwIfNoEntry: false })?.mtimeMs
    if (since !== undefined && Date.now() - since > LOCK_STALE_MS) rmSync(path, { force: true })
    else if (Date.now() > deadline)
      throw new CommandFault(`Another quarry command is writing ${path.replace(/\.lock$/, '')}.`, `Try again; if none is running, delete ${path}.`)
    else await sleep(LOCK_RETRY_MS)
  }
}
