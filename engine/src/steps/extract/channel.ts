import { read, readSync, writeSync } from 'node:fs'
import { AppError } from '../../domain/errors.ts'
import { FRAME, FRAME_HEADER_BYTES, FRAME_PIECE_BYTES, type FrameKind, frameHeader } from '../../ports/extraction-frames.ts'

/** The child's end of the pipe. Waits for a request without blocking; everything within a request is synchronous. */
export interface Channel {
  send(kind: FrameKind, body: unknown): void
  sendBytes(kind: FrameKind, body: Uint8Array): void
  /** The next request; undefined when the parent has gone. */
  request(): Promise<Uint8Array | undefined>
  /** Bytes of the file under the reader's hands. */
  fetchBytes(offset: number, length: number): Uint8Array
}

/** Source: long enough not to spin, too short to be felt. */
const RETRY_MS = 2

export function channel(descriptor: number): Channel {
  const pause = new Int32Array(new SharedArrayBuffer(4))

  function writeAll(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) {
      try {
        at += writeSync(descriptor, bytes, at)
      } catch (cause) {
        if (!isAgain(cause)) throw cause
        Atomics.wait(pause, 0, 0, RETRY_MS)
      }
    }
  }

  function readAll(length: number): Uint8Array {
    const bytes = new Uint8Array(length)
    for (let at = 0; at < length; ) {
      try {
        const got = readSync(descriptor, bytes, at, length - at, null)
        if (got === 0) throw new Error('The parent has gone.')
        at += got
      } catch (cause) {
        if (!isAgain(cause)) throw cause
        Atomics.wait(pause, 0, 0, RETRY_MS)
      }
    }
    return bytes
  }

  function readHeader(first: Uint8Array): { kind: number; length: number } {
    return { kind: first[0] ?? 0, length: new DataView(first.buffer, first.byteOffset).getUint32(1) }
  }

  function sendBytes(kind: FrameKind, body: Uint8Array): void {
    writeAll(frameHeader(kind, body.length))
    writeAll(body)
  }

  return {
    sendBytes,
    send: (kind, body) => sendBytes(kind, Buffer.from(JSON.stringify(body))),
    async request() {
      const first = new Uint8Array(1)
      const got = await firstByte(descriptor, first)
      if (got === 0) return undefined
      const rest = readAll(FRAME_HEADER_BYTES - 1)
      const { kind, length } = readHeader(new Uint8Array([...first, ...rest]))
      if (kind !== FRAME.request) throw new Error(`A request was expected, not frame ${kind}.`)
      return readAll(length)
    },
    fetchBytes(offset, length) {
      const whole = new Uint8Array(length)
      for (let at = 0; at < length; ) {
        const piece = Math.min(FRAME_PIECE_BYTES, length - at)
        sendBytes(FRAME.read, Buffer.from(JSON.stringify({ offset: offset + at, length: piece })))
        const header = readHeader(readAll(FRAME_HEADER_BYTES))
        if (header.kind !== FRAME.data) throw new Error(`Data was expected, not frame ${header.kind}.`)
        if (header.length === 0) throw new AppError('document/truncated', { expected: length, got: at })
        whole.set(readAll(header.length), at)
        at += header.length
      }
      return whole
    },
  }
}

function firstByte(descriptor: number, into: Uint8Array): Promise<number> {
  return new Promise((resolve, reject) => {
    const attempt = (): void =>
      read(descriptor, into, 0, 1, null, (cause, got) => {
        if (cause === null) resolve(got)
        else if (isAgain(cause)) setTimeout(attempt, RETRY_MS)
        else reject(cause)
      })
    attempt()
  })
}

function isAgain(cause: unknown): boolean {
  return cause instanceof Error && 'code' in cause && cause.code === 'EAGAIN'
}
