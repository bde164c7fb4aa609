import { AppError } from '../../domain/errors.ts'
import type { Reranker } from '../../ports/reranker.ts'
import { inBatches } from '../batches.ts'
import { field, numberAt, wireText } from '../chat-wire.ts'
import { countAt } from '../counts.ts'
import type { Http } from '../http.ts'
import { saidIn } from '../http-said.ts'
import { billedUnits, type CohereOptions, cohereHttp } from './http.ts'

/** The documentation advises against more texts in one request. */
const LIMITS = { texts: 1000, characters: 4_000_000 }
const MAX_REPLY_BYTES = 4 * 1024 * 1024
/** A question waits for this. */
const TIMEOUT_MS = 20_000

/** A model of Cohere, over the Rerank API (v2). A text is judged by its first 4,096 tokens, as the API does by default. */
export function cohereReranker(options: CohereOptions & { readonly model: string }): Reranker {
  const http = cohereHttp(options)
  const { model, timeoutMs = TIMEOUT_MS } = options
  const name = `cohere:${model}`
  return {
    name,
    rerank: (query, texts, signal, paid) =>
      inBatches(texts.map(wireText), LIMITS, signal, (documents, stop) => {
        const body = { model, query: wireText(query), documents, top_n: documents.length }
        return http.json({ method: 'POST', path: '/v2/rerank', body, timeoutMs, retries: 1, maxBytes: MAX_REPLY_BYTES, signal: stop }, (reply) => {
          const scores = scoresOf(reply, documents.length, name, http)
          const searches = countAt(billedUnits(reply), 'search_units')
          if (searches !== undefined) paid?.(searches)
          return scores
        })
      }),
  }
}

/** Results come best first, each with the index of its text. */
function scoresOf(reply: unknown, count: number, name: string, http: Http): number[] {
  const broken = (reason: string) => new AppError('model/unavailable', { model: name, reason })
  const results = field(reply, 'results')
  if (!Array.isArray(results)) {
    const error = saidIn(reply)
    throw error === undefined ? broken('the reply holds no results') : new AppError('model/refused', { model: name, said: http.clean(error.message) })
  }
  const scores = new Map<number, number>()
  for (const result of results) {
    const [index, score] = [numberAt(result, 'index'), numberAt(result, 'relevance_score')]
    if (index === undefined || score === undefined || !Number.isInteger(index) || index < 0 || index >= count || scores.has(index)) {
      throw broken('the order of the reply is broken')
    }
    scores.set(index, Math.min(1, Math.max(0, score)))
  }
  if (scores.size < count) throw broken(`${scores.size} scores came for ${count} texts`)
  return Array.from({ length: count }, (_, index) => scores.get(index) ?? 0)
}
