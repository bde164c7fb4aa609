import { AppError } from '../../domain/errors.ts'
import type { Embedder, ModelInfo } from '../../ports/embedder.ts'
import { inBatches } from '../batches.ts'
import { field, wireText } from '../chat-wire.ts'
import { countAt } from '../counts.ts'
import { readVectors } from '../embed-batches.ts'
import type { ModelProvider } from '../embedders.ts'
import type { Http } from '../http.ts'
import { saidIn } from '../http-said.ts'
import { billedUnits, type CohereOptions, cohereHttp } from './http.ts'

const LIMITS = { texts: 96, characters: 200_000 }
const MAX_REPLY_BYTES = 16 * 1024 * 1024
const KNOWN_DIMENSIONS: Readonly<Record<string, number>> = {
  'embed-v4.0': 1536,
  'embed-english-v3.0': 1024,
  'embed-multilingual-v3.0': 1024,
  'embed-english-light-v3.0': 384,
  'embed-multilingual-light-v3.0': 384,
}
const INPUT_TYPE = { passage: 'search_document', query: 'search_query' } as const

/** Embedding models of Cohere, over the Embed API (v2). A text that is too long for a model is cut at its end, as the API does by default. */
export function cohereEmbedders(options: CohereOptions): ModelProvider {
  const http = cohereHttp(options)
  const timeoutMs = options.timeoutMs ?? 60_000
  const request = (
    model: string,
    texts: readonly string[],
    kind: 'passage' | 'query',
    dimensions: number | undefined,
    signal: AbortSignal,
    counted: (tokens: number | undefined) => void = () => undefined,
  ) => {
    const body = { model, texts, input_type: INPUT_TYPE[kind], embedding_types: ['float'] }
    // A question waits for a person, so it fails soon; ingestion has time.
    const retries = kind === 'query' ? 1 : 4
    return http.json({ method: 'POST', path: '/v2/embed', body, timeoutMs, retries, maxBytes: MAX_REPLY_BYTES, signal }, (reply) => {
      const vectors = vectorsOf(reply, texts, dimensions, `cohere:${model}`, http)
      counted(countAt(billedUnits(reply), 'input_tokens'))
      return vectors
    })
  }
  return {
    async open(model, signal): Promise<Embedder> {
      const dimensions = KNOWN_DIMENSIONS[model] ?? (await request(model, ['dimensions'], 'query', undefined, signal))[0]?.length ?? 0
      return {
        name: `cohere:${model}`,
        dimensions,
        where: 'remote',
        embed: (texts, kind, stop, done) =>
          inBatches(texts.map(wireText), LIMITS, stop, (batch, either, counted) => request(model, batch, kind, dimensions, either, counted), done),
      }
    },
    async list() {
      return listModels(http, new URL(options.baseUrl).host)
    },
    async close() {
      // requests end with their signals; there is nothing else to close
    },
  }
}

function vectorsOf(reply: unknown, texts: readonly string[], dimensions: number | undefined, name: string, http: Http): Float32Array[] {
  const embeddings = field(reply, 'embeddings')
  const error = embeddings === undefined ? saidIn(reply) : undefined
  if (error !== undefined) throw new AppError('model/refused', { model: name, said: http.clean(error.message) })
  const rows = Array.isArray(embeddings) ? embeddings : field(embeddings, 'float')
  return inOrder(readVectors(rows, texts.length, dimensions, name), texts, field(reply, 'texts'))
}

/** Vectors carry no index; the texts that come back with them tell when their order is another. */
function inOrder(vectors: Float32Array[], texts: readonly string[], told: unknown): Float32Array[] {
  if (!Array.isArray(told) || told.length !== texts.length || texts.every((text, index) => text === told[index])) return vectors
  const byText = new Map(told.map((text: unknown, index) => [text, vectors[index]]))
  const ordered = texts.map((text) => byText.get(text)).filter((vector) => vector !== undefined)
  return ordered.length === texts.length ? ordered : vectors
}

async function listModels(http: Http, host: string): Promise<ModelInfo[]> {
  const note = `at ${host}`
  try {
    const path = '/v1/models?endpoint=embed&page_size=100'
    const names = await http.json({ method: 'GET', path, timeoutMs: 3000, retries: 0, signal: AbortSignal.timeout(5000) }, (reply) => {
      const models = field(reply, 'models')
      return (Array.isArray(models) ? models : []).map((model: unknown) => field(model, 'name')).filter((name) => typeof name === 'string')
    })
    return names.map((name) => ({ name: `cohere:${name}`, where: 'remote', ready: true, note }))
  } catch (error) {
    const why = error instanceof AppError ? error.message : 'it did not answer in time'
    return [{ name: 'cohere:', where: 'remote', ready: false, note: `${note}: ${why}` }]
  }
}
