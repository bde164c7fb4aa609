import { AppError } from '../../domain/errors.ts'
import type { Embedder, ModelInfo } from '../../ports/embedder.ts'
import { type AwsOptions, awsHttp } from '../aws-signing.ts'
import { field, wireText } from '../chat-wire.ts'
import { countAt } from '../counts.ts'
import { batchesOf, eachBatch, readVectors } from '../embed-batches.ts'
import type { ModelProvider } from '../embedders.ts'
import type { Http } from '../http.ts'
import { BEDROCK } from './service.ts'

/** How a kind of embedding models is asked. */
interface Form {
  readonly pattern: RegExp
  readonly dimensions: number
  readonly maxTexts: number
  /** Of one text, in UTF-16 units; what is longer is cut there. */
  readonly maxCharacters: number
  readonly concurrent: number
  body(texts: readonly string[], kind: 'passage' | 'query'): unknown
  /** A list with one vector per text. */
  vectors(reply: unknown): unknown
  tokens?(reply: unknown): number | undefined
}

/** Titan takes one text at a time. Source: at most 50,000 characters. */
const TITAN = {
  maxTexts: 1,
  maxCharacters: 50_000,
  concurrent: 8,
  vectors: (reply: unknown) => [field(reply, 'embedding')],
  tokens: (reply: unknown) => countAt(reply, 'inputTextTokenCount'),
}
/** Source: 96 texts. */
const COHERE = {
  maxTexts: 96,
  concurrent: 3,
  body: (texts: readonly string[], kind: 'passage' | 'query') => ({
    texts,
    input_type: kind === 'query' ? 'search_query' : 'search_document',
    truncate: 'END',
    embedding_types: ['float'],
  }),
  vectors: (reply: unknown) => field(field(reply, 'embeddings'), 'float') ?? field(reply, 'embeddings'),
}
const FORMS: readonly Form[] = [
  {
    ...TITAN,
    pattern: /amazon\.titan-embed-text-v2/,
    dimensions: 1024,
    body: ([inputText]) => ({ inputText, dimensions: 1024, normalize: true }),
  },
  { ...TITAN, pattern: /amazon\.titan-embed-(text-v1|g1-text)/, dimensions: 1536, body: ([inputText]) => ({ inputText }) },
  { ...COHERE, pattern: /cohere\.embed-(english|multilingual)-v3/, dimensions: 1024, maxCharacters: 2048 }, // more is refused, not cut
  { ...COHERE, pattern: /cohere\.embed-v4/, dimensions: 1536, maxCharacters: 400_000 },
]
const LISTED = ['amazon.titan-embed-text-v2:0', 'cohere.embed-v4:0', 'cohere.embed-multilingual-v3', 'cohere.embed-english-v3']
const MAX_BATCH_CHARACTERS = 200_000
/** 96 vectors of 1,536 numbers, written out. */
const MAX_REPLY_BYTES = 8 * 1024 * 1024
const KEYS_WAIT_MS = 2000

/**
 * Embedding models of Amazon Bedrock: Titan Text Embeddings (v1, v2 with 1,024 dimensions) and Cohere Embed (v3, v4), by id, by
 * inference profile or by an ARN that ends with one of them. Cohere v3 reads the first 2,048 characters of a text.
 */
export function bedrockEmbedders(options: AwsOptions): ModelProvider {
  const http = awsHttp(options, BEDROCK)
  return {
    async open(model) {
      const form = FORMS.find(({ pattern }) => pattern.test(model))
      if (form === undefined) throw new AppError('model/unknown', { model: `bedrock:${model}`.slice(0, 200), known: LISTED })
      return bedrockEmbedder(http, model, form, options.timeoutMs ?? 60_000)
    },
    async list() {
      const why = await whyNoKeys(options)
      const facts = { where: 'remote', ready: why === undefined, note: why ?? `in ${options.region}, where your account may use it` } as const
      return LISTED.map((model): ModelInfo => ({ name: `bedrock:${model}`, ...facts }))
    },
    async close() {
      // requests end with their signals; there is nothing else to close
    },
  }
}

function bedrockEmbedder(http: Http, model: string, form: Form, timeoutMs: number): Embedder {
  const { dimensions } = form
  const name = `bedrock:${model}`
  return {
    name,
    dimensions,
    where: 'remote',
    async embed(texts, kind, signal, done) {
      const prepared = texts.map((text) => wireText(text.slice(0, form.maxCharacters)))
      // A question waits for a person, so it fails soon; ingestion has time.
      const retries = kind === 'query' ? 1 : 4
      const path = `/model/${encodeURIComponent(model)}/invoke`
      const results = await eachBatch(batchesOf(prepared, form.maxTexts, MAX_BATCH_CHARACTERS), form.concurrent, signal, (batch, either) =>
        http.json(
          {
            ...{ method: 'POST', path, body: form.body(batch, kind), headers: { accept: 'application/json' } },
            ...{ timeoutMs, retries, maxBytes: MAX_REPLY_BYTES, signal: either },
          },
          (reply) => {
            const vectors = readVectors(form.vectors(reply), batch.length, dimensions, name)
            done?.(batch.length, form.tokens?.(reply))
            return vectors
          },
        ),
      )
      return results.flat()
    },
  }
}

async function whyNoKeys({ credentials }: AwsOptions): Promise<string | undefined> {
  const late = new Promise<string>((resolve) => setTimeout(resolve, KEYS_WAIT_MS, 'no AWS credentials were found yet').unref())
  const found = credentials().then(
    () => undefined,
    (error: unknown) => (error instanceof AppError ? error.message : 'no AWS credentials were found'),
  )
  return Promise.race([found, late])
}
