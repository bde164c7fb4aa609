import type { WebSocket } from 'ws'
import type { Followable } from './events.ts'

/** What goes out over one WebSocket. */
export interface Outbox {
  /** A message of few bytes; nothing once it is closed. */
  send(frame: Readonly<Record<string, unknown>>): void
  /** The events of a stream until its last, as fast as they are taken. @throws the signal's reason */
  stream(stream: Followable, after: number, id: string | undefined, signal: AbortSignal): Promise<void>
}

/** Bytes that may wait for the other end: with more of them its answers wait. */
const WAITING = 65_536

export function outbox(ws: WebSocket, slowMs: number): Outbox {
  const isOpen = () => ws.readyState === ws.OPEN

  function send(frame: Readonly<Record<string, unknown>>): void {
    if (isOpen()) ws.send(JSON.stringify({ v: 1, ...frame }))
  }

  /** Resolves when it was given to the network. A reader that takes nothing for too long is cut off. */
  function sent(text: string): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => ws.terminate(), slowMs)
      ws.send(text, () => {
        clearTimeout(timer)
        resolve()
      })
    })
  }

  return {
    send,
    async stream(stream, after, id, signal) {
      const head = `{"v":1,"type":"event",${id === undefined ? '' : `"id":${JSON.stringify(id)},`}"stream":${JSON.stringify(stream.id)},"seq":`
      let isWhole = false
      for await (const { seq, event, text } of stream.follow(after, signal)) {
        isWhole = event === 'answer-end' || event === 'answer-error'
        if (!isOpen()) return
        const frame = `${head}${seq},"event":"${event}","data":${text}}`
        if (ws.bufferedAmount > WAITING) await sent(frame)
        else ws.send(frame)
        if (isWhole) return
      }
      // Cut off here, and still running or kept elsewhere: it can be read on.
      if (!isWhole) send({ type: 'cut', stream: stream.id })
    },
  }
}
