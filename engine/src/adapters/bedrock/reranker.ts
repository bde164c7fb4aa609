import { AppError } from '../../domain/errors.ts'
import type { Reranker } from '../../ports/reranker.ts'
import { type AwsOptions, awsHttp } from '../aws-signing.ts'
import { field, numberAt, textAt, wireText } from '../chat-wire.ts'
import { batchesOf, eachBatch } from '../embed-batches.ts'
import { BEDROCK_AGENT } from './service.ts'

/** Source: of one request. */
const MAX_TEXTS = 1000
const MAX_CHARACTERS = 32_000
const MAX_REQUEST_CHARACTERS = 4_000_000
/** A reply that goes on and on is not followed. */
const MAX_PAGES = 50

/** A reranker of Amazon Bedrock, such as amazon.rerank-v1:0 or cohere.rerank-v3-5:0. Texts are cut at 32,000 characters. */
export function bedrockReranker(options: AwsOptions & { readonly model: string }): Reranker {
  const http = awsHttp(options, BEDROCK_AGENT)
  const name = `bedrock:${options.model}`
  const modelArn = arnOf(options.model, options.region)

  async function scoresOf(query: string, texts: readonly string[], signal: AbortSignal): Promise<number[]> {
    const scores: (number | undefined)[] = new Array(texts.length).fill(undefined)
    let nextToken: string | undefined
    for (let page = 0; page < MAX_PAGES; page += 1) {
      const body = {
        queries: [{ type: 'TEXT', textQuery: { text: query } }],
        sources: texts.map((text) => ({ type: 'INLINE', inlineDocumentSource: { type: 'TEXT', textDocument: { text } } })),
        rerankingConfiguration: {
          type: 'BEDROCK_RERANKING_MODEL',
          bedrockRerankingConfiguration: { numberOfResults: texts.length, modelConfiguration: { modelArn } },
        },
        ...(nextToken === undefined ? {} : { nextToken }),
      }
      const call = { method: 'POST', path: '/rerank', body, timeoutMs: options.timeoutMs ?? 30_000, retries: 1, signal } as const
      nextToken = await http.json(call, (reply) => {
        for (const [index, score] of resultsOf(reply, texts.length, name)) scores[index] = score
        return textAt(reply, 'nextToken')
      })
      if (nextToken === undefined) break
    }
    return scores.map((score) => {
      if (score === undefined) throw new AppError('model/unavailable', { model: name, reason: 'a text came back without a score' })
      return score
    })
  }

  return {
    name,
    async rerank(query, texts, signal) {
      const cut = (text: string) => wireText(text.slice(0, MAX_CHARACTERS))
      const batches = batchesOf(texts.map(cut), MAX_TEXTS, MAX_REQUEST_CHARACTERS)
      const scores = await eachBatch(batches, 1, signal, (batch, either) => scoresOf(cut(query), batch, either))
      return scores.flat()
    },
  }
}

function arnOf(model: string, region: string): string {
  const partition = region.startsWith('cn-') ? 'aws-cn' : region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws'
  return model.startsWith('arn:') ? model : `arn:${partition}:bedrock:${region}::foundation-model/${model}`
}

/** Place among the texts, score. */
function resultsOf(reply: unknown, count: number, model: string): [index: number, score: number][] {
  const broken = (reason: string) => new AppError('model/unavailable', { model, reason })
  const results = field(reply, 'results')
  if (!Array.isArray(results)) throw broken('the reply holds no results')
  return results.map((result: unknown) => {
    const [index, score] = [numberAt(result, 'index'), numberAt(result, 'relevanceScore')]
    if (index === undefined || !Number.isInteger(index) || index < 0 || index >= count) throw broken('a result is of none of the texts')
    if (score === undefined) throw broken('a text came back without a score')
    return [index, Math.min(1, Math.max(0, score))]
  })
}
