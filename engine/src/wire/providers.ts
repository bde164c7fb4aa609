import { anthropicChat } from '../adapters/anthropic/chat.ts'
import { type AwsOptions, awsCredentials } from '../adapters/aws-signing.ts'
import { cohereChat } from '../adapters/cohere/chat.ts'
import { cohereEmbedders } from '../adapters/cohere/embedder.ts'
import { cohereReranker } from '../adapters/cohere/reranker.ts'
import type { ModelProvider } from '../adapters/embedders.ts'
import type { Fetch } from '../adapters/http.ts'
import { openaiChat } from '../adapters/openai/chat.ts'
import { openaiEmbedders } from '../adapters/openai/embedder.ts'
import { guardedFetch } from '../adapters/openai/guarded-fetch.ts'
import { AppError } from '../domain/errors.ts'
import {
  CHAT_PROVIDERS,
  checkModelName,
  DEFAULT_ADDRESSES,
  type ModelAddress,
  type ModelKeyName,
  type ModelSettings,
  providerOf,
  RERANK_PROVIDERS,
} from '../domain/models.ts'
import type { Chat } from '../ports/chat.ts'
import type { Reranker } from '../ports/reranker.ts'

// Each provider: how it is reached with what holds now, and what it makes. Adapters that bring packages are loaded when they are used.

/** Models of one provider, with the key and the address that hold now. What it cannot do it has no function for. */
interface Provider {
  /** What they are made of: made anew when it changes. */
  readonly of: unknown
  readonly chat?: (model: string) => Promise<Chat>
  readonly reranker?: (model: string) => Promise<Reranker>
  readonly embedders?: () => Promise<ModelProvider>
}

const guarded = guardedFetch()
const credentials = awsCredentials()

/** The address, and a check of where each connection goes when it was typed into a page. */
function addressOf(now: ModelSettings, place: ModelAddress): { readonly baseUrl: string; readonly fetch?: Fetch } {
  const { value: baseUrl, from } = now.addresses[place]
  return { baseUrl, ...(from === 'chosen' ? { fetch: guarded } : {}) }
}

/** @throws model/refused naming the setting that is missing */
function keyOf(now: ModelSettings, name: ModelKeyName): string {
  const { value, unusable } = now.keys[name]
  if (value === undefined) throw new AppError('model/refused', { setting: name, reason: KEY_REASONS[unusable ?? 'missing'] })
  return value
}

const KEY_REASONS = {
  missing: 'no key is set',
  'other-secret': 'the stored key was stored under another secret of the server',
  'other-address': 'the stored key is for another address',
} as const

/** @throws model/refused */
function awsReach({ awsRegion }: ModelSettings): AwsOptions {
  if (awsRegion === undefined) throw new AppError('model/refused', { setting: 'AWS_REGION', reason: 'no region is set' })
  return { region: awsRegion, credentials }
}

const PROVIDERS: Readonly<Record<string, (now: ModelSettings) => Provider>> = {
  openai(now) {
    const address = addressOf(now, 'OPENAI_BASE_URL')
    // A server of one's own may do without a key.
    const isOfficial = address.baseUrl === DEFAULT_ADDRESSES.OPENAI_BASE_URL
    const of = { provider: 'openai', ...address, apiKey: isOfficial ? keyOf(now, 'OPENAI_API_KEY') : now.keys.OPENAI_API_KEY.value }
    return { of, chat: async (model) => openaiChat({ ...of, model }), embedders: async () => openaiEmbedders(of) }
  },
  ollama(now) {
    const { baseUrl, ...rest } = addressOf(now, 'OLLAMA_URL')
    const of = { provider: 'ollama', ...rest, baseUrl: `${baseUrl}/v1`, apiKey: undefined }
    return { of, chat: async (model) => openaiChat({ ...of, model }), embedders: async () => openaiEmbedders(of) }
  },
  anthropic(now) {
    const of = { ...addressOf(now, 'ANTHROPIC_BASE_URL'), apiKey: keyOf(now, 'ANTHROPIC_API_KEY') }
    return { of, chat: async (model) => anthropicChat({ ...of, model }) }
  },
  cohere(now) {
    const of = { ...addressOf(now, 'COHERE_BASE_URL'), apiKey: keyOf(now, 'COHERE_API_KEY') }
    return {
      of,
      chat: async (model) => cohereChat({ ...of, model }),
      reranker: async (model) => cohereReranker({ ...of, model }),
      embedders: async () => cohereEmbedders(of),
    }
  },
  bedrock(now) {
    const of = awsReach(now)
    return {
      of,
      chat: async (model) => (await import('../adapters/bedrock/chat.ts')).bedrockChat({ ...of, model }),
      reranker: async (model) => (await import('../adapters/bedrock/reranker.ts')).bedrockReranker({ ...of, model }),
      embedders: async () => (await import('../adapters/bedrock/embedder.ts')).bedrockEmbedders(of),
    }
  },
  sagemaker(now) {
    const of = awsReach(now)
    return {
      of,
      chat: async (model) => (await import('../adapters/sagemaker/chat.ts')).sagemakerChat({ ...of, model }),
      embedders: async () => (await import('../adapters/sagemaker/embedder.ts')).sagemakerEmbedders(of),
    }
  },
}

/** Makes models, each once for as long as its key and its address stay the same. */
export interface Making {
  /** @throws model/unknown, model/refused naming the setting that is missing */
  chat(now: ModelSettings, name: string): Promise<Chat>
  reranker(now: ModelSettings, name: string): Promise<Reranker>
  /** Of a provider whose key is missing one that refuses to open any model, and says why. */
  embedders(now: ModelSettings, provider: string): Promise<ModelProvider>
}

/** `finish` is done with each that is made. */
export function makingModels(finish: { chat(made: Chat): Chat; reranker(made: Reranker): Reranker }): Making {
  const [chats, rerankers, embedders] = [remade<Chat>(), remade<Reranker>(), remade<ModelProvider>()]
  function found(now: ModelSettings, name: string): { readonly provider: Provider; readonly model: string } {
    const kind = providerOf(name)
    const reached = Object.hasOwn(PROVIDERS, kind) ? PROVIDERS[kind]?.(now) : undefined
    const model = name.slice(kind.length + 1)
    if (reached === undefined || model === '') throw new AppError('model/unknown', { model: name.slice(0, 200), providers: Object.keys(PROVIDERS) })
    return { provider: reached, model }
  }
  return {
    async chat(now, name) {
      checkModelName(name, CHAT_PROVIDERS)
      const { provider, model } = found(now, name)
      const { chat } = provider
      if (chat === undefined) throw new AppError('model/unknown', { model: name })
      return chats(name, provider.of, async () => finish.chat(await chat(model)))
    },
    async reranker(now, name) {
      checkModelName(name, RERANK_PROVIDERS)
      const { provider, model } = found(now, name)
      const { reranker } = provider
      if (reranker === undefined) throw new AppError('model/unknown', { model: name })
      return rerankers(name, provider.of, async () => finish.reranker(await reranker(model)))
    },
    async embedders(now, provider) {
      try {
        const { of, embedders: open } = found(now, `${provider}:any`).provider
        if (open === undefined) throw new AppError('model/unknown', { model: `${provider}:` })
        return await embedders(provider, of, open)
      } catch (error) {
        if (error instanceof AppError) return refusing(provider, error)
        throw error
      }
    },
  }
}

function refusing(provider: string, fault: AppError): ModelProvider {
  const { setting } = fault.facts
  return {
    open: async () => Promise.reject(fault),
    list: async () => [{ name: `${provider}:`, where: 'remote', ready: false, note: setting === undefined ? fault.message : `needs ${String(setting)}` }],
    close: async () => undefined,
  }
}

/** Names come from whoever manages a database: no more than so many are kept. */
const MOST_KEPT = 200

/** Makes a thing anew when what it is made of has changed, and otherwise gives the same again, also to those who ask at the same time. */
function remade<T>(): (name: string, of: unknown, make: () => Promise<T>) => Promise<T> {
  const kept = new Map<string, { readonly of: string; readonly made: Promise<T> }>()
  return (name, of, make) => {
    // A function is not written out: whether it is there counts.
    const now = JSON.stringify(of, (_, value: unknown) => (typeof value === 'function' ? true : value))
    const last = kept.get(name)
    if (last?.of === now) return last.made
    const made = make()
    kept.delete(name)
    kept.set(name, { of: now, made })
    made.catch(() => kept.get(name)?.made === made && kept.delete(name))
    const [oldest] = kept.keys()
    if (kept.size > MOST_KEPT && oldest !== undefined) kept.delete(oldest)
    return made
  }
}
