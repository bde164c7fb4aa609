import type { Facts } from '../domain/errors.ts'
import type { HttpCall } from './http.ts'
import { reasonOf } from './http-said.ts'

/** A fault that may pass when the same is asked again. */
export class Passing extends Error {
  readonly facts: Facts
  readonly waitMs: number | undefined
  constructor(facts: Facts, waitMs?: number, cause?: unknown) {
    super('passing fault', { cause })
    this.facts = facts
    this.waitMs = waitMs
  }
}

/** Looks after the time of one attempt. */
export interface Watch {
  readonly signal: AbortSignal
  /** A piece has come, and its reader has it: that one's time is not the provider's. Only for streams. */
  pause(): void
  /** The next piece is waited for. */
  await(): void
  explain(error: unknown): unknown
  end(): void
}

export function watchOver(call: HttpCall, service: string, perPiece: boolean): Watch {
  const controller = new AbortController()
  let late: string | undefined
  const expire = (reason: string) => {
    late = reason
    controller.abort()
  }
  const waitForPiece = () => setTimeout(expire, call.timeoutMs, `no answer within ${call.timeoutMs} ms`)
  let timer = waitForPiece()
  const { totalMs } = call
  const whole = totalMs === undefined ? undefined : setTimeout(expire, totalMs, `the answer took longer than ${totalMs} ms`)
  const stop = () => controller.abort(call.signal.reason)
  call.signal.addEventListener('abort', stop, { once: true })
  if (call.signal.aborted) stop()
  return {
    signal: controller.signal,
    pause() {
      if (perPiece) clearTimeout(timer)
    },
    await() {
      if (perPiece) timer = waitForPiece()
    },
    explain(error) {
      if (call.signal.aborted) return call.signal.reason
      return new Passing({ service, reason: late ?? reasonOf(error) }, undefined, error)
    },
    end() {
      clearTimeout(timer)
      clearTimeout(whole)
      call.signal.removeEventListener('abort', stop)
      controller.abort() // frees the connection when the reply was not read to its end
    },
  }
}
