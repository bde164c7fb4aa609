import { connect } from 'node:net'

// Requests that go on for a while, and when and how they end.

/** Of bodies that do not come to their end, in bytes. */
export const BODY_LENGTH = 1_000_000

export interface Ended {
  /** By the clock of the process, which the server in it goes by too. */
  readonly at: number
  /** All that came back. */
  readonly text: string
}

export interface Opened {
  readonly ended: Promise<Ended>
  isOpen(): boolean
  /** More of the body. */
  send(bytes: string): void
  close(): void
}

interface Sent {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
}

/** Opens a stream of events; there is at least one of them when this is done. @throws what came instead */
export function openStream(address: string, { method, path, headers, body = '' }: Sent): Promise<Opened> {
  const head = { ...headers, ...(body === '' ? {} : { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(body)) }) }
  return opened(
    address,
    `${lines(method, path, head)}${body}`,
    (text) => /\nevent: /.test(text),
    (text) => text.includes('\r\n0\r\n\r\n'),
  )
}

/** Begins a request whose body does not come to its end: the server has asked for it when this is done, and has `first` of it. */
export async function openBody(address: string, { method, path, headers, body: first = '' }: Sent): Promise<Opened> {
  const head = { 'content-length': String(BODY_LENGTH), ...headers, expect: '100-continue' }
  const isAnswered = (text: string) => /^HTTP\/1\.1 [2-5]/m.test(text)
  const open = await opened(address, lines(method, path, head), (text) => text.startsWith('HTTP/1.1 100 '), isAnswered)
  open.send(first)
  return open
}

function lines(method: string, path: string, headers: Readonly<Record<string, string>>): string {
  const rest = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  return `${method} ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n${rest.join('')}\r\n`
}

function opened(address: string, bytes: string, isUnderWay: (text: string) => boolean, isOver: (text: string) => boolean): Promise<Opened> {
  const { port, hostname } = new URL(address)
  const socket = connect(Number(port), hostname)
  let [text, isOpen] = ['', true]
  return new Promise((resolve, reject) => {
    const ended = new Promise<Ended>((settle) => {
      const end = () => {
        if (!isOpen) return
        isOpen = false
        settle({ at: Date.now(), text })
        reject(new Error(`it ended before it was under way: ${text.slice(0, 600)}`))
      }
      socket.on('error', end)
      socket.on('close', end)
      socket.on('data', (piece) => {
        text += piece
        if (isUnderWay(text)) resolve({ ended, isOpen: () => isOpen, send: (more) => void socket.write(more), close: () => socket.destroy() })
        if (isOver(text)) end()
      })
    })
    socket.write(bytes)
  })
}
