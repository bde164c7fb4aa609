import { WebSocket } from 'ws'
import { bearer } from './people-fixture.ts'
import { json } from './server-fixture.ts'

export type Frame = ReturnType<typeof JSON.parse>

/** A WebSocket with what came over it, in order. */
export interface Line {
  readonly frames: Frame[]
  readonly ws: WebSocket
  say(frame: object): void
  /** Resolves with the first frame that fits, of those that came and come. */
  until(fits: (frame: Frame) => boolean): Promise<Frame>
  readonly closed: Promise<number>
}

export interface Dial {
  readonly path?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly protocols?: readonly string[]
}

/** @throws with the status when the server refuses the upgrade */
export function dial(address: string, { path = '/api/v1/live', headers = {}, protocols = [] }: Dial = {}): Promise<Line> {
  const ws = new WebSocket(address.replace(/^http/, 'ws') + path, [...protocols], { headers })
  const frames: Frame[] = []
  const waiting = new Set<() => void>()
  const wake = () => {
    for (const one of waiting) one()
  }
  ws.on('message', (data) => {
    frames.push(JSON.parse(String(data)))
    wake()
  })
  const closed = new Promise<number>((resolve) => ws.once('close', resolve))
  void closed.then(wake)
  const line: Line = {
    frames,
    ws,
    closed,
    say: (frame) => ws.send(JSON.stringify({ v: 1, ...frame })),
    until: (fits) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const found = frames.find(fits)
          if (found === undefined && ws.readyState !== ws.CLOSED) return
          waiting.delete(look)
          if (found === undefined) reject(new Error(`closed after ${JSON.stringify(frames)}`))
          else resolve(found)
        }
        waiting.add(look)
        look()
      }),
  }
  return new Promise((resolve, reject) => {
    ws.once('open', () => resolve(line))
    ws.once('unexpected-response', (request, reply) => {
      request.destroy()
      reject(new Error(String(reply.statusCode)))
    })
    ws.once('error', reject)
  })
}

export async function ticketOf(
  address: string,
  token: string,
  { base = '/api/v1', headers = {} }: { base?: string; headers?: Record<string, string> } = {},
): Promise<string> {
  const reply = await fetch(`${address}${base}/live-tickets`, { method: 'POST', headers: { ...bearer(token), ...headers } })
  if (reply.status !== 201) throw new Error(`no ticket: ${reply.status}`)
  return (await json(reply)).ticket
}

/** Connected, and let in. */
export async function signedOn(address: string, token: string, dialed: Dial = {}): Promise<Line> {
  const ticket = await ticketOf(address, token)
  const line = await dial(address, dialed)
  line.say({ type: 'hello', ticket })
  await line.until(({ type }) => type === 'ready')
  return line
}
