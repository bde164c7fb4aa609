import { beforeAbort } from '../domain/abort.ts'
import type { Usage } from '../domain/answer.ts'
import { type Caller, usageSubject } from '../domain/caller.ts'
import { AppError, type ErrorCode } from '../domain/errors.ts'
import { type Amount, costOf, type Price, searchesOf } from '../domain/prices.ts'
import type { ModelUse } from '../domain/trace.ts'
import type { Chat, ChatEvent, ChatRequest } from '../ports/chat.ts'
import type { Done, Embedder } from '../ports/embedder.ts'
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

/** Told of each request for which a model took something, as soon as that is known. */
export type Took = (use: ModelUse) => void

const FREE: Price = { input: 0, output: 0 }

/** A chat model whose use is counted for the caller. @throws limit/spend, limit/unpriced, limit/quota, limit/rate from `write`, before the model is asked */
export function meteredChat(world: MeterWorld, caller: Caller, databaseId: string | undefined, chat: Chat): Chat {
  return {
    name: chat.name,
    window: chat.window,
    citations: chat.citations,
    ...(chat.thinking === undefined ? {} : { thinking: chat.thinking }),
    async *write(request, signal) {
      const payer = await payerOf(world, caller, databaseId)
      const asked = wordsOf(request)
      const settle = await begin(
        world,
        payer,
        { model: chat.name },
        {
          input: mostTokens(asked) + WRAPPING * (request.messages.length + (request.passages?.length ?? 0) + 1),
          output: request.maxTokens + (chat.thinking ?? 0),
        },
      )
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
    const paid = withheldIn(error)
    progress.failed = error instanceof AppError && !signal.aborted && paid === undefined
    if (paid?.usage !== undefined) progress.usage = { input: paid.usage.inputTokens, output: paid.usage.outputTokens }
    throw error
  }
}

/** Of a fault: the reply that a provider wrote, withheld by its own rules and asks money for, with what it told of its tokens. */
export function withheldIn(fault: unknown): { readonly usage: Usage | undefined } | undefined {
  if (!(fault instanceof AppError) || fault.facts.withheld !== true) return undefined
  const { input_tokens: inputTokens, output_tokens: outputTokens } = fault.facts
  return { usage: typeof inputTokens === 'number' && typeof outputTokens === 'number' ? { inputTokens, outputTokens } : undefined }
}

/** What the provider told; an estimate when it told nothing or was stopped half-way. A request that it did not take costs nothing. */
function usedBy({ text, usage, failed }: Progress, asked: string): Tokens {
  if (usage !== undefined) return usage
  if (failed && text === '') return { input: 0, output: 0 }
  return { input: likelyTokens(asked), output: likelyTokens(text) }
}

export interface Embedding {
  readonly model: string
  /** What stays on this machine costs nothing, unless there is a price for it. */
  readonly where?: Embedder['where']
  readonly texts: readonly string[]
  /** An estimate for all of them: what counts where the provider tells nothing. */
  readonly tokens: number
  readonly signal: AbortSignal
}

/**
 * Embeds texts for a payer. When `work` fails those count whose vectors had come: it tells of them, with what the provider counted or
 * else by their number; when it was stopped, those too that were under way.
 * @throws limit/spend, limit/unpriced, limit/quota, limit/rate before the model is asked, and what `work` throws
 */
export async function meteredEmbedding<T>(
  world: MeterWorld,
  payer: Payer,
  { model, where, texts, tokens, signal }: Embedding,
  work: (done: Done) => Promise<T>,
  took?: Took,
): Promise<T> {
  const most = texts.reduce((total, text) => total + mostTokens(text) + WRAPPING, 0)
  const settle = await begin(world, payer, { purpose: 'embed', model, isOwn: where === 'local', took }, { input: most, output: 0 })
  const made = { texts: 0, counted: 0, tokens: 0 }
  /** What was counted, and of the estimate the share of the other texts that were sent. */
  const settled = (sent: number, of: number) => {
    const all = made.tokens + (of === 0 ? 0 : Math.ceil((tokens * (sent - made.counted)) / of))
    return settle({ embeddedTokens: all }, { input: all, output: 0 })
  }
  let result: T
  try {
    result = await work((more, counted) => {
      made.texts += more
      if (counted === undefined) return
      made.counted += more
      made.tokens += counted
    })
  } catch (error) {
    // Stopped by us it was sent all the same; a provider that failed asks no money.
    await settled(Math.min(texts.length, made.texts + (signal.aborted ? EMBED_GROUP : 0)), texts.length)
    throw error
  }
  // Equal texts may have been embedded once, and models on this machine tell of none.
  const whole = Math.max(1, made.texts)
  await settled(whole, whole)
  return result
}

/**
 * Orders texts for a payer, until the signal aborts. What it costs counts; tokens do not, because most rerankers are paid by the search:
 * of those what the provider tells counts, or else an estimate.
 * @throws limit/spend, limit/unpriced, limit/quota, limit/rate before the model is asked, and what the reranker throws
 */
export async function meteredRerank(
  world: MeterWorld,
  payer: Payer,
  { reranker, query, texts, signal }: { readonly reranker: Reranker; readonly query: string; readonly texts: readonly string[]; readonly signal: AbortSignal },
  took?: Took,
): Promise<readonly number[]> {
  signal.throwIfAborted()
  const counted = (count: (text: string) => number) => {
    const [asked, read] = [count(query), texts.map(count)]
    return { input: read.reduce((total, one) => total + one + asked, 0), output: 0, searches: searchesOf(asked, read) }
  }
  const settle = await begin(world, payer, { purpose: 'rerank', model: reranker.name, took }, counted(mostTokens))
  let paid = 0
  try {
    const work = reranker.rerank(query, texts, signal, (searches) => {
      paid += searches
    })
    const scores = await beforeAbort(work, signal)
    const likely = counted(likelyTokens)
    await settle({}, paid === 0 ? likely : { ...likely, searches: paid })
    return scores
  } catch (error) {
    // Stopped by us it was sent all the same; a provider that failed asks money for what had come alone.
    const likely = counted(likelyTokens)
    await settle({}, signal.aborted ? { ...likely, searches: Math.max(paid, likely.searches) } : { input: 0, output: 0, searches: paid })
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

interface Asked {
  readonly model: string
  /** It runs on this machine: told as free unless there is a price. A budget does not rely on that: it may pass on what it is sent. */
  readonly isOwn?: boolean
  readonly purpose?: ModelUse['purpose']
  readonly took?: Took | undefined
}

async function begin(world: MeterWorld, payer: Payer, { model, purpose, isOwn = false, took }: Asked, most: Amount): Promise<Settle> {
  await assertTokensLeft(world, payer.allowances)
  const known = world.prices.of(model)
  const price = known ?? FREE
  const isFree = known !== undefined && costOf(known, { input: 1, output: 1, searches: 1 }) === 0
  const caps = isFree ? [] : await spendCapsOf(world, payer.allowances)
  if (caps.length > 0 && known === undefined) throw new AppError('limit/unpriced', { model })
  const reservation = caps.length === 0 ? undefined : await world.ledger.reserve(payer.subject, costOf(price, most), caps)
  const [startedAt, began] = [world.now(), performance.now()]
  return async (counts, amount) => {
    const amounts = { ...counts, cost: costOf(price, amount) }
    const { input: tokens, searches = 0 } = amount
    if (purpose !== undefined && tokens + searches > 0) {
      const cost = known === undefined && !isOwn ? undefined : amounts.cost
      took?.({ purpose, model, tokens, searches, cost, startedAt, ms: performance.now() - began })
    }
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

function wordsOf({ system, messages, passages = [] }: ChatRequest): string {
  return [system, ...messages.map(({ text }) => text), ...passages.flatMap(({ title, text }) => [title, text])].join('\n')
}

/** That a chat model reads for a request, by estimate. */
export function likelyInput(request: ChatRequest): number {
  return likelyTokens(wordsOf(request))
}

/** No token is shorter than a byte: never too little, whatever the language and the model's tokenizer. */
function mostTokens(text: string): number {
  return Buffer.byteLength(text)
}

/** Source: tokenizers of today make one token of 3 to 4.5 bytes, in English as in Japanese. Without reading their tables. */
export function likelyTokens(text: string): number {
  return Math.ceil(Buffer.byteLength(text) / 3.5)
}
