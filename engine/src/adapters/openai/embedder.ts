import { AppError } from '../../domain/errors.ts'
import type { Embedder, ModelInfo } from '../../ports/embedder.ts'
import { inBatches } from '../batches.ts'
import { field } from '../chat-wire.ts'
import { countAt } from '../counts.ts'
import type { ModelProvider } from '../embedders.ts'
import { type Fetch, type Http, type HttpClock, httpClient } from '../http.ts'
import { saidIn } from '../http-said.ts'
import { prefixesOf } from '../model-prefixes.ts'
import { checkVector } from '../vector-check.ts'

export interface OpenAiOptions {
  /** Shown in names: `openai`, `ollama`, … */
  readonly provider: string
  /** Such as https://api.openai.com/v1, without a slash at the end. */
  readonly baseUrl: string
  readonly apiKey: string | undefined
  /** Texts in one request; 96 unless told: what the smaller servers take. */
  readonly maxBatch?: number
  /** base64 is a third of the size of float; not every server knows it, so only OpenAI itself is asked for it by default. */
  readonly encoding?: 'base64' | 'float'
  /** Milliseconds for one request. */
  readonly timeoutMs?: number
  readonly clock?: HttpClock
  /** Instead of the global one. */
  readonly fetch?: Fetch
}

/** Source: OpenAI takes 300,000 tokens per request; a token is at least about one character in any language. */
const MAX_BATCH_CHARACTERS = 200_000
const OWN_MACHINE = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/
/** 96 vectors of 4,096 numbers, written out. */
const MAX_REPLY_BYTES = 16 * 1024 * 1024
const KNOWN_DIMENSIONS: Readonly<Record<string, number>> = {
  'text-embedding-3-small': 1536,
  'text-embedding-3-large': 3072,
  'text-embedding-ada-002': 1536,
}

/** Embedding models of any server that speaks the protocol of OpenAI: OpenAI, Ollama, vLLM, llama.cpp, LiteLLM … */
export function openaiEmbedders(options: OpenAiOptions): ModelProvider {
  const http = openaiHttp(options)
  const { hostname } = new URL(options.baseUrl)
  const official = hostname === 'api.openai.com'
  return {
    async open(model, signal) {
      const known = official ? KNOWN_DIMENSIONS[model] : undefined
      const settings = {
        http,
        name: `${options.provider}:${model}`,
        where: OWN_MACHINE.test(hostname) ? 'local' : 'remote',
        model,
        maxBatch: options.maxBatch ?? 96,
        timeoutMs: options.timeoutMs ?? 60_000,
        encoding: options.encoding ?? (official ? 'base64' : 'float'),
      } as const
      if (known !== undefined) return openaiEmbedder({ ...settings, dimensions: known })
      const [probe] = await request(settings, ['dimensions'], undefined, 1, signal)
      return openaiEmbedder({ ...settings, dimensions: probe?.length ?? 0 })
    },
    async list() {
      return listModels(http, options)
    },
    async close() {
      // requests end with their signals; there is nothing else to close
    },
  }
}

export function openaiHttp(options: OpenAiOptions): Http {
  return httpClient({
    baseUrl: options.baseUrl.replace(/\/$/, ''),
    headers: options.apiKey === undefined ? {} : { authorization: `Bearer ${options.apiKey}` },
    service: options.provider,
    faults: { unavailable: 'model/unavailable', refused: 'model/refused' },
    ...(options.clock === undefined ? {} : { clock: options.clock }),
    ...(options.fetch === undefined ? {} : { fetch: options.fetch }),
  })
}

interface EmbedderSettings {
  readonly http: Http
  readonly name: string
  readonly where: 'local' | 'remote'
  readonly model: string
  readonly maxBatch: number
  readonly timeoutMs: number
  readonly encoding: 'base64' | 'float'
}

function openaiEmbedder(settings: EmbedderSettings & { readonly dimensions: number }): Embedder {
  const { name, dimensions, where, maxBatch } = settings
  const prefixes = prefixesOf(settings.model)
  return {
    name,
    dimensions,
    where,
    async embed(texts, kind, signal, done) {
      const prepared = texts.map((text) => prefixes[kind] + (text.trim() === '' ? '.' : text)) // an empty text is refused by OpenAI
      // A question waits for a person, so it fails soon; ingestion has time.
      const retries = kind === 'query' ? 1 : 4
      const limits = { texts: maxBatch, characters: MAX_BATCH_CHARACTERS }
      return inBatches(prepared, limits, signal, (batch, stop, counted) => request(settings, batch, dimensions, retries, stop, counted), done)
    },
  }
}

async function request(
  { http, model, name, timeoutMs, encoding }: EmbedderSettings,
  texts: readonly string[],
  dimensions: number | undefined,
  retries: number,
  signal: AbortSignal,
  counted: (tokens: number | undefined) => void = () => undefined,
): Promise<Float32Array[]> {
  return http.json(
    { method: 'POST', path: '/embeddings', body: { model, input: texts, encoding_format: encoding }, timeoutMs, retries, maxBytes: MAX_REPLY_BYTES, signal },
    (reply) => {
      const vectors = vectorsOf(reply, texts.length, dimensions, name, http)
      counted(countAt(field(reply, 'usage'), 'prompt_tokens'))
      return vectors
    },
  )
}

function vectorsOf(reply: unknown, count: number, dimensions: number | undefined, name: string, http: Http): Float32Array[] {
  const broken = (reason: string) => new AppError('model/unavailable', { model: name, reason })
  const error = saidIn(reply)
  if (error !== undefined) throw new AppError('model/refused', { model: name, said: http.clean(error.message) })
  if (typeof reply !== 'object' || reply === null || !('data' in reply) || !Array.isArray(reply.data)) throw broken('the reply holds no data')
  const vectors: (Float32Array | undefined)[] = new Array(count).fill(undefined)
  for (const [position, item] of reply.data.entries()) {
    if (typeof item !== 'object' || item === null || !('embedding' in item)) throw broken('an item holds no embedding')
    const index: unknown = 'index' in item && item.index !== undefined ? item.index : position
    if (typeof index !== 'number' || !(index in vectors) || vectors[index] !== undefined) throw broken('the order of the reply is broken')
    const vector = readVector(item.embedding)
    if (vector === undefined) throw broken('an embedding is neither numbers nor base64')
    vectors[index] = checkVector(vector, dimensions ?? vector.length, name)
  }
  const complete = vectors.filter((vector) => vector !== undefined)
  if (complete.length < count) throw broken(`${complete.length} vectors came for ${count} texts`)
  return complete
}

function readVector(value: unknown): Float32Array | undefined {
  if (Array.isArray(value)) {
    // A null (how JSON writes NaN) becomes NaN here, so that the check refuses it.
    return Float32Array.from(value, (one: unknown) => (typeof one === 'number' ? one : Number.NaN))
  }
  if (typeof value !== 'string' || !/^[A-Za-z0-9+/]*={0,2}$/.test(value)) return undefined
  const bytes = Buffer.from(value, 'base64')
  if (bytes.length === 0 || bytes.length % 4 !== 0) return undefined
  return Float32Array.from({ length: bytes.length / 4 }, (_, index) => bytes.readFloatLE(index * 4))
}

async function listModels(http: Http, options: OpenAiOptions): Promise<ModelInfo[]> {
  const note = `at ${new URL(options.baseUrl).host}`
  try {
    const ids = await http.json({ method: 'GET', path: '/models', timeoutMs: 3000, retries: 0, signal: AbortSignal.timeout(5000) }, (reply) => {
      const data = typeof reply === 'object' && reply !== null && 'data' in reply && Array.isArray(reply.data) ? reply.data : []
      return data.flatMap((item: unknown) => (typeof item === 'object' && item !== null && 'id' in item && typeof item.id === 'string' ? [item.id] : []))
    })
    return ids.filter((id) => /embed|bge|e5|gte|minilm/i.test(id)).map((id) => ({ name: `${options.provider}:${id}`, where: 'remote', ready: true, note }))
  } catch (error) {
    const why = error instanceof AppError ? error.message : 'it did not answer in time'
    return [{ name: `${options.provider}:`, where: 'remote', ready: false, note: `${note}: ${why}` }]
  }
}
