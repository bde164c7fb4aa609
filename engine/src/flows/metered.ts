import { type Caller, usageSubject } from '../domain/caller.ts'
import { AppError, type ErrorCode } from '../domain/errors.ts'
import { type Amount, costOf, type Price, searchesOf } from '../domain/prices.ts'
import type { Chat, ChatEvent, ChatRequest } from '../ports/chat.ts'
import type { Done } from '../ports/embedder.ts'
import type { Reranker } from '../ports/reranker.ts'
import type { World } from '../ports/world.ts'
import { EMBED_GROUP } from '../steps/embed.ts'
import { assertTokensLeft, type Payer, payerOf, spendCapsOf, tokenLimits } from './allowance.ts'

// What models take and give, counted where they are asked. With a budget the most that a request can cost is set aside
// before it is sent, and replaced by what it did cost afterwards.

export type MeterWorld = Pick<World, 'accounts' | 'keys' | 'ledger' | 'limiter' | 'prices' | 'log' | 'now'>

interface Tokens {
  readonly input: number
  readonly output: number
}

const FREE: Price = { input: 0, output: 0 }

/** A chat model whose use is counted for the caller. @throws limit/spend, limit/unpriced, limit/quota, limit/rate from `write`, before the model is asked */
export function meteredChat(world: MeterWorld, caller: Caller, databaseId: string | undefined, chat: Chat): Chat {
  return {
    name: chat.name,
    window: chat.window,
    citations: chat.citations,
    async *write(request, signal) {
      const payer = await payerOf(world, caller, databaseId)
      const asked = [request.system, ...request.messages.map(({ text }) => text), ...(request.passages ?? []).flatMap(({ title, text }) => [title, text])].join(
        '\n',
      )
      const settle = await begin(world, payer, chat.name, {
        input: mostTokens(asked) + WRAPPING * (request.messages.length + (request.passages?.length ?? 0) + 1),
        output: request.maxTokens,
      })
      const progress: Progress = { text: '', usage: undefined, failed: false }
      try {
        yield* watched(chat, request, signal, progress)
      } finally {
        const used = usedBy(progress, asked)
        await settle({ inputTokens: used.input, outputTokens: used.output }, used)
      }
    },
  }
}

interface Progress {
  text: string
  usage: Tokens | undefined
  /** The provider did not do it; an answer that it wrote and withheld is done. */
  failed: boolean
}

async function* watched(chat: Chat, request: ChatRequest, signal: AbortSignal, progress: Progress): AsyncGenerator<ChatEvent> {
  try {
    for await (const event of chat.write(request, signal)) {
      if (event.type === 'text') progress.text += event.text
      else if (event.type === 'end' && event.usage !== undefined) progress.usage = { input: event.usage.inputTokens, output: event.usage.outputTokens }
      yield event
    }
  } catch (error) {
    progress.failed = error instanceof AppError && !signal.aborted
    if (error instanceof AppError && error.facts.withheld === true) {
      progress.failed = false
      const { input_tokens: input, output_tokens: output } = error.facts
      if (typeof input === 'number' && typeof output === 'number') progress.usage = { input, output }
    }
    throw error
  }
}

/** What the provider told; an estimate when it told nothing or was stopped half-way. A request that it did not take costs nothing. */
function usedBy({ text, usage, failed }: Progress, asked: string): Tokens {
  if (usage !== undefined) return usage
  if (failed && text === '') return { input: 0, output: 0 }
  return { input: likelyTokens(asked), output: likelyTokens(text) }
}

/**
 * Embeds texts for a payer. `tokens` is what is counted for all of them. When `work` fails those count, by their number, whose vectors
 * had come: it tells of them; when it was stopped, those too that were under way.
 * @throws limit/spend, limit/unpriced, limit/quota, limit/rate before the model is asked, and what `work` throws
 */
export async function meteredEmbedding<T>(
  world: MeterWorld,
  payer: Payer,
  embedding: { readonly model: string; readonly texts: readonly string[]; readonly tokens: number; readonly signal: AbortSignal },
  work: (done: Done) => Promise<T>,
): Promise<T> {
  const { model, texts, tokens, signal } = embedding
  const most = texts.reduce((total, text) => total + mostTokens(text) + WRAPPING, 0)
  const settle = await begin(world, payer, model, { input: most, output: 0 })
  let paid = 0
  let made: T
  try {
    made = await work((more) => {
      paid += more
    })
  } catch (error) {
    // Stopped by us it was sent all the same; a provider that failed asks no money.
    const sent = Math.min(texts.length, paid + (signal.aborted ? EMBED_GROUP : 0))
    const counted = texts.length === 0 ? 0 : Math.ceil((tokens * sent) / texts.length)
    await settle({ embeddedTokens: counted }, { input: counted, output: 0 })
    throw error
  }
  await settle({ embeddedTokens: tokens }, { input: tokens, output: 0 })
  return made
}

/**
 * Orders texts for a payer. What it costs counts; tokens do not, because most rerankers are paid by the search.
 * @throws limit/spend, limit/unpriced, limit/quota, limit/rate before the model is asked, and what the reranker throws
 */
export async function meteredRerank(
  world: MeterWorld,
  payer: Payer,
  { reranker, query, texts, signal }: { readonly reranker: Reranker; readonly query: string; readonly texts: readonly string[]; readonly signal: AbortSignal },
): Promise<readonly number[]> {
  const counted = (count: (text: string) => number) => {
    const [asked, read] = [count(query), texts.map(count)]
    return { input: read.reduce((total, one) => total + one + asked, 0), output: 0, searches: searchesOf(asked, read) }
  }
  const settle = await begin(world, payer, reranker.name, counted(mostTokens))
  try {
    const scores = await reranker.rerank(query, texts, signal)
    await settle({}, counted(likelyTokens))
    return scores
  } catch (error) {
    // Stopped by us it was sent all the same; a provider that failed asks no money.
    await settle({}, signal.aborted ? counted(likelyTokens) : { input: 0, output: 0 })
    throw error
  }
}

/** Counts one answer that was asked for, whoever writes it. */
export function countQuestion(world: Pick<World, 'ledger'>, caller: Caller, databaseId: string | undefined): void {
  world.ledger.count(usageSubject(caller, databaseId), { questions: 1 })
}

/** True for what must be told to the one who asks, instead of going on without a model. */
export function isOverBudget(error: unknown): error is AppError {
  return error instanceof AppError && OVER_BUDGET.has(error.code)
}

const OVER_BUDGET: ReadonlySet<ErrorCode> = new Set(['limit/spend', 'limit/unpriced', 'limit/rate', 'limit/quota'])

interface Counts {
  readonly inputTokens?: number
  readonly outputTokens?: number
  readonly embeddedTokens?: number
}
type Settle = (counts: Counts, amount: Amount) => Promise<void>

async function begin(world: MeterWorld, payer: Payer, model: string, most: Amount): Promise<Settle> {
  await assertTokensLeft(world, payer.allowances)
  const known = world.prices.of(model)
  const price = known ?? FREE
  const isFree = known !== undefined && costOf(known, { input: 1, output: 1, searches: 1 }) === 0
  const caps = isFree ? [] : await spendCapsOf(world, payer.allowances)
  if (caps.length > 0 && known === undefined) throw new AppError('limit/unpriced', { model })
  const reservation = caps.length === 0 ? undefined : await world.ledger.reserve(payer.subject, costOf(price, most), caps)
  return async (counts, amount) => {
    const amounts = { ...counts, cost: costOf(price, amount) }
    try {
      if (reservation === undefined) world.ledger.count(payer.subject, amounts)
      else await world.ledger.settle(reservation, amounts)
      const { inputTokens = 0, outputTokens = 0, embeddedTokens = 0 } = counts
      await world.limiter.charge(tokenLimits(payer.allowances), inputTokens + outputTokens + embeddedTokens)
    } catch (error) {
      // What was made is not taken back for it; what was set aside counts as spent today.
      world.log.error('usage-not-settled', { model, cause: error })
    }
  }
}

/** Source: what chat protocols put around a message is under 16 tokens. */
const WRAPPING = 16

/** No token is shorter than a byte: never too little, whatever the language and the model's tokenizer. */
function mostTokens(text: string): number {
  return Buffer.byteLength(text)
}

/** Source: tokenizers of today make one token of 3 to 4.5 bytes, in English as in Japanese. Without reading their tables. */
export function likelyTokens(text: string): number {
  return Math.ceil(Buffer.byteLength(text) / 3.5)
}
