import { bearer } from '../people-fixture.ts'
import { json } from '../server-fixture.ts'
import { type Line, signedOn } from '../socket-client.ts'

// Whoever asks, and reads what comes: over server-sent events or over a WebSocket, until the line is cut or the answer has ended.

/** An event as it came. */
export interface Told {
  readonly seq: number
  readonly event: string
  readonly data: Data
}
/** What it should be is what the checks say. */
export type Data = ReturnType<typeof JSON.parse>

export const CARRIERS = ['sse', 'socket'] as const
export type Carrier = (typeof CARRIERS)[number]

export interface Door {
  readonly address: string
  readonly token: string
}

/** One connection on which an answer is read. */
export interface Reading {
  /** Id of the stream; undefined for an answer that ends with its reader. */
  readonly stream: string | undefined
  /** So many events from here on, fewer when the stream ends before; all unless told. */
  take(most?: number): Promise<readonly Told[]>
  /** Leaves, as whoever lost the network does. */
  cut(): Promise<void>
}

export function isLast({ event }: Pick<Told, 'event'>): boolean {
  return event === 'answer-end' || event === 'answer-error'
}

/** Asks. @throws with the reply when the answer is refused before its first event */
export async function ask(door: Door, carrier: Carrier, database: string, body: object, resumable: boolean): Promise<Reading> {
  if (carrier === 'sse') {
    const headers = { 'content-type': 'application/json', ...(resumable ? { 'quarry-resume': 'on' } : {}) }
    const reading = eventsOf(await send(door, 'POST', `/api/v1/databases/${database}/ask`, { headers, body: JSON.stringify(body) }))
    return resumable ? reading : { ...reading, stream: undefined }
  }
  const line = await signedOn(door.address, door.token)
  line.say({ type: 'ask', id: 'a', database, ...body })
  const first = await line.until(({ id, type }) => id === 'a' && (type === 'event' || type === 'error'))
  if (first.type === 'error') throw new Error(`not answered: ${JSON.stringify(first.error)}`)
  return framesOf(line, first.stream)
}

/** Reads on behind an event. Undefined when nothing comes behind it. */
export async function resume(door: Door, carrier: Carrier, stream: string, after: number): Promise<Reading | undefined> {
  if (carrier === 'sse') {
    const reply = await send(door, 'GET', `/api/v1/streams/${stream}`, { headers: { 'last-event-id': String(after) } })
    return reply.status === 204 ? undefined : eventsOf(reply)
  }
  const line = await signedOn(door.address, door.token)
  line.say({ type: 'resume', stream, after })
  return framesOf(line, stream)
}

export async function stop(door: Door, carrier: Carrier, stream: string): Promise<void> {
  if (carrier === 'sse') {
    const reply = await send(door, 'DELETE', `/api/v1/streams/${stream}`)
    if (reply.status !== 200) throw new Error(`not stopped: ${reply.status} ${await reply.text()}`)
    return
  }
  const line = await signedOn(door.address, door.token)
  line.say({ type: 'stop', stream })
  await line.until(({ type }) => type === 'stopped')
  await closed(line)
}

export async function get(door: Door, path: string): Promise<{ readonly status: number; readonly data: Data }> {
  const reply = await send(door, 'GET', path)
  return { status: reply.status, data: await json(reply) }
}

export async function send({ address, token }: Door, method: string, path: string, init: RequestInit = {}): Promise<Response> {
  return fetch(address + path, { ...init, method, headers: { ...bearer(token), ...init.headers } })
}

function eventsOf(reply: Response): Reading {
  if (reply.status !== 200 || reply.body === null) throw new Error(`no answer: ${reply.status}`)
  const reader = reply.body.pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  return {
    stream: reply.headers.get('x-stream-id') ?? undefined,
    async take(most = Number.POSITIVE_INFINITY) {
      const taken: Told[] = []
      while (taken.length < most) {
        const end = text.indexOf('\n\n')
        if (end === -1) {
          const { value, done } = await reader.read()
          if (done) break
          text += value
          continue
        }
        const block = text.slice(0, end)
        text = text.slice(end + 2)
        const found = /^id: (\d+)\nevent: (\S+)\ndata: (.*)$/.exec(block)
        if (found !== null) taken.push({ seq: Number(found[1]), event: found[2] ?? '', data: JSON.parse(found[3] ?? '') })
        else if (!block.startsWith(':')) throw new Error(`not an event: ${block}`)
      }
      return taken
    },
    cut: () => reader.cancel().catch(() => undefined),
  }
}

function framesOf(line: Line, stream: string): Reading {
  let given = 0
  const events = () => line.frames.filter((frame) => frame.type === 'event' && frame.stream === stream)
  const isOver = () => line.frames.some((frame) => frame.stream === stream && (isLast(frame) || frame.type === 'cut'))
  return {
    stream,
    async take(most = Number.POSITIVE_INFINITY) {
      await line.until(({ type }) => type === 'error' || isOver() || events().length >= given + most)
      const fault = line.frames.find(({ type }) => type === 'error')
      if (fault !== undefined) throw new Error(`not read: ${JSON.stringify(fault)}`)
      if (isOver()) await answered(line)
      const taken = events().slice(given, given + most)
      given += taken.length
      return taken.map(({ seq, event, data }) => ({ seq, event, data }))
    },
    async cut() {
      line.ws.terminate()
      await line.closed
    },
  }
}

/** Until all that was sent so far has come: what comes behind the end of an answer would be a fault. */
function answered({ ws }: Line): Promise<void> {
  return new Promise((resolve) => {
    ws.once('pong', () => resolve())
    ws.ping()
  })
}

async function closed(line: Line): Promise<void> {
  line.ws.close()
  await line.closed
}
