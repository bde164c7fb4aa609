import { type Context, context, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { BatchSpanProcessor, RandomIdGenerator, type SpanExporter, TracerProvider } from '@opentelemetry/sdk-trace'
import type { SpanFacts } from './spans.ts'

// Everything that loads OpenTelemetry: imported with the first trace that is told.

export interface ExportingOptions {
  /** Where the collector answers; `/v1/traces` is added. */
  readonly endpoint: string
  readonly headers: Readonly<Record<string, string>>
  readonly service: string
  readonly delayMs: number
  readonly mostWaiting: number
  /** How long a collector may take for one batch, with all attempts, in ms. */
  readonly timeoutMs: number
  /** Told after each batch: undefined when it was taken. */
  onSent(fault: Error | undefined): void
}

export interface Exporting {
  /** `traceId` has 32 hexadecimal digits. */
  add(traceId: string, root: SpanFacts): void
  close(): Promise<void>
}

export function exporting({ endpoint, headers, service, delayMs, mostWaiting, timeoutMs, onSent }: ExportingOptions): Exporting {
  let nextTraceId = ''
  const random = new RandomIdGenerator()
  const otlp = new OTLPTraceExporter({ url: `${endpoint}/v1/traces`, headers, timeoutMillis: timeoutMs })
  const exporter: SpanExporter = {
    export: (spans, done) =>
      otlp.export(spans, (result) => {
        onSent(result.code === 0 ? undefined : (result.error ?? new Error('the collector did not take them')))
        done(result)
      }),
    forceFlush: () => otlp.forceFlush(),
    shutdown: () => otlp.shutdown(),
  }
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ 'service.name': service }),
    idGenerator: { generateTraceId: () => nextTraceId, generateSpanId: () => random.generateSpanId() },
    spanProcessors: [
      new BatchSpanProcessor({
        exporter,
        scheduledDelayMillis: delayMs,
        maxQueueSize: mostWaiting,
        maxExportBatchSize: Math.min(512, mostWaiting),
        exportTimeoutMillis: timeoutMs,
      }),
    ],
  })
  const tracer = provider.getTracer('quarry')

  function write(facts: SpanFacts, parent: Context): void {
    const { name, kind, startedAt, endedAt, attributes, error, children } = facts
    const span = tracer.startSpan(name, { kind: kind === 'client' ? SpanKind.CLIENT : SpanKind.INTERNAL, startTime: startedAt, attributes }, parent)
    if (error !== undefined) span.setAttribute('error.type', error).setStatus({ code: SpanStatusCode.ERROR })
    const inside = trace.setSpan(parent, span)
    for (const child of children) write(child, inside)
    span.end(endedAt)
  }

  return {
    add(traceId, root) {
      nextTraceId = traceId
      write(root, ROOT_CONTEXT)
    },
    close: () => context.with(ROOT_CONTEXT, () => provider.shutdown()),
  }
}
