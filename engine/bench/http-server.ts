import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const START_MS = 60_000
const TOKEN = 'bench-token-bench-token-bench-token-bench'

export interface ServerProcess {
  readonly pid: number
  /** The five best passages; fails unless the reply is one. */
  ask(database: string, query: string): Promise<void>
  /** Taken in, not yet indexed. */
  upload(database: string, name: string, content: string): Promise<void>
  /** Fails when a document of the database could not be indexed: what was measured then was not ingestion. */
  noneFailed(database: string): Promise<void>
  stop(): Promise<void>
}

/** The server as people start it, on a data folder that nobody has open. */
export async function startServer(folder: string, modelAddress: string): Promise<ServerProcess> {
  const entry = resolve(import.meta.dirname, '../bin/server.mjs')
  const env = {
    ...{ PATH: process.env.PATH ?? '', PORT: '0', QUARRY_DATA: folder, QUARRY_TOKEN: TOKEN, QUARRY_SAMPLE: 'off', LOG_LEVEL: 'warn' },
    ...{ OPENAI_BASE_URL: modelAddress, OPENAI_API_KEY: 'bench' },
  }
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', entry], { env, stdio: ['ignore', 'ignore', 'inherit'] })
  const ended = once(child, 'exit')
  const address = await addressOf(folder, child.pid ?? 0)
  const headers = { authorization: `Bearer ${TOKEN}` }
  return {
    pid: child.pid ?? 0,
    async ask(database, query) {
      const reply = await fetch(`${address}/api/v1/databases/${database}/query`, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json' },
        body: JSON.stringify({ query, n_results: 5 }),
      })
      const body = await reply.text()
      if (!reply.ok || body.includes('"degraded":"')) throw new Error(`The query was answered with ${reply.status}: ${body.slice(0, 500)}`)
    },
    async upload(database, name, content) {
      const form = new FormData()
      form.append('files', new Blob([content], { type: 'text/plain' }), name)
      const reply = await fetch(`${address}/api/v1/databases/${database}/documents`, { method: 'POST', headers, body: form })
      if (!reply.ok) throw new Error(`The upload was answered with ${reply.status}: ${(await reply.text()).slice(0, 500)}`)
      await reply.body?.cancel()
    },
    async noneFailed(database) {
      const reply = await fetch(`${address}/api/v1/databases/${database}/documents?state=failed&limit=1`, { headers })
      const body = await reply.text()
      if (!reply.ok || body.includes('"state":"failed"')) throw new Error(`Documents were not indexed (${reply.status}): ${body.slice(0, 500)}`)
    },
    async stop() {
      child.kill('SIGTERM')
      await ended
    },
  }
}

async function addressOf(folder: string, pid: number): Promise<string> {
  const note = join(folder, 'server.json')
  const deadline = Date.now() + START_MS
  while (Date.now() < deadline) {
    const text = existsSync(note) ? readFileSync(note, 'utf8') : ''
    if (text.includes(String(pid))) {
      const { address } = JSON.parse(text) as { address?: string }
      const ready = address === undefined ? undefined : await fetch(`${address}/ready`).catch(() => undefined) // it listens a moment later
      if (address !== undefined && ready?.ok === true) return address
    }
    await sleep(20)
  }
  throw new Error('The server did not start.')
}

/** Memory of a process in MiB; undefined where the system does not tell. */
export function residentMiB(pid: number): number | undefined {
  const path = `/proc/${pid}/status`
  if (!existsSync(path)) return undefined
  const kilobytes = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(path, 'utf8'))?.[1]
  return kilobytes === undefined ? undefined : Math.round(Number(kilobytes) / 1024)
}
