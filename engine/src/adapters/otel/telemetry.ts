import { setTimeout as pause } from 'node:timers/promises'
import type { AnswerTrace } from '../../domain/trace.ts'
import type { Telemetry } from '../../ports/traces.ts'
import type { Exporting } from './exporting.ts'
import { spansOf } from './spans.ts'

export interface OtelOptions {
  /** Such as http://127.0.0.1:4318. */
  readonly endpoint: string
  readonly headers: Readonly<Record<string, string>>
  readonly service: string
  readonly capturesText: boolean
  readonly log: { warn(event: string, facts?: Readonly<Record<string, unknown>>): void }
  /** Longest wait before what has come together is sent. */
  readonly delayMs?: number
  /** Spans that may wait; more are dropped. */
  readonly mostWaiting?: number
  readonly timeoutMs?: number
  /** How long the end of the process waits for the collector. */
  readonly closeMs?: number
}

/** Traces that may wait while the packages are loaded. */
const MOST_EARLY = 100

/** Tells traces to an OpenTelemetry collector as OTLP over HTTP. One that is down costs its spans and a line in the log, nothing else. */
export function otelTelemetry(options: OtelOptions): Telemetry {
  const { capturesText, log, delayMs = 2_000, mostWaiting = 4_096, timeoutMs = 5_000, closeMs = 2_000 } = options
  const early: AnswerTrace[] = []
  let out: Exporting | undefined
  let loading: Promise<void> | undefined
  let closed = false
  let failing = false

  function onSent(fault: Error | undefined): void {
    if (fault !== undefined && !failing) log.warn('telemetry-not-sent', { endpoint: options.endpoint, cause: fault })
    failing = fault !== undefined
  }
  function add(to: Exporting, trace: AnswerTrace): void {
    try {
      to.add(trace.id, spansOf(trace, capturesText))
    } catch (cause) {
      log.warn('telemetry-not-told', { trace: trace.id, cause })
    }
  }
  async function load(): Promise<void> {
    try {
      const { exporting } = await import('./exporting.ts')
      const made = exporting({ ...options, delayMs, mostWaiting, timeoutMs, onSent })
      for (const trace of early.splice(0)) add(made, trace)
      out = made
    } catch (cause) {
      log.warn('telemetry-not-loaded', { cause })
    }
  }

  return {
    told(trace) {
      if (closed) return
      if (out !== undefined) return add(out, trace)
      if (early.length < MOST_EARLY) early.push(trace)
      loading ??= load()
    },
    async close() {
      if (closed) return
      closed = true
      await loading
      const ended = out?.close().catch(onSent)
      await Promise.race([ended, pause(closeMs, undefined, { ref: false })])
    },
  }
}
