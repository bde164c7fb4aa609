import type { IncomingMessage, ServerResponse } from 'node:http'
import { describe, expect, test } from 'vitest'
import { virtualClock } from '../../ports/chat-faults.contract.ts'
import { embedderContract, expectModelFault } from '../../ports/embedder.contract.ts'
import { rerankerContract } from '../../ports/reranker.contract.ts'
import { keysWith } from '../aws-frames.fixture.ts'
import { awsCredentials } from '../aws-signing.ts'
import { providerServer } from '../provider-server.fixture.ts'
import { bedrockEmbedders } from './embedder.ts'
import { bedrockReranker } from './reranker.ts'

interface Body {
  readonly inputText?: string
  readonly texts?: readonly string[]
  readonly sources?: readonly { readonly inlineDocumentSource: { readonly textDocument: { readonly text: string } } }[]
  readonly queries?: readonly { readonly textQuery: { readonly text: string } }[]
  readonly nextToken?: string
}
type Handler = (body: Body, response: ServerResponse, request: IncomingMessage) => void
let handler: Handler = (_, response) => response.end()
const { address: endpoint, seen } = await providerServer<Body>((response, body, request) => handler(body, response, request))

const never = new AbortController().signal
const TOKEN = 'session-token-0123456789/abc+def=='
const options = { region: 'eu-central-1', endpoint, credentials: keysWith(TOKEN), clock: virtualClock(), timeoutMs: 5000 }
const json = (response: ServerResponse, value: unknown, status = 200) => {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(JSON.stringify(value))
}
const vectorOf = (text: string, dimensions: number): number[] => {
  const codes = [...text].map((letter) => letter.codePointAt(0) ?? 0)
  return [codes.length + 1, codes.reduce((sum, code) => sum + code, 0) % 97, codes[0] ?? 0, ...new Array<number>(dimensions - 3).fill(0)]
}
const titan =
  (dimensions: number): Handler =>
  ({ inputText = '' }, response) =>
    json(response, { embedding: vectorOf(inputText, dimensions), inputTextTokenCount: 3 })
const cohere =
  (dimensions: number, isByType: boolean): Handler =>
  ({ texts = [] }, response) => {
    const floats = texts.map((text) => vectorOf(text, dimensions))
    json(response, { id: 'x', texts, ...(isByType ? { embeddings: { float: floats }, response_type: 'embeddings_by_type' } : { embeddings: floats }) })
  }

const MODELS: readonly (readonly [string, number, Handler])[] = [
  ['amazon.titan-embed-text-v2:0', 1024, titan(1024)],
  ['amazon.titan-embed-text-v1', 1536, titan(1536)],
  ['cohere.embed-multilingual-v3', 1024, cohere(1024, false)],
  ['eu.cohere.embed-v4:0', 1536, cohere(1536, true)],
]
for (const [model, , good] of MODELS) {
  embedderContract(`bedrock ${model}`, async () => {
    handler = good
    return bedrockEmbedders(options).open(model, never)
  })
}

const wordsOf = (text: string) => new Set(text.toLowerCase().match(/\p{L}+/gu))
rerankerContract('bedrock', async () => {
  handler = (body, response) => {
    const asked = wordsOf(body.queries?.[0]?.textQuery.text ?? '')
    const results = (body.sources ?? []).map(({ inlineDocumentSource: { textDocument } }, index) => {
      const shared = [...wordsOf(textDocument.text)].filter((word) => asked.has(word)).length
      return { index, relevanceScore: shared / Math.max(1, asked.size) }
    })
    json(response, { results: results.sort((one, two) => two.relevanceScore - one.relevanceScore) })
  }
  return bedrockReranker({ ...options, model: 'amazon.rerank-v1:0' })
})

describe('embedding models of Bedrock', () => {
  test.each(MODELS)('%s has %i dimensions, known without asking', async (model, dimensions) => {
    expect(await bedrockEmbedders(options).open(model, never)).toMatchObject({ name: `bedrock:${model}`, dimensions, where: 'remote' })
    expect(seen).toEqual([])
  })
  test('are asked as each wants it', async () => {
    const ask = async (model: string, good: Handler, kind: 'passage' | 'query', texts: readonly string[]) => {
      handler = good
      seen.length = 0
      await (await bedrockEmbedders(options).open(model, never)).embed(texts, kind, never)
      return seen.map(({ path, body }) => [decodeURIComponent(path), body])
    }
    expect(await ask('amazon.titan-embed-text-v2:0', titan(1024), 'query', ['one'])).toEqual([
      ['/model/amazon.titan-embed-text-v2:0/invoke', { inputText: 'one', dimensions: 1024, normalize: true }],
    ])
    expect(await ask('amazon.titan-embed-text-v1', titan(1536), 'passage', ['one'])).toEqual([
      ['/model/amazon.titan-embed-text-v1/invoke', { inputText: 'one' }],
    ])
    expect(await ask('cohere.embed-v4:0', cohere(1536, true), 'query', ['one', 'two'])).toEqual([
      ['/model/cohere.embed-v4:0/invoke', { texts: ['one', 'two'], input_type: 'search_query', truncate: 'END', embedding_types: ['float'] }],
    ])
    const many = await ask('cohere.embed-english-v3', cohere(1024, true), 'passage', new Array<string>(200).fill('x'.repeat(3000)))
    expect(many.map(([, body]) => (body as Body).texts?.length).sort()).toEqual([8, 96, 96])
    for (const [, body] of many) for (const text of (body as Body).texts ?? []) expect(text).toHaveLength(2048)
  })
  test('tell the tokens that Titan counted of each text', async () => {
    handler = (body, response) => json(response, { embedding: new Array(1024).fill(0.5), inputTextTokenCount: body.inputText?.length })
    const told: unknown[] = []
    await (await bedrockEmbedders(options).open('amazon.titan-embed-text-v2:0', never)).embed(['one', 'three'], 'query', never, (...done) => told.push(done))
    expect(told.sort()).toEqual([
      [1, 3],
      [1, 5],
    ])
    handler = cohere(1536, true)
    told.length = 0
    await (await bedrockEmbedders(options).open('cohere.embed-v4:0', never)).embed(['one', 'three'], 'query', never, (...done) => told.push(done))
    expect(told).toEqual([[2, undefined]])
  })
  test('that nobody knows are refused by name', async () => {
    await expectModelFault(bedrockEmbedders(options).open('anthropic.claude-v2', never), 'model/unknown')
  })
  test.each([
    ['fewer dimensions', (_: Body, response: ServerResponse) => json(response, { embedding: [1, 2] }), 'vectors/dimension', 1],
    ['zeros', (_: Body, response: ServerResponse) => json(response, { embedding: new Array(1024).fill(0) }), 'vectors/dimension', 1],
    ['nothing', (_: Body, response: ServerResponse) => json(response, {}), 'model/unavailable', 2],
    ['a throttle', (_: Body, response: ServerResponse) => json(response, { message: 'Too many requests' }, 429), 'model/unavailable', 2],
    ['a refusal', (_: Body, response: ServerResponse) => json(response, { message: 'Malformed input request' }, 400), 'model/refused', 1],
  ] as const)('that give %s: nothing is kept', async (_, bad, code, times) => {
    handler = bad
    await expectModelFault((await bedrockEmbedders(options).open('amazon.titan-embed-text-v2:0', never)).embed(['a'], 'query', never), code)
    expect(seen).toHaveLength(times)
  })
  test('that tell our token back show it in no error', async () => {
    handler = (_, response, request) =>
      json(response, { message: `The canonical string should have been ${request.headers['x-amz-security-token']} ${request.headers.authorization}` }, 403)
    const error = await expectModelFault(
      (await bedrockEmbedders(options).open('amazon.titan-embed-text-v2:0', never)).embed(['a'], 'query', never),
      'model/refused',
    )
    const shown = JSON.stringify(error.body())
    for (const secret of [TOKEN, 'AKIDEXAMPLE', /Signature=[0-9a-f]/]) expect(shown).not.toMatch(secret)
    expect(shown).toContain('canonical string should have been')
  })
  test('are listed, ready where there are credentials', async () => {
    expect((await bedrockEmbedders(options).list()).map(({ name, ready }) => [name, ready])[0]).toEqual(['bedrock:amazon.titan-embed-text-v2:0', true])
    const none = awsCredentials({ find: () => Promise.reject(new Error('none')) })
    expect((await bedrockEmbedders({ ...options, credentials: none }).list())[0]).toMatchObject({
      ready: false,
      note: expect.stringContaining('AWS_ACCESS_KEY_ID'),
    })
  })
})

describe('rerankers of Bedrock', () => {
  const reranker = (model = 'amazon.rerank-v1:0', region = 'eu-central-1') => bedrockReranker({ ...options, region, model })
  const textsOf = ({ sources = [] }: Body) => sources.map(({ inlineDocumentSource }) => inlineDocumentSource.textDocument.text)
  const scoreOf = (text: string) => (text.length % 10) / 10
  /** Best first, as AWS gives them, in pages of so many. */
  const ranked =
    (size: number): Handler =>
    (body, response) => {
      const sorted = textsOf(body)
        .map((text, index) => ({ index, relevanceScore: scoreOf(text) }))
        .sort((one, two) => two.relevanceScore - one.relevanceScore)
      const from = Number(body.nextToken ?? 0)
      json(response, { results: sorted.slice(from, from + size), ...(from + size < sorted.length ? { nextToken: String(from + size) } : {}) })
    }

  test.each([1, 7, 1000])('give each text its score in the order of the texts, in pages of %i', async (size) => {
    handler = ranked(size)
    const texts = Array.from({ length: 23 }, (_, index) => 'x'.repeat(1 + ((index * 7) % 23)))
    expect(await reranker().rerank('q', texts, never)).toEqual(texts.map(scoreOf))
  })
  test('are asked as documented, a thousand texts at most', async () => {
    handler = ranked(1000)
    const texts = ['', ...Array.from({ length: 1999 }, (_, index) => 'y'.repeat(index % 9)), 'z'.repeat(40_000)]
    expect(await reranker('cohere.rerank-v3-5:0').rerank('where?', texts, never)).toHaveLength(2001)
    expect(seen.map(({ path, body }) => [path, textsOf(body).length])).toEqual([
      ['/rerank', 1000],
      ['/rerank', 1000],
      ['/rerank', 1],
    ])
    expect(seen[2]?.body).toEqual({
      queries: [{ type: 'TEXT', textQuery: { text: 'where?' } }],
      sources: [{ type: 'INLINE', inlineDocumentSource: { type: 'TEXT', textDocument: { text: 'z'.repeat(32_000) } } }],
      rerankingConfiguration: {
        type: 'BEDROCK_RERANKING_MODEL',
        bedrockRerankingConfiguration: {
          numberOfResults: 1,
          modelConfiguration: { modelArn: 'arn:aws:bedrock:eu-central-1::foundation-model/cohere.rerank-v3-5:0' },
        },
      },
    })
    for (const { body } of seen) expect(textsOf(body)).not.toContain('')
  })
  test('take an ARN as it is, and know the partitions of AWS', async () => {
    handler = ranked(10)
    for (const [model, region, arn] of [
      ['arn:aws:bedrock:us-west-2::foundation-model/amazon.rerank-v1:0', 'eu-central-1', 'arn:aws:bedrock:us-west-2::foundation-model/amazon.rerank-v1:0'],
      ['amazon.rerank-v1:0', 'us-gov-west-1', 'arn:aws-us-gov:bedrock:us-gov-west-1::foundation-model/amazon.rerank-v1:0'],
    ] as const) {
      await reranker(model, region).rerank('q', ['a'], never)
      expect(JSON.stringify(seen.at(-1)?.body)).toContain(`"modelArn":"${arn}"`)
    }
  })
  test('of nothing are not asked; stopped they end', async () => {
    expect(await reranker().rerank('q', [], never)).toEqual([])
    expect(seen).toEqual([])
    await expect(reranker().rerank('q', ['a'], AbortSignal.abort())).rejects.toMatchObject({ name: 'AbortError' })
  })
  test.each([
    ['too few', { results: [{ index: 0, relevanceScore: 1 }] }],
    ['a place that there is not', { results: [{ index: 2, relevanceScore: 1 }] }],
    ['half a place', { results: [{ index: 0.5, relevanceScore: 1 }] }],
    ['no number', { results: [{ index: 0, relevanceScore: null }] }],
    ['no list', { results: 'x' }],
    ['pages for ever', { results: [], nextToken: 'again' }],
  ])('that give %s: unavailable', async (_, reply) => {
    handler = (_body, response) => json(response, reply)
    await expectModelFault(reranker().rerank('q', ['a', 'b'], never), 'model/unavailable')
  })
  test('scores stay between 0 and 1', async () => {
    handler = (_, response) =>
      json(response, {
        results: [
          { index: 0, relevanceScore: 1.5 },
          { index: 1, relevanceScore: -3 },
        ],
      })
    expect(await reranker().rerank('q', ['a', 'b'], never)).toEqual([1, 0])
  })
})
