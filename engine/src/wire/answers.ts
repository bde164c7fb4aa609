import { langGraphs } from '../adapters/langgraph/graph.ts'
import { type OtelOptions, otelTelemetry } from '../adapters/otel/telemetry.ts'
import { sqliteCheckpoints } from '../adapters/sqlite/checkpoints.ts'
import type { SqliteFile } from '../adapters/sqlite/database.ts'
import { sqliteTraces } from '../adapters/sqlite/traces.ts'
import type { Telemetry } from '../ports/traces.ts'
import type { Log, World } from '../ports/world.ts'
import type { Settings } from '../settings.ts'

/** What the world knows of how answers are made and came about. */
export type AnswersWorld = Pick<World, 'graphs' | 'checkpoints' | 'traces' | 'telemetry'>

export interface AnswersOptions {
  /** Of the catalog: traces and states of runs go with the conversations in it. */
  readonly file: SqliteFile
  readonly settings: AnswersSettings
  readonly log: Log
  now(): number
}

export type AnswersSettings = Pick<
  Settings,
  'TRACE_KEEP_DAYS' | 'OTEL_EXPORTER_OTLP_ENDPOINT' | 'OTEL_EXPORTER_OTLP_HEADERS' | 'OTEL_SERVICE_NAME' | 'OTEL_CAPTURE_TEXT'
>

const NO_TELEMETRY: Telemetry = { told: () => undefined, close: async () => undefined }

/** `telemetry.close` sends what is left. */
export function openAnswers({ file, settings, log, now }: AnswersOptions): AnswersWorld {
  const checkpoints = sqliteCheckpoints(file)
  const outside = otelOptionsOf(settings)
  return {
    checkpoints,
    graphs: langGraphs({ checkpoints, now, onFault: (fault) => log.warn('checkpoint-stays', { cause: fault }) }),
    traces: sqliteTraces(file, { keeps: settings.TRACE_KEEP_DAYS > 0 }),
    telemetry: outside === undefined ? NO_TELEMETRY : otelTelemetry({ ...outside, log }),
  }
}

function otelOptionsOf(settings: AnswersSettings): Omit<OtelOptions, 'log'> | undefined {
  const { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_EXPORTER_OTLP_HEADERS: headers, OTEL_SERVICE_NAME: service, OTEL_CAPTURE_TEXT: text } = settings
  return endpoint === undefined ? undefined : { endpoint, headers, service, capturesText: text === 'on' }
}
