import type { Caller } from '../domain/caller.ts'
import { NO_EMBEDDER } from '../domain/database.ts'
import { AppError } from '../domain/errors.ts'
import { type ChosenModels, MODEL_CHOICES, MODEL_KEY, type ModelChoice, type ModelSettings, settledModels } from '../domain/models.ts'
import { providerAddress } from '../domain/provider-address.ts'
import type { World } from '../ports/world.ts'
import { payerOf } from './allowance.ts'
import { likelyTokens, meteredChat, meteredEmbedding } from './metered.ts'

export type ModelWorld = Pick<World, 'modelChoices' | 'givenModels' | 'secrets'>

const PURPOSE = 'model-key'
/** A person waits and looks. */
const TEST_WAIT_MS = 20_000

/** Which models are used now, read anew each time. Holds the key in clear. */
export async function modelSettings(world: ModelWorld): Promise<ModelSettings> {
  return settled(world, await world.modelChoices.read())
}

function settled({ givenModels, secrets }: ModelWorld, chosen: ChosenModels): ModelSettings {
  return settledModels(givenModels, chosen, ({ sealed, address }) => secrets.unseal(PURPOSE, address, sealed))
}

/** Null takes a choice back. */
export type ModelChange = Readonly<Partial<Record<ModelChoice | typeof MODEL_KEY, string | null>>>

/**
 * Changes what is used from the next question on. A key that is not given anew together with another address is forgotten: it
 * was given for the former one.
 * @throws AppError settings/fixed naming the variable that comes first, request/invalid for an address that is not asked
 */
export async function changeModels(world: ModelWorld, change: ModelChange): Promise<ModelSettings> {
  const chosen = await world.modelChoices.read()
  const before = settled(world, chosen)
  for (const name of [...MODEL_CHOICES, MODEL_KEY] as const) {
    const { fixedBy } = before[PLACES[name]]
    if (change[name] !== undefined && fixedBy !== undefined) throw new AppError('settings/fixed', { setting: name, variable: fixedBy })
  }
  const values: Partial<Record<ModelChoice, string | null>> = {}
  for (const name of MODEL_CHOICES) {
    const value = change[name]
    if (value !== undefined) values[name] = typeof value === 'string' && ADDRESSES.has(name) ? checkedAddress(name, value) : value
  }
  const after = settled(world, { values: withoutNull({ ...chosen.values, ...values }), key: undefined })
  const address = after.openaiBaseUrl.value
  const key = change[MODEL_KEY]
  const sealed = typeof key === 'string' ? { address, sealed: world.secrets.seal(PURPOSE, address, key) } : key
  const moved = address !== before.openaiBaseUrl.value
  await world.modelChoices.change({ values, ...(sealed !== undefined ? { key: sealed } : moved ? { key: null } : {}) })
  return modelSettings(world)
}

const ADDRESSES: ReadonlySet<ModelChoice> = new Set(['OPENAI_BASE_URL', 'OLLAMA_URL'])
const PLACES = {
  CHAT_MODEL: 'chatModel',
  EMBEDDING_MODEL: 'embeddingModel',
  OPENAI_BASE_URL: 'openaiBaseUrl',
  OLLAMA_URL: 'ollamaUrl',
  OPENAI_API_KEY: 'openaiKey',
} as const satisfies Record<keyof ModelChange, keyof ModelSettings>

function withoutNull(values: Readonly<Partial<Record<ModelChoice, string | null>>>): Partial<Record<ModelChoice, string>> {
  return Object.fromEntries(Object.entries(values).filter((entry): entry is [ModelChoice, string] => typeof entry[1] === 'string'))
}

function checkedAddress(name: ModelChoice, text: string): string {
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

/** Asks the language model and the default embedding model one small thing each, side by side, counted for the caller. */
export async function testModels(world: World, caller: Caller, signal: AbortSignal): Promise<{ readonly chat: ModelTest; readonly embedder: ModelTest }> {
  const soon = AbortSignal.any([signal, AbortSignal.timeout(TEST_WAIT_MS)])
  const { chatModel, embeddingModel } = await modelSettings(world)
  const { chat } = world
  const embedder = embeddingModel.value === NO_EMBEDDER ? undefined : embeddingModel.value
  const asked = await Promise.all([
    timed(chatModel.value ?? chat?.name, async () => {
      if (chat === undefined) throw new AppError('model/unavailable', { reason: 'it was not made ready' })
      const request = { system: 'Answer with one word.', messages: [{ role: 'user', text: 'Say: ready' }], maxTokens: 16 } as const
      for await (const _event of meteredChat(world, caller, undefined, chat).write(request, soon)) {
        // What it says does not matter.
      }
      return undefined
    }),
    timed(embedder, async () => {
      const model = await world.embedders.open(embedder ?? '', soon)
      const texts = ['ready']
      const embedding = { model: model.name, texts, tokens: likelyTokens('ready'), signal: soon }
      await meteredEmbedding(world, await payerOf(world, caller, undefined), embedding, () => model.embed(texts, 'query', soon))
      return model.dimensions
    }),
  ])
  signal.throwIfAborted()
  return { chat: asked[0], embedder: asked[1] }
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
