import { AppError } from '../../domain/errors.ts'
import type { Embedder } from '../../ports/embedder.ts'
import { type AwsOptions, awsHttp } from '../aws-signing.ts'
import { field, numberAt, wireText } from '../chat-wire.ts'
import { batchesOf, eachBatch, readVectors } from '../embed-batches.ts'
import type { ModelProvider } from '../embedders.ts'
import type { Http } from '../http.ts'
import { saidIn } from '../http-said.ts'
import { prefixesOf } from '../model-prefixes.ts'
import { invocations, SAGEMAKER } from './service.ts'

/** How a container wants texts: those of Hugging Face, those of JumpStart, those that speak OpenAI's protocol. */
const FIELDS = ['inputs', 'text_inputs', 'input'] as const
type TextsField = (typeof FIELDS)[number]

/** Source: what Text Embeddings Inference takes unless it is set otherwise. */
const MAX_TEXTS = 32
const MAX_BATCH_CHARACTERS = 200_000
const CONCURRENT = 3
/** 32 vectors of 4,096 numbers, written out. */
const MAX_REPLY_BYTES = 8 * 1024 * 1024

/**
 * Embedding models behind endpoints of Amazon SageMaker; a model is named by its endpoint. How the container wants texts and how
 * long its vectors are is found out once, by asking. What a model wants before a text is added when the endpoint's name tells
 * the model (model-prefixes.ts).
 */
export function sagemakerEmbedders(options: AwsOptions): ModelProvider {
  const http = awsHttp(options, SAGEMAKER)
  const timeoutMs = options.timeoutMs ?? 60_000
  return {
    async open(endpoint, signal) {
      let refusal: unknown
      for (const textsField of FIELDS) {
        const asked: Asked = { http, endpoint, name: `sagemaker:${endpoint}`, textsField, timeoutMs }
        try {
          const [probe] = await request(asked, ['dimensions'], undefined, 1, signal)
          return sagemakerEmbedder(asked, probe?.length ?? 0)
        } catch (error) {
          // Another form helps only where the container refused this one.
          if (!isOfContainer(error)) throw error
          refusal ??= error
        }
      }
      throw refusal
    },
    async list() {
      return [] // the endpoints of an account cannot be asked for where models are asked
    },
    async close() {
      // requests end with their signals; there is nothing else to close
    },
  }
}

interface Asked {
  readonly http: Http
  readonly endpoint: string
  readonly name: string
  readonly textsField: TextsField
  readonly timeoutMs: number
}

function sagemakerEmbedder(asked: Asked, dimensions: number): Embedder {
  const prefixes = prefixesOf(asked.endpoint)
  return {
    name: asked.name,
    dimensions,
    where: 'remote',
    async embed(texts, kind, signal, done) {
      const prepared = texts.map((text) => prefixes[kind] + wireText(text))
      // A question waits for a person, so it fails soon; ingestion has time.
      const retries = kind === 'query' ? 1 : 4
      const results = await eachBatch(
        batchesOf(prepared, MAX_TEXTS, MAX_BATCH_CHARACTERS),
        CONCURRENT,
        signal,
        (batch, either) => request(asked, batch, dimensions, retries, either),
        (batch) => done?.(batch.length),
      )
      return results.flat()
    },
  }
}

async function request(asked: Asked, texts: readonly string[], dimensions: number | undefined, retries: number, signal: AbortSignal): Promise<Float32Array[]> {
  const { http, endpoint, textsField, timeoutMs } = asked
  const body = { [textsField]: texts, ...(textsField === 'inputs' ? { truncate: true } : {}) }
  try {
    return await http.json(
      { method: 'POST', path: invocations(endpoint), body, headers: { accept: 'application/json' }, timeoutMs, retries, maxBytes: MAX_REPLY_BYTES, signal },
      (reply) => vectorsOf(reply, texts.length, dimensions, asked),
    )
  } catch (error) {
    // A container may take fewer texts at once than is usual.
    if (texts.length < 2 || !isOfContainer(error)) throw error
    const half = texts.length >> 1
    const first = await request(asked, texts.slice(0, half), dimensions, retries, signal)
    return [...first, ...(await request(asked, texts.slice(half), dimensions, retries, signal))]
  }
}

/** 424: SageMaker says that the container refused. */
function isOfContainer(error: unknown): boolean {
  return error instanceof AppError && error.code === 'model/refused' && [400, 413, 422, 424].includes(Number(error.facts.status))
}

/** `[[…]]`, `{embedding: …}`, `{embeddings: …}` or OpenAI's `{data: [{index, embedding}]}`; of one text also the bare vector. */
function vectorsOf(reply: unknown, count: number, dimensions: number | undefined, { http, name }: Asked): Float32Array[] {
  const fault = Array.isArray(reply) ? undefined : saidIn(reply)
  if (fault !== undefined) throw new AppError('model/refused', { model: name, said: http.clean(fault.message) })
  const list = field(reply, 'embedding') ?? field(reply, 'embeddings') ?? inOrder(field(reply, 'data')) ?? reply
  const values = Array.isArray(list) && count === 1 && typeof list[0] === 'number' ? [list] : list
  if (Array.isArray(values) && Array.isArray(values[0]) && Array.isArray(values[0][0])) {
    throw new AppError('model/refused', { model: name, reason: 'the endpoint gives a vector for each token: deploy the model with a container for embeddings' })
  }
  return readVectors(values, count, dimensions, name)
}

function inOrder(data: unknown): unknown {
  if (!Array.isArray(data)) return undefined
  const ordered: unknown[] = []
  for (const [position, item] of data.entries()) ordered[numberAt(item, 'index') ?? position] = field(item, 'embedding')
  return ordered
}
