import type { z } from 'zod'
import type { traceRoutes } from '../api/traces.ts'
import type { Usage } from '../domain/answer.ts'
import type { Filter } from '../domain/filter.ts'
import { filterToJson } from '../domain/filter-json.ts'
import { withoutFacts } from '../domain/told.ts'
import type { AnswerTrace, TraceCall, TraceSearch } from '../domain/trace.ts'
import type { TraceSummary } from '../ports/traces.ts'
import { usdOf } from './money.ts'
import { iso, presentMode } from './present.ts'

type Listed = z.input<(typeof traceRoutes)['listTraces']['reply']['schema']>['traces'][number]
type Whole = z.input<(typeof traceRoutes)['getTrace']['reply']['schema']>

export function presentTraceSummary(trace: TraceSummary): Listed {
  return {
    id: trace.id,
    conversation_id: trace.conversationId ?? null,
    answer_id: trace.answerId ?? null,
    databases: [...trace.databaseIds],
    question: trace.question,
    started_at: iso(trace.startedAt),
    ms: trace.ms,
    outcome: trace.outcome,
    writer: trace.writer,
    usage: usageOf(trace.usage),
    cost_usd: usdOf(trace.cost),
  }
}

/** What a call failed with is told whole to those who manage the databases: it may hold what a provider said. */
export function presentTrace(trace: AnswerTrace, isManager: boolean): Whole {
  const errorOf = (error: string | undefined) => (error === undefined ? null : isManager ? error : withoutFacts(error))
  return {
    ...presentTraceSummary(trace),
    visitor_id: trace.visitorId ?? null,
    publication_id: trace.publicationId ?? null,
    steps: trace.steps.map(({ node, startedAt, ms, note }) => ({ node, started_at: iso(startedAt), ms, note: note ?? null })),
    searches: trace.searches.map(presentSearch),
    calls: trace.calls.map((call) => ({ ...presentCall(call), error: errorOf(call.error) })),
    sentences: trace.sentences.map(({ text, verdict, citations, reason }) => ({ text, verdict, citations: [...citations], reason: reason ?? null })),
    text: trace.text,
    error: trace.error ?? null,
    settings: { ...trace.settings, ...filterOf(trace.settings.filter) },
  }
}

function presentSearch(search: TraceSearch): Whole['searches'][number] {
  return {
    database_id: search.databaseId,
    version_id: search.versionId,
    query: search.query,
    ...presentMode(search.mode),
    degraded: search.degraded ?? null,
    reranker: search.reranker ?? null,
    cached: search.cached === true,
    models: (search.models ?? []).map(({ purpose, model, tokens, searches, startedAt, ms, cost }) => ({
      ...{ purpose, model, tokens, searches, started_at: iso(startedAt), ms, cost_usd: usdOf(cost) },
    })),
    started_at: iso(search.startedAt),
    ms: search.ms,
    hits: search.hits.map(({ chunkId, documentId, name, score, dense, lexical }) => ({
      ...{ chunk_id: chunkId, document_id: documentId, name, score },
      ...{ dense: dense ?? null, lexical: lexical ?? null },
    })),
  }
}

function presentCall(call: TraceCall): Omit<Whole['calls'][number], 'error'> {
  return {
    purpose: call.purpose,
    model: call.model,
    system: call.system,
    messages: call.messages.map(({ role, text }) => ({ role, text })),
    reply: call.reply,
    started_at: iso(call.startedAt),
    ms_to_first: call.msToFirst ?? null,
    ms: call.ms,
    usage: usageOf(call.usage),
    cost_usd: usdOf(call.cost),
  }
}

function usageOf(usage: Usage | undefined): Listed['usage'] {
  return usage === undefined ? null : { input_tokens: usage.inputTokens, output_tokens: usage.outputTokens }
}

/** As the routes take filters; a text that was cut is left as it is. */
function filterOf(kept: string | number | boolean | undefined): { readonly filter?: string } {
  if (typeof kept !== 'string') return {}
  try {
    return { filter: JSON.stringify(filterToJson(JSON.parse(kept) as Filter)) }
  } catch {
    return {}
  }
}
