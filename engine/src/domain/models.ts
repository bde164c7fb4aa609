/** What can be chosen about models, by the name of the environment variable that comes before the choice. */
export const MODEL_CHOICES = ['CHAT_MODEL', 'EMBEDDING_MODEL', 'OPENAI_BASE_URL', 'OLLAMA_URL'] as const
export type ModelChoice = (typeof MODEL_CHOICES)[number]
/** The key of a provider, likewise. */
export const MODEL_KEY = 'OPENAI_API_KEY'

/** What the environment sets; undefined where it sets nothing. */
export type GivenModels = Readonly<Record<ModelChoice | typeof MODEL_KEY, string | undefined>>

/** What an owner chose, as it is kept. */
export interface ChosenModels {
  readonly values: Readonly<Partial<Record<ModelChoice, string>>>
  readonly key: SealedKey | undefined
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

/** Which models are used now and how they are reached. Holds a key in clear: it never leaves the server as it is. */
export interface ModelSettings {
  readonly chatModel: ModelValue<string | undefined>
  readonly embeddingModel: ModelValue<string>
  readonly openaiBaseUrl: ModelValue<string>
  readonly ollamaUrl: ModelValue<string>
  readonly openaiKey: ModelKey
}

export interface ModelKey {
  readonly value: string | undefined
  readonly from: 'environment' | 'chosen' | undefined
  readonly fixedBy: string | undefined
  /** A key is kept that cannot be used: it was sealed under another secret of the server, or is for another address. */
  readonly unusable: 'other-secret' | 'other-address' | undefined
}

export const DEFAULT_OPENAI_BASE_URL = 'https://api.openai.com/v1'
export const DEFAULT_OLLAMA_URL = 'http://127.0.0.1:11434'
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
  const keyComesWithAddress = given.OPENAI_BASE_URL === undefined && given[MODEL_KEY] !== undefined
  const openaiBaseUrl = keyComesWithAddress
    ? { value: DEFAULT_OPENAI_BASE_URL, from: 'default' as const, fixedBy: MODEL_KEY }
    : settled('OPENAI_BASE_URL', DEFAULT_OPENAI_BASE_URL)
  return {
    chatModel: settled('CHAT_MODEL', undefined),
    embeddingModel: settled('EMBEDDING_MODEL', DEFAULT_EMBEDDING_MODEL),
    openaiBaseUrl,
    ollamaUrl: settled('OLLAMA_URL', DEFAULT_OLLAMA_URL),
    openaiKey: settledKey(given[MODEL_KEY], chosen.key, openaiBaseUrl.value, unseal),
  }
}

function settledKey(given: string | undefined, key: SealedKey | undefined, address: string, unseal: (key: SealedKey) => string | undefined): ModelKey {
  if (given !== undefined) return { value: given, from: 'environment', fixedBy: MODEL_KEY, unusable: undefined }
  const none = { value: undefined, from: undefined, fixedBy: undefined }
  if (key === undefined) return { ...none, unusable: undefined }
  if (key.address !== address) return { ...none, unusable: 'other-address' }
  const value = unseal(key)
  return value === undefined ? { ...none, unusable: 'other-secret' } : { value, from: 'chosen', fixedBy: undefined, unusable: undefined }
}

/** The last four characters of a key, to tell one from another; undefined when that would be too much of it. */
export function lastFour(key: string): string | undefined {
  return key.length < 16 ? undefined : key.slice(-4)
}
