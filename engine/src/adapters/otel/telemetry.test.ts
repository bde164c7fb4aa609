import { execFile } from 'node:child_process'
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, expect, test } from 'vitest'
import type { AnswerTrace } from '../../domain/trace.ts'
import { newTrace } from '../../ports/trace-samples.contract.ts'
import { type OtelOptions, otelTelemetry } from './telemetry.ts'

interface Attribute {
  readonly key: string
  readonly value: {
    readonly stringValue?: string
    readonly intValue?: number
    readonly doubleValue?: number
    readonly boolValue?: boolean
    readonly arrayValue?: unknown
  }
}
interface WireSpan {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly name: string
  readonly kind: number
  readonly startTimeUnixNano: string
  readonly endTimeUnixNano: string
  readonly attributes: readonly Attribute[]
  readonly status: { readonly code: number; readonly message?: string }
}
interface WireTraces {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly Attribute[] }
    readonly scopeSpans: readonly { readonly spans: readonly WireSpan[] }[]
  }[]
}

const ending: (() => Promise<unknown> | undefined)[] = []
afterEach(async () => {
  for (const end of ending.splice(0)) await end()
})

type Answer = (response: ServerResponse) => void
const TAKEN: Answer = (response) => response.writeHead(200, { 'content-type': 'application/json' }).end('{}')

/** A collector that keeps what it was sent; `answer` may be changed meanwhile. */
async function collector(answer: Answer = TAKEN, port = 0) {
  const got: { readonly path: string | undefined; readonly headers: IncomingHttpHeaders; readonly text: string }[] = []
  const it = { answer }
  const server = createServer((request, response) => {
    const pieces: Buffer[] = []
    request.on('data', (piece: Buffer) => void pieces.push(piece))
    request.on('end', () => {
      got.push({ path: request.url, headers: request.headers, text: Buffer.concat(pieces).toString() })
      it.answer(response)
    })
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  ending.push(close)
  const bound = (server.address() as AddressInfo).port
  const spans = () =>
    got.flatMap(({ text }) => (JSON.parse(text) as WireTraces).resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((each) => each.spans)))
  return Object.assign(it, { got, spans, close, port: bound, endpoint: `http://127.0.0.1:${bound}` })
}

function open(endpoint: string, more: Partial<OtelOptions> = {}) {
  const warned: string[] = []
  const log = { warn: (event: string) => void warned.push(event) }
  const telemetry = otelTelemetry({ endpoint, headers: {}, service: 'quarry', capturesText: false, log, delayMs: 5, timeoutMs: 300, closeMs: 300, ...more })
  ending.push(() => telemetry.close())
  return { telemetry, warned }
}

async function until(what: () => boolean): Promise<void> {
  for (let tries = 0; !what() && tries < 500; tries += 1) await new Promise((resolve) => setTimeout(resolve, 10))
  expect(what()).toBe(true)
}

const SECRETS = [
  'asked-secret',
  'answered-secret',
  'system-secret',
  'message-secret',
  'reply-secret',
  'query-secret',
  'file-secret',
  'note-secret',
  'voice-secret',
  'reason-secret',
  'fault-secret',
]

const FULL: AnswerTrace = newTrace('usr_1', {
  ...{ id: '0af7651916cd43dd8448eb211c80319c', conversationId: 'conv_1', databaseIds: ['db_1', 'db_2'], publicationId: 'pub_1', visitorId: 'vis_1' },
  ...{ question: 'asked-secret', text: 'answered-secret', startedAt: 1_700_000_000_000, ms: 250.5, outcome: 'failed', writer: 'bedrock:claude' },
  ...{
    error: 'model/unavailable fault-secret',
    usage: { inputTokens: 30, outputTokens: 12 },
    cost: 77,
    settings: { n: 8, voice: 'voice-secret', strict: true },
  },
  steps: [
    { node: 'retrieve', startedAt: 1_700_000_000_001, ms: 40, note: 'note-secret' },
    { node: 'write', startedAt: 1_700_000_000_050, ms: 150, note: undefined },
  ],
  searches: [
    {
      ...{ databaseId: 'db_1', versionId: 'ver_1', query: 'query-secret', mode: { mode: 'hybrid', model: 'local:e5' }, degraded: 'fault-secret' },
      ...{ reranker: 'cohere:rerank', startedAt: 1_700_000_000_002, ms: 30 },
      models: [
        { purpose: 'embed', model: 'bedrock:cohere.embed-v4:0', tokens: 7, searches: 0, cost: 1, startedAt: 1_700_000_000_002, ms: 10 },
        { purpose: 'rerank', model: 'cohere:rerank', tokens: 900, searches: 2, cost: undefined, startedAt: 1_700_000_000_020, ms: 11 },
      ],
      hits: [{ chunkId: 'c1', documentId: 'd1', name: 'file-secret', score: 0.9, dense: 0.5, lexical: undefined }],
    },
  ],
  calls: [
    {
      ...{ purpose: 'write', model: 'bedrock:claude:v1', system: 'system-secret', messages: [{ role: 'user', text: 'message-secret' }], reply: 'reply-secret' },
      ...{
        startedAt: 1_700_000_000_055,
        msToFirst: 20,
        ms: 100,
        usage: { inputTokens: 30, outputTokens: 12 },
        cost: 77,
        error: 'model/unavailable fault-secret',
      },
    },
  ],
  sentences: [
    { text: 'answered-secret', verdict: 'verified', citations: [1], reason: undefined },
    { text: 'answered-secret', verdict: 'unsupported', citations: [], reason: 'reason-secret' },
  ],
})

const fact = (attributes: readonly Attribute[], key: string) => {
  const value = attributes.find((each) => each.key === key)?.value
  return value?.stringValue ?? value?.intValue ?? value?.doubleValue ?? value?.boolValue ?? value?.arrayValue
}

test('a trace becomes spans under its own id, with the times and attributes that it has', async () => {
  const at = await collector()
  const { telemetry } = open(at.endpoint, { headers: { authorization: 'Bearer key', 'x-team': 'a b' }, service: 'our-quarry' })
  telemetry.told(FULL)
  await telemetry.close()
  const [request] = at.got
  expect(request?.path).toBe('/v1/traces')
  expect(request?.headers).toMatchObject({ authorization: 'Bearer key', 'x-team': 'a b', 'content-type': 'application/json' })
  const [resource] = (JSON.parse(request?.text ?? '') as WireTraces).resourceSpans
  expect(fact(resource?.resource.attributes ?? [], 'service.name')).toBe('our-quarry')
  const spans = at.spans()
  const asked = ['chat claude:v1', 'embeddings cohere.embed-v4:0', 'rerank rerank']
  expect(spans.map(({ name }) => name).sort()).toEqual([...asked, 'quarry.answer', 'quarry.step retrieve', 'quarry.step write', 'retrieval db_1'].sort())
  const [answer, retrieve, write, search, chat] = ['quarry.answer', 'quarry.step retrieve', 'quarry.step write', 'retrieval db_1', 'chat claude:v1'].map(
    (name) => spans.find((each) => each.name === name),
  )
  expect(new Set(spans.map(({ traceId }) => traceId))).toEqual(new Set([FULL.id]))
  expect(answer?.parentSpanId ?? '').toBe('')
  expect([retrieve?.parentSpanId, write?.parentSpanId]).toEqual([answer?.spanId, answer?.spanId])
  expect([search?.parentSpanId, chat?.parentSpanId]).toEqual([retrieve?.spanId, write?.spanId])
  expect([answer?.startTimeUnixNano, answer?.endTimeUnixNano]).toEqual(['1700000000000000000', '1700000000250500000'])
  expect([chat?.kind, answer?.kind]).toEqual([3, 1]) // client, internal
  expect([chat?.status.code, answer?.status.code, search?.status.code]).toEqual([2, 2, 0])
  const facts = (span: WireSpan | undefined, ...keys: string[]) => keys.map((key) => fact(span?.attributes ?? [], key))
  expect(
    facts(chat, 'gen_ai.operation.name', 'gen_ai.provider.name', 'gen_ai.request.model', 'gen_ai.usage.input_tokens', 'gen_ai.usage.output_tokens'),
  ).toEqual(['chat', 'aws.bedrock', 'claude:v1', 30, 12])
  expect(facts(chat, 'error.type', 'gen_ai.response.time_to_first_chunk', 'quarry.cost_micro_dollars')).toEqual(['model/unavailable', 0.02, 77])
  expect(facts(answer, 'quarry.outcome', 'quarry.cost_micro_dollars', 'gen_ai.conversation.id', 'quarry.sentences.verified', 'quarry.settings.n')).toEqual([
    'failed',
    77,
    'conv_1',
    1,
    8,
  ])
  expect(facts(search, 'gen_ai.operation.name', 'gen_ai.data_source.id', 'quarry.hits', 'quarry.reranker', 'quarry.mode')).toEqual([
    'retrieval',
    'db_1',
    1,
    'cohere:rerank',
    'hybrid',
  ])
  const [embedded, ordered] = ['embeddings', 'rerank'].map((operation) => spans.find(({ name }) => name.startsWith(`${operation} `)))
  expect([embedded?.parentSpanId, ordered?.parentSpanId, embedded?.kind]).toEqual([search?.spanId, search?.spanId, 3])
  const taken = ['gen_ai.operation.name', 'gen_ai.provider.name', 'gen_ai.usage.input_tokens', 'quarry.searches', 'quarry.cost_micro_dollars']
  expect(facts(embedded, ...taken)).toEqual(['embeddings', 'aws.bedrock', 7, undefined, 1])
  expect(facts(ordered, ...taken)).toEqual(['rerank', 'cohere', 900, 2, undefined])
  expect([ordered?.startTimeUnixNano, ordered?.endTimeUnixNano]).toEqual(['1700000000020000000', '1700000000031000000'])
})

test('what people, documents and models wrote is told only when that is wanted', async () => {
  const at = await collector()
  const { telemetry } = open(at.endpoint)
  telemetry.told(FULL)
  await telemetry.close()
  const silent = at.got.map(({ text }) => text).join()
  for (const secret of SECRETS) expect(silent).not.toContain(secret)
  const open2 = open(at.endpoint, { capturesText: true })
  open2.telemetry.told(FULL)
  await open2.telemetry.close()
  const told = at.got.at(-1)?.text ?? ''
  for (const secret of SECRETS.filter((each) => !['reason-secret', 'fault-secret'].includes(each))) expect(told).toContain(secret)
})

test('a collector that is down costs its spans and one line in the log; what comes later is told', async () => {
  const first = await collector()
  const { port, endpoint } = first
  await first.close()
  const { telemetry, warned } = open(endpoint)
  for (let index = 0; index < 20; index += 1) {
    telemetry.told(newTrace('usr_1'))
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  await until(() => warned.length > 0)
  const again = await collector(TAKEN, port)
  const late = newTrace('usr_1')
  await until(() => {
    telemetry.told(late)
    return again.spans().some(({ traceId }) => traceId === late.id)
  })
  expect(warned).toEqual(['telemetry-not-sent'])
})

test('a collector that refuses is told of once, and again when it refuses after it took some', async () => {
  const at = await collector((response) => response.writeHead(400).end())
  const { telemetry, warned } = open(at.endpoint)
  telemetry.told(newTrace('usr_1'))
  await until(() => warned.length === 1)
  at.answer = TAKEN
  const taken = newTrace('usr_1')
  telemetry.told(taken)
  await until(() => at.spans().some(({ traceId }) => traceId === taken.id))
  await until(() => {
    at.answer = (response) => response.writeHead(403).end()
    telemetry.told(newTrace('usr_1'))
    return warned.length === 2
  })
})

test('what waits is bounded, and the end does not wait for a collector that hangs', async () => {
  const at = await collector(() => undefined)
  const { telemetry } = open(at.endpoint, { mostWaiting: 60, timeoutMs: 5_000, closeMs: 20 })
  for (let index = 0; index < 3000; index += 1) {
    telemetry.told(newTrace('usr_1'))
    if (index % 100 === 0) await new Promise((resolve) => setTimeout(resolve, 5)) // lets it load and send
  }
  await telemetry.close()
  telemetry.told(newTrace('usr_1'))
  // What was sent and hangs, what waits behind it, and one batch more at the end.
  expect(at.spans().length).toBeLessThanOrEqual(60 * 3)
})

test('the packages are loaded with the first trace', async () => {
  const at = await collector()
  const entry = join(import.meta.dirname, 'loads.fixture.ts')
  const { stdout, stderr } = await promisify(execFile)(process.execPath, ['--disable-warning=ExperimentalWarning', entry, at.endpoint])
  expect(stderr).toBe('')
  const { before, after } = JSON.parse(stdout)
  expect(before).toBe(0)
  expect(after).toBeGreaterThan(0)
  expect(at.spans().length).toBeGreaterThan(0)
})
