import { NO_RERANKER } from '../domain/answering.ts'
import type { Caller } from '../domain/caller.ts'
import { NO_EMBEDDER } from '../domain/database.ts'
import { AppError } from '../domain/errors.ts'
import {
  ADDRESS_OF_KEY,
  CHAT_PROVIDERS,
  type ChosenModels,
  checkModelName,
  EMBEDDING_PROVIDERS,
  MODEL_ADDRESSES,
  MODEL_CHOICES,
  MODEL_KEYS,
  type ModelAddress,
  type ModelChoice,
  type ModelKeyName,
  type ModelName,
  type ModelSettings,
  RERANK_PROVIDERS,
  type SealedKey,
  settledModels,
} from '../domain/models.ts'
import { providerAddress } from '../domain/provider-address.ts'
import type { Chat } from '../ports/chat.ts'
import type { World } from '../ports/world.ts'
import { payerOf } from './allowance.ts'
import { likelyTokens, meteredChat, meteredEmbedding, meteredRerank } from './metered.ts'

export type ModelWorld = Pick<World, 'modelChoices' | 'givenModels' | 'secrets'>

const PURPOSE = 'model-key'
/** A person waits and looks. */
const TEST_WAIT_MS = 20_000

interface Settled {
  readonly given: ModelWorld['givenModels']
  /** As JSON. */
  readonly chosen: string
  readonly settings: ModelSettings
}

/** By the secrets that keys are unsealed with: that takes twenty times as long as reading them. */
const latest = new WeakMap<ModelWorld['secrets'], Settled>()

/** Which models are used now: what is chosen is read anew each time, and settled when it has changed. Holds keys in clear. */
export async function modelSettings(world: ModelWorld): Promise<ModelSettings> {
  const { givenModels: given, secrets } = world
  const read = await world.modelChoices.read()
  const chosen = JSON.stringify(read)
  const last = latest.get(secrets)
  if (last?.given === given && last.chosen === chosen) return last.settings
  const settings = settled(world, read)
  latest.set(secrets, { given, chosen, settings })
  return settings
}

function settled({ givenModels, secrets }: ModelWorld, chosen: ChosenModels): ModelSettings {
  return settledModels(givenModels, chosen, ({ sealed, address }) => secrets.unseal(PURPOSE, address, sealed))
}

/** Null takes a choice back. */
export type ModelChange = Readonly<Partial<Record<ModelChoice | ModelKeyName, string | null>>>

/**
 * Changes what is used from the next question on. A key that is not given anew together with another address is forgotten: it
 * was given for the former one.
 * @throws AppError settings/fixed naming the variable that comes first, model/unknown, request/invalid for an address that is not asked
 */
export async function changeModels(world: ModelWorld, change: ModelChange): Promise<ModelSettings> {
  const chosen = await world.modelChoices.read()
  const before = settled(world, chosen)
  for (const name of [...MODEL_CHOICES, ...MODEL_KEYS]) {
    const fixedBy = placeOf(before, name).fixedBy
    if (change[name] !== undefined && fixedBy !== undefined) throw new AppError('settings/fixed', { setting: name, variable: fixedBy })
  }
  const values: Partial<Record<ModelChoice, string | null>> = {}
  for (const name of MODEL_CHOICES) {
    const value = change[name]
    if (value !== undefined) values[name] = typeof value === 'string' ? checked(name, value) : value
  }
  const after = settled(world, { values: withoutNull({ ...chosen.values, ...values }), keys: {} })
  const keys: Partial<Record<ModelKeyName, SealedKey | null>> = {}
  for (const name of MODEL_KEYS) {
    const place = ADDRESS_OF_KEY[name]
    const address = after.addresses[place].value
    const key = change[name]
    if (typeof key === 'string') keys[name] = { address, sealed: world.secrets.seal(PURPOSE, address, key) }
    else if (key === null || address !== before.addresses[place].value) keys[name] = null
  }
  await world.modelChoices.change({ values, keys })
  return modelSettings(world)
}

/** By what a model is for. */
const PROVIDERS: Readonly<Record<ModelName, readonly string[]>> = {
  CHAT_MODEL: CHAT_PROVIDERS,
  CHAT_FALLBACK_MODEL: CHAT_PROVIDERS,
  RERANK_MODEL: RERANK_PROVIDERS,
  EMBEDDING_MODEL: EMBEDDING_PROVIDERS,
}

function placeOf(settings: ModelSettings, name: ModelChoice | ModelKeyName): { readonly fixedBy: string | undefined } {
  if (isAddress(name)) return settings.addresses[name]
  if (isKey(name)) return settings.keys[name]
  return {
    CHAT_MODEL: settings.chatModel,
    CHAT_FALLBACK_MODEL: settings.fallbackModel,
    RERANK_MODEL: settings.rerankModel,
    EMBEDDING_MODEL: settings.embeddingModel,
  }[name]
}

const isAddress = (name: string): name is ModelAddress => MODEL_ADDRESSES.some((one) => one === name)
const isKey = (name: string): name is ModelKeyName => MODEL_KEYS.some((one) => one === name)

function withoutNull(values: Readonly<Partial<Record<ModelChoice, string | null>>>): Partial<Record<ModelChoice, string>> {
  return Object.fromEntries(Object.entries(values).filter((entry): entry is [ModelChoice, string] => typeof entry[1] === 'string'))
}

function checked(name: ModelChoice, text: string): string {
  if (!isAddress(name)) {
    const isNone = (name === 'EMBEDDING_MODEL' && text === NO_EMBEDDER) || (name === 'RERANK_MODEL' && text === NO_RERANKER)
    if (!isNone) checkModelName(text, PROVIDERS[name])
    return text
  }
  const address = providerAddress(text)
  if (address === undefined) throw new AppError('request/invalid', { at: name.toLowerCase(), expected: 'an http or https address of a server of models' })
  return address
}

export interface ModelTest {
  /** Undefined: there is nothing to ask. */
  readonly model: string | undefined
  /** Undefined when it went well. */
  readonly error: AppError | undefined
  readonly ms: number
  readonly dimensions: number | undefined
}

export interface ModelTests {
  readonly chat: ModelTest
  readonly fallback: ModelTest
  readonly reranker: ModelTest
  readonly embedder: ModelTest
}

/** Asks each model that is chosen for all databases one small thing, side by side, counted for the caller. */
export async function testModels(world: World, caller: Caller, signal: AbortSignal): Promise<ModelTests> {
  const soon = AbortSignal.any([signal, AbortSignal.timeout(TEST_WAIT_MS)])
  const { chatModel, fallbackModel, rerankModel, embeddingModel } = await modelSettings(world)
  const named = (name: string | undefined) => (name === NO_EMBEDDER || name === NO_RERANKER ? undefined : name)
  const [embedder, reranker] = [named(embeddingModel.value), named(rerankModel.value)]
  async function write(chat: Chat | undefined): Promise<undefined> {
    if (chat === undefined) throw new AppError('model/unavailable', { reason: 'it was not made ready' })
    const request = { system: 'Answer with one word.', messages: [{ role: 'user', text: 'Say: ready' }], maxTokens: 16 } as const
    for await (const _event of meteredChat(world, caller, undefined, chat).write(request, soon)) {
      // What it says does not matter.
    }
  }
  const [chat, fallback, ordered, embedded] = await Promise.all([
    timed(chatModel.value ?? world.chat?.name, () => write(world.chat)),
    timed(fallbackModel.value, async () => write(await world.chats.fallback())),
    timed(reranker, async () => {
      const model = await world.rerankers.open(reranker ?? '')
      const texts = ['ready', 'not yet']
      await meteredRerank(world, await payerOf(world, caller, undefined), { reranker: model, query: 'ready?', texts, signal: soon })
      return undefined
    }),
    timed(embedder, async () => {
      const model = await world.embedders.open(embedder ?? '', soon)
      const texts = ['ready']
      const embedding = { model: model.name, texts, tokens: likelyTokens('ready'), signal: soon }
      await meteredEmbedding(world, await payerOf(world, caller, undefined), embedding, (done) => model.embed(texts, 'query', soon, done))
      return model.dimensions
    }),
  ])
  signal.throwIfAborted()
  return { chat, fallback, reranker: ordered, embedder: embedded }
}

async function timed(model: string | undefined, work: () => Promise<number | undefined>): Promise<ModelTest> {
  if (model === undefined) return { model, error: undefined, ms: 0, dimensions: undefined }
  const begun = performance.now()
  const ended = (error: AppError | undefined, dimensions: number | undefined) => ({ model, error, dimensions, ms: Math.round(performance.now() - begun) })
  try {
    return ended(undefined, await work())
  } catch (error) {
    if (error instanceof AppError) return ended(error, undefined)
    const late = error instanceof Error && error.name === 'TimeoutError'
    return ended(
      late ? new AppError('model/unavailable', { model, reason: `no answer within ${TEST_WAIT_MS} ms` }) : new AppError('internal', {}, error),
      undefined,
    )
  }
}
