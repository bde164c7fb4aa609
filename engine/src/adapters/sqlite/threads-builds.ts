import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { VersionRef } from '../../ports/chunks.ts'
import { chunkPaths, fileIdentity } from './chunk-file.ts'
import type { IndexTask } from './threads-index.ts'

/** What became of an index that was built in the background. */
export interface IndexEvent {
  readonly version: VersionRef
  readonly outcome: 'built' | 'failed'
  readonly rows: number
  readonly ms: number
  readonly reason: string
}

/** Builds indexes of large databases, one at a time, each in a process of its own. */
export interface IndexBuilds {
  /** `seen` is the stamp that was found wanting: a request that is older than the last build is dropped. */
  want(version: VersionRef, seen: string): void
  /** Ends a build of this version; resolves when its process is gone. */
  cancel(version: VersionRef): Promise<void>
  /** Resolves when nothing is being built or waits for it. */
  settled(): Promise<void>
  close(): Promise<void>
}

interface Build {
  readonly version: VersionRef
  cancelled: boolean
  child: ChildProcess | undefined
}

export function indexBuilds(folder: string, module: string, report: (event: IndexEvent) => void): IndexBuilds {
  const builds = new Map<string, Build>()
  /** Per file the stamp that the last build was to replace; after a failure nothing is tried again for that file. */
  const done = new Map<string, string>()
  const failed = new Set<string>()
  let line: Promise<void> = Promise.resolve()
  let closing = false

  function keyOf(version: VersionRef): string | undefined {
    const { file } = chunkPaths(folder, version)
    const identity = fileIdentity(file)
    return identity && `${file} ${identity}`
  }

  async function run(build: Build, key: string): Promise<void> {
    if (build.cancelled) return
    const task: IndexTask = { folder, version: build.version, module }
    const began = performance.now()
    const entry = fileURLToPath(new URL('./threads-index.ts', import.meta.url))
    const child = spawn(process.execPath, [entry, JSON.stringify(task)], { env: {}, stdio: ['ignore', 'pipe', 'pipe'], windowsHide: true })
    build.child = child
    const texts = [child.stdout, child.stderr].map((stream) => {
      const parts: string[] = []
      stream.setEncoding('utf8').on('data', (part: string) => parts.length < 100 && parts.push(part))
      return parts
    })
    const code = await new Promise<number | string>((resolve) => {
      child.once('error', (error) => resolve(error.message))
      child.once('close', (exit, signal) => resolve(exit ?? signal ?? 'ended'))
    })
    const ms = Math.round(performance.now() - began)
    if (build.cancelled) return
    if (code !== 0) failed.add(key)
    const [output, faults] = texts.map((parts) => parts.join('').trim())
    if (code === 0) report({ version: build.version, outcome: 'built', rows: Number(output), ms, reason: '' })
    else report({ version: build.version, outcome: 'failed', rows: 0, ms, reason: `${code} ${faults ?? ''}`.slice(0, 2000) })
  }

  async function end(build: Build | undefined): Promise<void> {
    if (build === undefined) return
    build.cancelled = true
    const { child } = build
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const ended = new Promise((resolve) => child.once('close', resolve))
    child.kill('SIGKILL')
    await ended
  }

  return {
    want(version, seen) {
      const key = keyOf(version)
      if (closing || key === undefined || builds.has(key) || failed.has(key) || done.get(key) === seen) return
      const build: Build = { version, cancelled: false, child: undefined }
      builds.set(key, build)
      line = line.then(async () => {
        try {
          await run(build, key)
        } catch (error) {
          failed.add(key)
          report({ version, outcome: 'failed', rows: 0, ms: 0, reason: String(error) })
        } finally {
          done.set(key, seen)
          builds.delete(key)
        }
      })
    },
    async cancel(version) {
      const key = keyOf(version)
      if (key !== undefined) await end(builds.get(key))
    },
    async settled() {
      while (builds.size > 0) await line
    },
    async close() {
      closing = true
      await Promise.all([...builds.values()].map(end))
      await line
    },
  }
}
