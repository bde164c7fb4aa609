import type { ServerResponse } from 'node:http'
import { describe, expect, test } from 'vitest'
import { FAULTS_SECRET, virtualClock } from '../../ports/chat-faults.contract.ts'
import { embedderContract, expectModelFault } from '../../ports/embedder.contract.ts'
import { rerankerContract } from '../../ports/reranker.contract.ts'
import { providerServer } from '../provider-server.fixture.ts'
import { cohereEmbedders } from './embedder.ts'
import { cohereReranker } from './reranker.ts'

interface Body {
  readonly texts?: readonly string[]
  readonly query?: string
  readonly documents?: readonly string[]
  readonly [name: string]: unknown
}
type Handler = (response: ServerResponse, body: Body) => void
const never = new AbortController().signal
let handler: Handler = (response) => response.end()
const { address: baseUrl, seen } = await providerServer<Body>((response, body) => handler(response, body))
const options = () => ({ baseUrl, apiKey: FAULTS_SECRET, timeoutMs: 5000, clock: virtualClock() })

const json = (response: ServerResponse, value: unknown, status = 200) => {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(JSON.stringify(value))
}
const says =
  (value: unknown, status = 200): Handler =>
  (response) =>
    json(response, value, status)
const vectorOf = (text: string) => [text.length + 1, [...text].reduce((sum, letter) => sum + (letter.codePointAt(0) ?? 0), 0) % 97, text.charCodeAt(0)]
const embedded = (texts: readonly string[], float: readonly unknown[] = texts.map(vectorOf)) => ({
  id: 'e-1',
  texts,
  embeddings: { float },
  meta: { api_version: { version: '2' }, billed_units: { input_tokens: 4 } },
  response_type: 'embeddings_by_type',
})
const embeds: Handler = (response, { texts = [] }) => json(response, embedded(texts))
const ranks: Handler = (response, { query = '', documents = [] }) => {
  const words = new Set(query.toLowerCase().match(/\w+/g))
  const share = (text: string) => (text.toLowerCase().match(/\w+/g) ?? []).filter((word) => words.has(word)).length / (words.size + 1)
  const results = documents
    .map((text, index) => ({ index, relevance_score: Math.min(1, share(text.slice(0, 200))) }))
    .sort((a, b) => b.relevance_score - a.relevance_score)
  json(response, { id: 'k-1', results, meta: { api_version: { version: '2' }, billed_units: { search_units: 1 } } })
}

embedderContract('cohere', async () => {
  handler = embeds
  return cohereEmbedders(options()).open('tiny', never)
})
rerankerContract('cohere', async () => {
  handler = ranks
  return cohereReranker({ ...options(), model: 'rerank-tiny' })
})

describe('an embedder', () => {
  test('knows the dimensions of published models, sends 96 texts at once, and says what they are', async () => {
    handler = embeds
    const known = await cohereEmbedders(options()).open('embed-english-light-v3.0', never)
    expect([known.dimensions, known.where, seen.length]).toEqual([384, 'remote', 0])
    const embedder = await cohereEmbedders(options()).open('tiny', never)
    seen.length = 0
    await embedder.embed(Array.from({ length: 200 }, String), 'passage', never)
    await embedder.embed(['q'], 'query', never)
    expect(seen.map(({ path, body }) => [path, body.model, body.input_type, body.texts?.length, body.embedding_types])).toEqual([
      ...[96, 96, 8].map((count) => ['/v2/embed', 'tiny', 'search_document', count, ['float']]),
      ['/v2/embed', 'tiny', 'search_query', 1, ['float']],
    ])
  })
  test('tells what it is billed for: tokens of each batch, and nothing where nothing is told', async () => {
    handler = embeds
    const embedder = await cohereEmbedders(options()).open('tiny', never)
    const told: unknown[] = []
    await embedder.embed(Array.from({ length: 100 }, String), 'passage', never, (...done) => told.push(done))
    expect(told.sort()).toEqual([
      [4, 4],
      [96, 4],
    ])
    for (const units of [undefined, {}, { input_tokens: 0 }, { input_tokens: -4 }, { input_tokens: 1.5 }, { input_tokens: '4' }]) {
      handler = (response, { texts = [] }) => json(response, { ...embedded(texts), meta: { billed_units: units } })
      await embedder.embed(['a'], 'query', never, (...done) => told.push(done))
      expect(told.at(-1)).toEqual([1, undefined])
    }
  })
  test('whose batch comes back in another order has its vectors at their texts all the same', async () => {
    handler = embeds
    const embedder = await cohereEmbedders(options()).open('tiny', never)
    handler = (response, { texts = [] }) => json(response, embedded(texts.toReversed()))
    const vectors = await embedder.embed(['a', 'bb', 'ccc'], 'passage', never)
    expect(vectors.map(([length]) => length)).toEqual([2, 3, 4])
  })
  test.each([
    ['too few vectors', says(embedded(['a'], [])), 'model/unavailable', 2],
    ['no list', says(embedded(['a'], ['text'])), 'model/unavailable', 2],
    ['nothing', says(null), 'model/unavailable', 2],
    ['cut JSON', (response: ServerResponse) => response.end('{"embeddings": {"float": [[0.1, 0.'), 'model/unavailable', 2],
    ['an error as if all were well', says({ message: `invalid api token ${FAULTS_SECRET}` }), 'model/refused', 1],
    ['401', says({ message: `invalid api token ${FAULTS_SECRET}` }, 401), 'model/refused', 1],
    ['other dimensions', says(embedded(['a'], [[1, 2]])), 'vectors/dimension', 1],
    ['NaN', says(embedded(['a'], [[1, null, 3]])), 'vectors/dimension', 1],
    ['zeros', says(embedded(['a'], [[0, 0, 0]])), 'vectors/dimension', 1],
  ] as const)('that is given %s gives nothing', async (_, fault, code, times) => {
    handler = embeds
    const embedder = await cohereEmbedders(options()).open('tiny', never)
    seen.length = 0
    handler = fault
    const error = await expectModelFault(embedder.embed(['a'], 'query', never), code)
    expect(JSON.stringify(error.body())).not.toContain(FAULTS_SECRET)
    expect(seen).toHaveLength(times)
  })
  test('is listed, or told why not', async () => {
    handler = says({ models: [{ name: 'embed-v4.0', endpoints: ['embed'] }, {}] })
    expect((await cohereEmbedders(options()).list()).map(({ name, ready }) => [name, ready])).toEqual([['cohere:embed-v4.0', true]])
    handler = says({ message: 'invalid api token' }, 401)
    expect((await cohereEmbedders(options()).list()).map(({ ready }) => ready)).toEqual([false])
  })
})

describe('a reranker', () => {
  const open = () => cohereReranker({ ...options(), model: 'rerank-tiny' })
  test('asks for all scores, 1,000 texts at once', async () => {
    handler = ranks
    await open().rerank('a', Array.from({ length: 1500 }, String), never)
    const sent = seen.map(({ path, body }) => [path, body.model, body.query, body.documents?.length, body.top_n])
    expect(sent.sort((a, b) => Number(b[3]) - Number(a[3]))).toEqual([
      ['/v2/rerank', 'rerank-tiny', 'a', 1000, 1000],
      ['/v2/rerank', 'rerank-tiny', 'a', 500, 500],
    ])
  })
  test('tells how many searches it is billed for, of a batch that gives scores', async () => {
    handler = (response, { query = '', documents = [] }) => {
      const results = documents.map((text, index) => ({ index, relevance_score: text === query ? 1 : 0 }))
      json(response, { results, meta: { billed_units: { search_units: Math.ceil(documents.length / 100) } } })
    }
    let paid = 0
    const count = (searches: number) => {
      paid += searches
    }
    await open().rerank('a', Array.from({ length: 1350 }, String), never, count)
    expect(paid).toBe(10 + 4)
    handler = says({ results: [], meta: { billed_units: { search_units: 1 } } })
    await expectModelFault(open().rerank('a', ['b'], never, count), 'model/unavailable')
    handler = says({ results: [result(0)] })
    await open().rerank('a', ['b'], never, count)
    expect(paid).toBe(10 + 4)
  })
  const result = (index: unknown, relevance_score: unknown = 0.5) => ({ index, relevance_score })
  test.each([
    ['too few scores', says({ results: [result(0)] }), 'model/unavailable', 2],
    ['an index twice', says({ results: [result(0), result(0)] }), 'model/unavailable', 2],
    ['an index out of range', says({ results: [result(0), result(2)] }), 'model/unavailable', 2],
    ['half an index', says({ results: [result(0), result(0.5)] }), 'model/unavailable', 2],
    ['no number', says({ results: [result(0), result(1, null)] }), 'model/unavailable', 2],
    ['nothing', says({}), 'model/unavailable', 2],
    ['503', says({ message: 'later' }, 503), 'model/unavailable', 2],
    ['an error as if all were well', says({ message: `invalid api token ${FAULTS_SECRET}` }), 'model/refused', 1],
    ['404', says({ message: `no such model, ${FAULTS_SECRET}` }, 404), 'model/refused', 1],
  ] as const)('that is given %s gives nothing', async (_, fault, code, times) => {
    handler = fault
    const error = await expectModelFault(open().rerank('q', ['a', 'b'], never), code)
    expect(JSON.stringify(error.body())).not.toContain(FAULTS_SECRET)
    expect(seen).toHaveLength(times)
  })
  test('cuts scores that are out of their range', async () => {
    handler = says({ results: [result(1, 1.25), result(0, -0.5)] })
    expect(await open().rerank('q', ['a', 'b'], never)).toEqual([0, 1])
  })
})
