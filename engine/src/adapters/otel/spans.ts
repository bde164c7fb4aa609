import type { AnswerTrace, ModelUse, TraceCall, TraceSearch, TraceStep } from '../../domain/trace.ts'

/** A span to be told; times are epoch ms. */
export interface SpanFacts {
  readonly name: string
  /** `client`: it asks another service. */
  readonly kind: 'internal' | 'client'
  readonly startedAt: number
  readonly endedAt: number
  readonly attributes: Readonly<Record<string, string | number | boolean | string[]>>
  /** A short word of what went wrong. */
  readonly error: string | undefined
  readonly children: readonly SpanFacts[]
}

/** Providers as the semantic conventions name them, where they do not name them as we do. */
const PROVIDERS: Readonly<Record<string, string>> = { bedrock: 'aws.bedrock', sagemaker: 'aws.sagemaker' }
const OTHER = '_OTHER'

/**
 * A trace as a tree of spans, with the attributes of the semantic conventions for generative AI where they have them. Whatever people,
 * documents or models wrote, names of files among it, is told only with `capturesText`.
 */
export function spansOf(trace: AnswerTrace, capturesText: boolean): SpanFacts {
  const { startedAt, ms, steps, searches, calls, databaseIds, conversationId, publicationId, visitorId, outcome, writer, usage, cost, sentences } = trace
  const text = (facts: Readonly<Record<string, string | undefined>>) => (capturesText ? facts : {})
  const settings = Object.entries(trace.settings).filter(([, value]) => capturesText || typeof value !== 'string')
  const verdicts = Object.groupBy(sentences, ({ verdict }) => verdict)
  const counts = Object.entries(verdicts).map(([verdict, all]) => [`quarry.sentences.${verdict}`, all.length])
  const within = [...searches.map((one) => searchSpan(one, text)), ...calls.map((one) => callSpan(one, text))]
  const parents = steps.map((step) => ({ step, children: [] as SpanFacts[] }))
  const alone: SpanFacts[] = []
  for (const span of within) {
    const parent = parents.find(({ step }) => step.startedAt <= span.startedAt && span.startedAt <= step.startedAt + step.ms)
    if (parent === undefined) alone.push(span)
    else parent.children.push(span)
  }
  return {
    name: 'quarry.answer',
    kind: 'internal',
    startedAt,
    endedAt: startedAt + ms,
    error: outcome === 'failed' ? wordOf(trace.error) : undefined,
    children: [...parents.map(({ step, children }) => stepSpan(step, children, text)), ...alone],
    attributes: given({
      'quarry.outcome': outcome,
      'quarry.writer': writer,
      'quarry.databases': [...databaseIds],
      'quarry.publication': publicationId,
      'quarry.visitor': visitorId === undefined ? undefined : true,
      'quarry.cost_micro_dollars': cost,
      'gen_ai.conversation.id': conversationId,
      'gen_ai.usage.input_tokens': usage?.inputTokens,
      'gen_ai.usage.output_tokens': usage?.outputTokens,
      ...Object.fromEntries(counts),
      ...Object.fromEntries(settings.map(([name, value]) => [`quarry.settings.${name}`, value])),
      ...text({ 'quarry.question': trace.question, 'quarry.text': trace.text }),
    }),
  }
}

type Text = (facts: Readonly<Record<string, string | undefined>>) => Readonly<Record<string, string | undefined>>

function stepSpan({ node, startedAt, ms, note }: TraceStep, children: readonly SpanFacts[], text: Text): SpanFacts {
  const attributes = given({ 'quarry.step': node, ...text({ 'quarry.note': note }) })
  return { name: `quarry.step ${node}`, kind: 'internal', startedAt, endedAt: startedAt + ms, error: undefined, attributes, children }
}

function searchSpan(search: TraceSearch, text: Text): SpanFacts {
  const { databaseId, versionId, query, mode, degraded, reranker, cached = false, models = [], startedAt, ms, hits } = search
  const found = hits.map(({ documentId, name, score }) => ({ id: documentId, name, score }))
  return {
    name: `retrieval ${databaseId}`,
    kind: 'internal',
    startedAt,
    endedAt: startedAt + ms,
    error: undefined,
    children: models.map(useSpan),
    attributes: given({
      'gen_ai.operation.name': 'retrieval',
      'gen_ai.data_source.id': databaseId,
      'quarry.version': versionId,
      'quarry.mode': mode.mode,
      'quarry.embedding_model': mode.mode === 'hybrid' ? mode.model : undefined,
      'quarry.degraded': degraded !== undefined ? true : undefined,
      'quarry.reranker': reranker,
      'quarry.cached': cached,
      'quarry.hits': hits.length,
      'quarry.chunks': hits.map(({ chunkId }) => chunkId),
      ...text({ 'gen_ai.retrieval.query.text': query, 'gen_ai.retrieval.documents': JSON.stringify(found) }),
    }),
  }
}

function useSpan({ purpose, model, tokens, searches, cost, startedAt, ms }: ModelUse): SpanFacts {
  const { provider, name } = named(model)
  // The conventions have no word for reranking.
  const operation = purpose === 'embed' ? 'embeddings' : 'rerank'
  return {
    name: `${operation} ${name}`,
    kind: 'client',
    startedAt,
    endedAt: startedAt + ms,
    error: undefined,
    children: [],
    attributes: given({
      'gen_ai.operation.name': operation,
      'gen_ai.provider.name': provider,
      'gen_ai.request.model': name,
      'gen_ai.usage.input_tokens': tokens,
      'quarry.searches': searches === 0 ? undefined : searches,
      'quarry.cost_micro_dollars': cost,
    }),
  }
}

/** By the provider's name in the conventions. */
function named(model: string): { readonly provider: string; readonly name: string } {
  const [provider = '', ...rest] = model.split(':')
  return { provider: PROVIDERS[provider] ?? provider, name: rest.length === 0 ? model : rest.join(':') }
}

function callSpan({ purpose, model, system, messages, reply, startedAt, msToFirst, ms, usage, cost, error }: TraceCall, text: Text): SpanFacts {
  const { provider, name } = named(model)
  const message = (role: string, content: string) => ({ role, parts: [{ type: 'text', content }] })
  return {
    name: `chat ${name}`,
    kind: 'client',
    startedAt,
    endedAt: startedAt + ms,
    error: error === undefined ? undefined : wordOf(error),
    children: [],
    attributes: given({
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': provider,
      'gen_ai.request.model': name,
      'gen_ai.request.stream': true,
      'gen_ai.usage.input_tokens': usage?.inputTokens,
      'gen_ai.usage.output_tokens': usage?.outputTokens,
      'gen_ai.response.time_to_first_chunk': msToFirst === undefined ? undefined : msToFirst / 1000, // in seconds
      'quarry.purpose': purpose,
      'quarry.cost_micro_dollars': cost,
      ...text({
        'gen_ai.system_instructions': JSON.stringify([{ type: 'text', content: system }]),
        'gen_ai.input.messages': JSON.stringify(messages.map(({ role, text: said }) => message(role, said))),
        'gen_ai.output.messages': JSON.stringify([message('assistant', reply)]),
      }),
    }),
  }
}

/** Of an error only its code: messages name what they are about. */
function wordOf(error: string | undefined): string {
  return /^[a-z-]+\/[a-z-]+/.exec(error ?? '')?.[0] ?? OTHER
}

function given(facts: Readonly<Record<string, string | number | boolean | string[] | undefined>>): SpanFacts['attributes'] {
  return Object.fromEntries(Object.entries(facts).filter((entry): entry is [string, string | number | boolean | string[]] => entry[1] !== undefined))
}
