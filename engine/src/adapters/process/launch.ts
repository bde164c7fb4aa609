import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { existsSync, realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'

export interface LaunchOptions {
  readonly nodePath: string
  /** Path of the child's entry, `steps/extract/process.ts`. */
  readonly entry: string
  readonly memoryMiB: number
}

/** Programs that take rights away before Node starts; the first row whose trial succeeds on this host is used. */
const WRAPPERS: readonly (readonly (readonly string[])[])[] = [
  // An empty network namespace, and death with the parent even while busy.
  [
    ['unshare', '-rn'],
    ['setpriv', '--pdeathsig', 'KILL'],
  ],
  [['unshare', '-rn']],
  [['setpriv', '--pdeathsig', 'KILL']],
]
const PROGRAM_FOLDERS = ['/usr/bin', '/bin', '/usr/sbin', '/sbin']
let wrapper: readonly string[] | undefined

/**
 * Starts an extraction process: no environment, no rights but to read its own code, its pipe on file descriptor 3.
 * What it writes to stderr is kept by the caller; stdout goes nowhere, since libraries print there.
 */
export function launch(options: LaunchOptions): ChildProcess {
  const readable = readablePaths(options.entry)
  const command = [
    ...isolation(),
    options.nodePath,
    '--permission',
    ...readable.map((path) => `--allow-fs-read=${path}`),
    `--max-old-space-size=${options.memoryMiB}`,
    '--disallow-code-generation-from-strings',
    '--disable-proto=throw',
    '--no-warnings',
    realpathSync(options.entry),
  ]
  const [program = options.nodePath, ...rest] = command
  return spawn(program, rest, { env: {}, cwd: '/', stdio: ['ignore', 'ignore', 'pipe', 'pipe'], windowsHide: true })
}

/** True when the process also runs in a network namespace of its own, which holds nothing. */
export function hasOwnNetwork(): boolean {
  return isolation().some((word) => word.endsWith('unshare'))
}

function isolation(): readonly string[] {
  wrapper ??= WRAPPERS.map(resolved).find(works) ?? []
  return wrapper
}

function resolved(programs: readonly (readonly string[])[]): string[] | undefined {
  const words: string[] = []
  for (const [name = '', ...flags] of programs) {
    const folder = PROGRAM_FOLDERS.find((path) => existsSync(join(path, name)))
    if (folder === undefined) return undefined
    words.push(join(folder, name), ...flags)
  }
  return words
}

function works(words: string[] | undefined): words is string[] {
  const [program, ...rest] = words ?? []
  return (
    process.platform === 'linux' &&
    program !== undefined &&
    spawnSync(program, [...rest, '/bin/true'], { env: {}, stdio: 'ignore', timeout: 5000 }).status === 0
  )
}

/**
 * The code the child runs: its own room, `domain`, `ports`, the packages, and the package.json files that Node asks
 * for on the way. The data folder is never among them: content comes over the pipe.
 */
export function readablePaths(entry: string): string[] {
  const own = dirname(realpathSync(entry))
  const source = dirname(dirname(own))
  const paths = [own, join(source, 'domain'), join(source, 'ports')]
  for (let folder = source; ; folder = dirname(folder)) {
    for (const name of ['node_modules', 'package.json']) {
      const path = join(folder, name)
      if (existsSync(path)) paths.push(realpathSync(path))
    }
    if (dirname(folder) === folder || existsSync(join(folder, 'package-lock.json'))) break
  }
  return paths
}
