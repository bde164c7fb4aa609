import { mkdtempSync, rmSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { langGraphs } from '../src/adapters/langgraph/graph.ts'
import { memoryCache } from '../src/adapters/memory/cache.ts'
import { openIndexStore } from '../src/adapters/sqlite/index-store.ts'
import { accountCaller } from '../src/domain/caller.ts'
import { runJob } from '../src/flows/run-job.ts'
import { createDatabase, uploadFile } from '../src/flows/upload.ts'
import type { Chat } from '../src/ports/chat.ts'
import type { World } from '../src/ports/world.ts'
import { type Gate, OPEN_GATE } from '../src/server/gate.ts'
import { type RunningServer, startServer } from '../src/server/lifecycle.ts'
import { textBuilder } from '../src/steps/extract/builder.ts'
import { bearer, type Person, person } from './people-fixture.ts'
import { serverForTest } from './server-fixture.ts'

// Processes over the same data that stop, sleep and wake up in the middle of an answer.

export const RESUME = { 'quarry-resume': 'on' }
export const QUESTION = 'How do employees request leave?'
const TEXT = 'Employees request leave in the portal at least two weeks ahead.'
export const PIECES: readonly string[] = ['Employees request leave ', 'in the portal ', `[1: "${TEXT}"].`]

/** A process: `kill` is what a signal does that nobody can catch, as far as its stores and readers see of it. */
export interface Process extends RunningServer {
  kill(): void
  /** It had only slept: what it was about to do is done now. */
  wake(): void
  /** Closes it, dead or not. */
  bury(): Promise<void>
}

export interface Told {
  readonly id: number
  readonly event: string
  readonly data: ReturnType<typeof JSON.parse>
}

/** One document, one person, one model, and as many processes as are started. */
export async function restartFixture() {
  const folder = mkdtempSync(join(tmpdir(), 'quarry-restart-'))
  const { chunks, vectors } = openIndexStore({ folder, threads: 0 })
  const running: Process[] = []
  /** Of the model: how often it was asked, whether it says nothing, and what it waits for before a piece of an answer; `2.0` is the first piece of the second. */
  const model = { asked: 0, thinks: true, stops: new Map<string, Promise<void>>() }
  const chat: Chat = {
    ...{ name: 'stub:thinker', window: 8000, citations: 'markers' },
    async *write(_, signal) {
      model.asked += 1
      const mine = model.asked
      if (model.thinks) await sleep(600_000, undefined, { signal })
      for (const [index, text] of PIECES.entries()) {
        await Promise.race([model.stops.get(`${mine}.${index}`), new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))])
        yield { type: 'text', text }
        await sleep(1)
        signal.throwIfAborted()
      }
      yield { type: 'end', usage: { inputTokens: 10, outputTokens: 5 } }
    },
  }
  const extract: World['extractor']['extract'] = async ({ path }) => {
    const out = textBuilder(1_000_000)
    out.add('paragraph', await readFile(path, 'utf8'))
    return { kind: 'text', extracted: out.finish('text/plain') }
  }
  const home = await serverForTest({ world: { chunks, vectors, chat, extractor: { extract, close: async () => undefined } } })
  const ann: Person = await person(home.world, 'member')
  const caller = accountCaller(ann.account.id, 'member')
  const never = new AbortController().signal
  const { database } = await createDatabase(home.world, caller, { name: 'handbook', chunkSize: 64, chunkOverlap: 0 }, never)

  async function upload(into = database.id): Promise<string> {
    async function* content() {
      yield new TextEncoder().encode(TEXT)
    }
    const file = { name: 'leave.txt', mediaType: 'text/plain', metadata: {}, content: content(), maxBytes: 1_000_000 }
    const { document } = await uploadFile(home.world, caller, into, file, never)
    await work()
    return document.id
  }
  /** Does what waits to be done. */
  async function work(): Promise<void> {
    for (let job = await home.world.queue.claim('w', 30_000); job !== undefined; job = await home.world.queue.claim('w', 30_000))
      await runJob(home.world, job, 'w', () => undefined, never)
  }
  await upload()

  /** Ids of what is kept of answers. */
  const left = async (): Promise<readonly string[]> => (await home.world.checkpoints.checkpointsUnder('')).map(({ id }) => id)

  return {
    ...{ home, ann, caller, database: database.id, model, upload, work, left },

    async reset(): Promise<void> {
      Object.assign(model, { asked: 0, thinks: true })
      model.stops.clear()
      for (const id of await left()) await home.world.checkpoints.removeCheckpoint(id)
    },

    async start(cache: World['cache'] = memoryCache(), change: { readonly world?: Partial<World>; readonly gate?: Gate } = {}): Promise<Process> {
      let isDead = false
      const awake = Promise.withResolvers<void>()
      /** Nothing of it reaches anybody while the process is dead. */
      const dying = <Store extends object>(store: Store): Store =>
        new Proxy(store, {
          get(target, name, receiver) {
            const found = Reflect.get(target, name, receiver)
            if (typeof found !== 'function') return found
            return (...given: unknown[]) => (isDead ? awake.promise.then(() => found.apply(target, given)) : found.apply(target, given))
          },
        })
      const checkpoints = dying(home.world.checkpoints)
      const graphs = langGraphs({ checkpoints, now: home.world.now })
      const stores = { checkpoints, graphs, conversations: dying(home.world.conversations), traces: dying(home.world.traces), cache: dying(cache) }
      const { world, gate = OPEN_GATE } = change
      const live = { graceMs: 30_000, leaseMs: 300 }
      const server = await startServer({ world: { ...home.world, ...stores, ...world }, settings: home.settings, gate, live })
      const process: Process = {
        ...server,
        kill() {
          isDead = true
        },
        wake() {
          isDead = false
          awake.resolve()
        },
        bury() {
          isDead = false
          return server.close()
        },
      }
      running.push(process)
      return process
    },

    send(server: { readonly address: string }, method: string, path: string, body?: unknown, headers: Record<string, string> = {}, token = ann.token) {
      const content = body === undefined ? {} : { body: JSON.stringify(body) }
      const type = body === undefined ? {} : { 'content-type': 'application/json' }
      return fetch(server.address + path, { method, headers: { ...bearer(token), ...type, ...headers }, ...content })
    },

    async close(): Promise<void> {
      await Promise.all(running.map((server) => server.bury()))
      await home.stop()
      await chunks.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

export function eventsIn(text: string): Told[] {
  return [...text.matchAll(/^id: (\d+)\nevent: (\S+)\ndata: (.*)$/gm)].map(([, id, event = '', data = '']) => ({
    id: Number(id),
    event,
    data: JSON.parse(data),
  }))
}

/** Reads until an event is there, or to the end; what was read stays readable. */
export async function some(reply: Response, isIt: (told: Told) => boolean): Promise<Told[]> {
  const reader = (reply.body as ReadableStream<Uint8Array>).pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  for (;;) {
    const { done, value = '' } = await reader.read().catch(() => ({ done: true, value: '' }))
    text += value
    const events = eventsIn(text)
    if (done || events.some(isIt)) return events
  }
}

export const isFound = ({ event }: Told) => event === 'passages-found'
export const isLast = ({ event }: Told) => event === 'answer-end' || event === 'answer-error'
export const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1)
