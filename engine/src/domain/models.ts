import { AppError } from './errors.ts'

/** Which models are used, by the name of the environment variable that comes before the choice. */
export const MODEL_NAMES = ['CHAT_MODEL', 'CHAT_FALLBACK_MODEL', 'RERANK_MODEL', 'EMBEDDING_MODEL'] as const
/** Where they are asked, likewise. */
export const MODEL_ADDRESSES = ['OPENAI_BASE_URL', 'ANTHROPIC_BASE_URL', 'COHERE_BASE_URL', 'OLLAMA_URL'] as const
/** The keys of providers, likewise. */
export const MODEL_KEYS = ['OPENAI_API_KEY', 'ANTHROPIC_API_KEY', 'COHERE_API_KEY'] as const
export type ModelName = (typeof MODEL_NAMES)[number]
export type ModelAddress = (typeof MODEL_ADDRESSES)[number]
export type ModelKeyName = (typeof MODEL_KEYS)[number]

/** What can be chosen, keys apart. */
export const MODEL_CHOICES = [...MODEL_NAMES, ...MODEL_ADDRESSES] as const
export type ModelChoice = (typeof MODEL_CHOICES)[number]

/** The address that a key is sent to. */
export const ADDRESS_OF_KEY: Readonly<Record<ModelKeyName, ModelAddress>> = {
  OPENAI_API_KEY: 'OPENAI_BASE_URL',
  ANTHROPIC_API_KEY: 'ANTHROPIC_BASE_URL',
  COHERE_API_KEY: 'COHERE_BASE_URL',
}

/** Parts of names before the ":" that can write answers, order passages, and embed. */
export const CHAT_PROVIDERS = ['openai', 'anthropic', 'cohere', 'bedrock', 'sagemaker', 'ollama'] as const
export const RERANK_PROVIDERS = ['cohere', 'bedrock'] as const
export const EMBEDDING_PROVIDERS = ['openai', 'cohere', 'bedrock', 'sagemaker', 'ollama', 'local'] as const

/** What the environment sets; undefined where it sets nothing. Models of AWS are reached with its own credentials alone. */
export type GivenModels = Readonly<Record<ModelChoice | ModelKeyName | 'AWS_REGION', string | undefined>>

/** What an owner chose, as it is kept. */
export interface ChosenModels {
  readonly values: Readonly<Partial<Record<ModelChoice, string>>>
  readonly keys: Readonly<Partial<Record<ModelKeyName, SealedKey>>>
}

/** A key that only this server can read, and the one address that it may be sent to. */
export interface SealedKey {
  readonly sealed: string
  readonly address: string
}

export type ModelSource = 'environment' | 'chosen' | 'default'

export interface ModelValue<T> {
  readonly value: T
  readonly from: ModelSource
  /** The variable that must be unset before this can be chosen; undefined: it can be chosen. */
  readonly fixedBy: string | undefined
}

/** Which models are used now and how they are reached. Holds keys in clear: it never leaves the server as it is. */
export interface ModelSettings {
  /** Undefined: answers are extractive. */
  readonly chatModel: ModelValue<string | undefined>
  /** Writes when the chosen one fails. */
  readonly fallbackModel: ModelValue<string | undefined>
  /** Undefined or `none`: hits stay as the search orders them. */
  readonly rerankModel: ModelValue<string | undefined>
  readonly embeddingModel: ModelValue<string>
  readonly addresses: Readonly<Record<ModelAddress, ModelValue<string>>>
  readonly keys: Readonly<Record<ModelKeyName, ModelKey>>
  readonly awsRegion: string | undefined
}

export interface ModelKey {
  readonly value: string | undefined
  readonly from: 'environment' | 'chosen' | undefined
  readonly fixedBy: string | undefined
  /** A key is kept that cannot be used: it was sealed under another secret of the server, or is for another address. */
  readonly unusable: 'other-secret' | 'other-address' | undefined
}

export const DEFAULT_ADDRESSES: Readonly<Record<ModelAddress, string>> = {
  OPENAI_BASE_URL: 'https://api.openai.com/v1',
  ANTHROPIC_BASE_URL: 'https://api.anthropic.com',
  COHERE_BASE_URL: 'https://api.cohere.com',
  OLLAMA_URL: 'http://127.0.0.1:11434',
}
export const DEFAULT_EMBEDDING_MODEL = 'none'

/**
 * The environment comes first. A key goes to one address only: that of the environment to the address of the environment,
 * or the provider's own, and a chosen one to the address it was given for. So nobody reads a key by pointing it elsewhere.
 * `unseal` gives undefined for what it cannot read.
 */
export function settledModels(given: GivenModels, chosen: ChosenModels, unseal: (key: SealedKey) => string | undefined): ModelSettings {
  function settled<T>(name: ModelChoice, fallback: T): ModelValue<string | T> {
    const [first, second] = [given[name], chosen.values[name]]
    if (first !== undefined) return { value: first, from: 'environment', fixedBy: name }
    return second === undefined ? { value: fallback, from: 'default', fixedBy: undefined } : { value: second, from: 'chosen', fixedBy: undefined }
  }
  function addressOf(name: ModelAddress): ModelValue<string> {
    const key = MODEL_KEYS.find((one) => ADDRESS_OF_KEY[one] === name && given[one] !== undefined)
    if (key !== undefined && given[name] === undefined) return { value: DEFAULT_ADDRESSES[name], from: 'default', fixedBy: key }
    return settled(name, DEFAULT_ADDRESSES[name])
  }
  const addresses: ModelSettings['addresses'] = {
    OPENAI_BASE_URL: addressOf('OPENAI_BASE_URL'),
    ANTHROPIC_BASE_URL: addressOf('ANTHROPIC_BASE_URL'),
    COHERE_BASE_URL: addressOf('COHERE_BASE_URL'),
    OLLAMA_URL: addressOf('OLLAMA_URL'),
  }
  const keyOf = (name: ModelKeyName) => settledKey(name, given[name], chosen.keys[name], addresses[ADDRESS_OF_KEY[name]].value, unseal)
  return {
    chatModel: settled('CHAT_MODEL', undefined),
    fallbackModel: settled('CHAT_FALLBACK_MODEL', undefined),
    rerankModel: settled('RERANK_MODEL', undefined),
    embeddingModel: settled('EMBEDDING_MODEL', DEFAULT_EMBEDDING_MODEL),
    addresses,
    keys: { OPENAI_API_KEY: keyOf('OPENAI_API_KEY'), ANTHROPIC_API_KEY: keyOf('ANTHROPIC_API_KEY'), COHERE_API_KEY: keyOf('COHERE_API_KEY') },
    awsRegion: given.AWS_REGION,
  }
}

function settledKey(
  name: ModelKeyName,
  given: string | undefined,
  key: SealedKey | undefined,
  address: string,
  unseal: (key: SealedKey) => string | undefined,
): ModelKey {
  if (given !== undefined) return { value: given, from: 'environment', fixedBy: name, unusable: undefined }
  const none = { value: undefined, from: undefined, fixedBy: undefined }
  if (key === undefined) return { ...none, unusable: undefined }
  if (key.address !== address) return { ...none, unusable: 'other-address' }
  const value = unseal(key)
  return value === undefined ? { ...none, unusable: 'other-secret' } : { value, from: 'chosen', fixedBy: undefined, unusable: undefined }
}

/** What stands before the first ":" of a name; empty where there is none. */
export function providerOf(model: string): string {
  return model.slice(0, Math.max(0, model.indexOf(':')))
}

/** The last four characters of a key, to tell one from another; undefined when that would be too much of it. */
export function lastFour(key: string): string | undefined {
  return key.length < 16 ? undefined : key.slice(-4)
}

/** @throws AppError model/unknown for a provider that there is not, or none, or no name after it */
export function checkModelName(model: string, providers: readonly string[]): void {
  const provider = providerOf(model)
  if (providers.includes(provider) && model.length > provider.length + 1) return
  throw new AppError('model/unknown', { model: model.slice(0, 200), providers: [...providers] })
}
