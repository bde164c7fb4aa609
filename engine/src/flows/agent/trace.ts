import { atMost } from '../../domain/abort.ts'
import type { AnswerEvent, SentenceCheck, Usage } from '../../domain/answer.ts'
import type { Strictness } from '../../domain/answering.ts'
import { isErrorCode } from '../../domain/errors.ts'
import { costOf, type Price, sumOfCosts } from '../../domain/prices.ts'
import { withoutFacts } from '../../domain/told.ts'
import type { AnswerTrace, TraceCall, TraceSearch, TraceStep } from '../../domain/trace.ts'
import type { Chat, ChatEvent, ChatRequest } from '../../ports/chat.ts'
import type { World } from '../../ports/world.ts'
import type { Place } from '../cite.ts'
import { likelyInput, likelyTokens, withheldIn } from '../metered.ts'
import type { AskRequest } from './work.ts'

/** Notes how an answer comes about, while it does. */
export interface TraceRecorder {
  readonly id: string
  /** What stands in it so far, for one who goes on with it. */
  noted(): Noted
  step(step: TraceStep): void
  searched(search: TraceSearch): void
  /** Work that may still tell what it took when an answer is stopped: it is waited for before the trace is kept. */
  within<T>(work: Promise<T>): Promise<T>
  /** The same model, with each request noted under a purpose. */
  recorded(chat: Chat, purpose: string): Chat
  /** Of all requests to language models so far. Undefined where a part is not known. */
  usage(): Usage | undefined
  /** Micro-dollars of all requests to models so far, those that embed and rerank among them; 0 when there were none. Undefined where a price is not known. */
  cost(): number | undefined
  /** What was streamed. */
  told(event: AnswerEvent): void
  /** How it ended; the first call counts. */
  ended(how: { readonly outcome: AnswerTrace['outcome']; readonly writer?: string; readonly error?: string }): void
  /** Hands it over, with requests that were broken off just now once they have let go. Never throws. */
  keep(): Promise<void>
}

/** What a process has noted of an answer that it left behind; JSON. */
export interface Noted {
  readonly startedAt: number
  readonly steps: readonly TraceStep[]
  readonly searches: readonly TraceSearch[]
  readonly calls: readonly TraceCall[]
  /** Requests that took nothing. */
  readonly refused: number
}

interface Recorded {
  readonly world: World
  readonly places: readonly Place[]
  readonly request: AskRequest
  readonly chat: Chat | undefined
  readonly voice: string | undefined
  readonly strictness: Strictness
}

/** @param left of the same trace, by the process that went before */
export function traceRecorder(work: Recorded, id = work.world.hash(work.world.newId('trace')).slice(0, 32), left?: Noted): TraceRecorder {
  const { world, places, request, chat } = work
  const startedAt = left?.startedAt ?? world.now()
  const [steps, searches, calls]: [TraceStep[], TraceSearch[], TraceCall[]] = [[...(left?.steps ?? [])], [...(left?.searches ?? [])], [...(left?.calls ?? [])]]
  const sentences: SentenceCheck[] = []
  const underWay = new Set<Promise<void>>()
  let refused = left?.refused ?? 0 // took nothing
  let text = ''
  let end: Parameters<TraceRecorder['ended']>[0] | undefined

  function usage(): Usage | undefined {
    const told = calls.flatMap((call) => call.usage ?? [])
    if (told.length === 0 || told.length < calls.length - refused) return undefined
    return told.reduce((sum, one) => ({ inputTokens: sum.inputTokens + one.inputTokens, outputTokens: sum.outputTokens + one.outputTokens }))
  }
  function cost(): number | undefined {
    return sumOfCosts([...calls, ...searches.flatMap(({ models = [] }) => models)].map((one) => one.cost))
  }
  function within<T>(work: Promise<T>): Promise<T> {
    const over = work.then(
      () => undefined,
      () => undefined,
    )
    underWay.add(over)
    void over.then(() => underWay.delete(over))
    return work
  }
  async function* noted(model: Chat, purpose: string, asked: ChatRequest, signal: AbortSignal): AsyncGenerator<ChatEvent> {
    const progress: Progress = { reply: '', usage: undefined, error: undefined, stopped: false, withheld: false, msToFirst: undefined }
    const [began, at] = [performance.now(), world.now()]
    const over = Promise.withResolvers<void>()
    underWay.add(over.promise)
    try {
      for await (const event of model.write(asked, signal)) {
        if (event.type !== 'end') progress.msToFirst ??= performance.now() - began
        if (event.type === 'text') progress.reply += event.text
        if (event.type === 'end') progress.usage = event.usage
        yield event
      }
    } catch (error) {
      progress.error = error instanceof Error ? error.message : String(error)
      progress.stopped = signal.aborted
      const paid = withheldIn(error)
      progress.withheld = paid !== undefined
      progress.usage ??= paid?.usage
      throw error
    } finally {
      calls.push(callOf({ purpose, model: model.name, asked, progress, startedAt: at, ms: performance.now() - began, price: world.prices.of(model.name) }))
      if (isRefused(progress)) refused += 1
      underWay.delete(over.promise)
      over.resolve()
    }
  }
  function whole(): AnswerTrace {
    const caller = places[0]?.caller
    const { turn } = request
    return {
      id,
      accountId: caller?.accountId ?? '',
      visitorId: caller?.kind === 'visitor' ? caller.id : undefined,
      publicationId: caller?.publicationId,
      conversationId: turn?.conversationId,
      answerId: turn?.answerId(),
      databaseIds: places.map(({ databaseId }) => databaseId),
      question: request.question,
      startedAt,
      ms: world.now() - startedAt,
      outcome: end?.outcome ?? 'stopped',
      writer: end?.writer ?? chat?.name ?? 'extractive',
      steps,
      searches,
      calls,
      sentences: sentences.map(({ start, end: to, verdict, citations, reason }) => ({ text: text.slice(start, to), verdict, citations, reason })),
      text,
      usage: usage(),
      cost: cost(),
      error: end?.error,
      settings: settingsOf(work),
    }
  }

  return {
    id,
    noted: () => ({ startedAt, steps: [...steps], searches: [...searches], calls: [...calls], refused }),
    step: (step) => void steps.push(step),
    searched: (search) => void searches.push(search),
    within,
    recorded: (model, purpose) => ({ ...describe(model), write: (asked, signal) => noted(model, purpose, asked, signal) }),
    usage,
    cost,
    told(event) {
      if (event.type === 'text-delta') text += event.text
      if (event.type === 'sentence-checked') sentences.push(event.sentence)
    },
    ended(how) {
      end ??= how
    },
    async keep() {
      await atMost(LET_GO_MS, Promise.all(underWay))
      try {
        const trace = whole()
        const kept = trace.visitorId === undefined ? trace : withoutWords(trace)
        world.telemetry.told(kept)
        await world.traces.keepTrace(kept)
      } catch (error) {
        world.log.error('trace-not-kept', { trace: id, error })
      }
    },
  }
}

/** Of a stranger: how it came about, and nothing of what was said, by a provider neither: it may repeat the question. Whoever published the chat reads traces. */
export function withoutWords(trace: AnswerTrace): AnswerTrace {
  return {
    ...trace,
    question: '',
    text: '',
    steps: trace.steps.map((step) => ({ ...step, note: undefined })),
    searches: trace.searches.map((search) => ({ ...search, query: '' })),
    calls: trace.calls.map((call) => ({ ...call, messages: [], reply: '', error: wordless(call.error) })),
    sentences: trace.sentences.map((sentence) => ({ ...sentence, text: '', reason: undefined })),
    error: wordless(trace.error),
  }
}

function wordless(error: string | undefined): string | undefined {
  return error === undefined || isErrorCode(error) ? error : withoutFacts(error)
}

/**
 * Source: what a connection takes to close and its tokens to be counted; what does not listen is not waited for. Shorter than
 * what a server waits for an answer that was stopped, so that its end is told and its trace is kept.
 */
const LET_GO_MS = 500

interface Progress {
  reply: string
  usage: Usage | undefined
  error: string | undefined
  /** By us: what was sent is paid for. */
  stopped: boolean
  /** By the provider, after it wrote: it is paid for. */
  withheld: boolean
  msToFirst: number | undefined
}

/** It failed before it wrote anything: nothing was taken for it. */
function isRefused({ error, stopped, withheld, reply, usage }: Progress): boolean {
  return error !== undefined && !stopped && !withheld && reply === '' && usage === undefined
}

function callOf(call: {
  readonly purpose: string
  readonly model: string
  readonly asked: ChatRequest
  readonly progress: Progress
  readonly startedAt: number
  readonly ms: number
  readonly price: Price | undefined
}): TraceCall {
  const { purpose, model, asked, progress, startedAt, ms, price } = call
  const { reply, usage, error, msToFirst } = progress
  const passages = (asked.passages ?? []).map(({ title, text }, index) => `[${index + 1}] ${title}\n${text}`)
  const messages = [...passages.map((text) => ({ role: 'user' as const, text })), ...asked.messages]
  const nothing = isRefused(progress)
  const input = usage?.inputTokens ?? (nothing ? 0 : likelyInput(asked))
  const output = usage?.outputTokens ?? likelyTokens(reply)
  const cost = nothing ? 0 : price === undefined ? undefined : costOf(price, { input, output })
  return { purpose, model, system: asked.system, messages, reply, startedAt, msToFirst, ms, usage, cost, error }
}

function describe({ name, window, citations }: Chat): Pick<Chat, 'name' | 'window' | 'citations'> {
  return { name, window, citations }
}

/** Enough to ask the same again. */
function settingsOf({ request, chat, voice, strictness }: Recorded): AnswerTrace['settings'] {
  const { n, filter, versionId, guard } = request
  return {
    n,
    chatModel: chat?.name ?? 'extractive',
    strictness,
    ...(voice === undefined ? {} : { voice }),
    ...(filter === undefined ? {} : { filter: JSON.stringify(filter) }),
    ...(versionId === undefined ? {} : { versionId }),
    ...(guard === undefined ? {} : { guard: JSON.stringify(guard) }),
  }
}
