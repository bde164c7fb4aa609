import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { storeWorld } from '../../test/store-world.ts'
import { fakeChat } from '../adapters/fake/chat.ts'
import { localSecrets } from '../adapters/local/secrets.ts'
import { accountCaller } from '../domain/caller.ts'
import { AppError } from '../domain/errors.ts'
import { type GivenModels, MODEL_CHOICES, MODEL_KEY } from '../domain/models.ts'
import type { World } from '../ports/world.ts'
import { changeModels, modelSettings, testModels } from './model-settings.ts'

const NONE: GivenModels = { CHAT_MODEL: undefined, EMBEDDING_MODEL: undefined, OPENAI_BASE_URL: undefined, OLLAMA_URL: undefined, OPENAI_API_KEY: undefined }
const KEY = 'sk-canary-0123456789abcdef'
const never = new AbortController().signal

let store: ReturnType<typeof storeWorld>
let world: World
beforeEach(() => {
  store = storeWorld()
  world = store.world
})
afterEach(() => store.close())

const given = (change: Partial<GivenModels>): World => ({ ...world, givenModels: { ...NONE, ...change } })

test('what is chosen holds at once, and null brings back what was before', async () => {
  const changed = await changeModels(world, { CHAT_MODEL: 'openai:a', EMBEDDING_MODEL: 'ollama:b', OLLAMA_URL: 'http://10.0.0.5:11434/', OPENAI_API_KEY: KEY })
  expect(changed).toMatchObject({
    chatModel: { value: 'openai:a', from: 'chosen' },
    embeddingModel: { value: 'ollama:b', from: 'chosen' },
    ollamaUrl: { value: 'http://10.0.0.5:11434', from: 'chosen' },
    openaiKey: { value: KEY, from: 'chosen', unusable: undefined },
  })
  expect(await modelSettings(world)).toEqual(changed)
  const back = await changeModels(world, { CHAT_MODEL: null, EMBEDDING_MODEL: null, OLLAMA_URL: null, OPENAI_API_KEY: null })
  expect(back).toEqual(await modelSettings(given({})))
  expect(back).toMatchObject({ chatModel: { value: undefined, from: 'default' }, embeddingModel: { value: 'none' }, openaiKey: { value: undefined } })
  expect(await world.modelChoices.read()).toEqual({ values: {}, key: undefined })
})

test('what the environment sets cannot be chosen, whatever else is; and nothing of such a change is kept', async () => {
  const values = {
    CHAT_MODEL: 'openai:x',
    EMBEDDING_MODEL: 'none',
    OPENAI_BASE_URL: 'http://127.0.0.1:1/v1',
    OLLAMA_URL: 'http://127.0.0.1:1',
    OPENAI_API_KEY: KEY,
  }
  for (const name of [...MODEL_CHOICES, MODEL_KEY] as const) {
    for (const value of [values[name], null]) {
      const fault: unknown = await changeModels(given({ [name]: values[name] }), { CHAT_MODEL: 'openai:other', [name]: value }).catch((error: unknown) => error)
      expect(fault, name).toMatchObject({ code: 'settings/fixed', facts: { setting: name, variable: name } })
    }
  }
  // The key of the environment would go to whatever address is chosen.
  const moved: unknown = await changeModels(given({ OPENAI_API_KEY: KEY }), { OPENAI_BASE_URL: values.OPENAI_BASE_URL }).catch((error: unknown) => error)
  expect(moved).toMatchObject({ code: 'settings/fixed', facts: { setting: 'OPENAI_BASE_URL', variable: 'OPENAI_API_KEY' } })
  expect(await world.modelChoices.read()).toEqual({ values: {}, key: undefined })
})

test('what was chosen before the environment set it waits until it is unset', async () => {
  await changeModels(world, { CHAT_MODEL: 'openai:mine', OPENAI_BASE_URL: 'http://10.0.0.1/v1', OPENAI_API_KEY: KEY })
  const fixed = await modelSettings(given({ CHAT_MODEL: 'ollama:theirs', OPENAI_API_KEY: 'of the environment' }))
  expect(fixed).toMatchObject({
    chatModel: { value: 'ollama:theirs', from: 'environment' },
    openaiBaseUrl: { value: 'https://api.openai.com/v1', from: 'default', fixedBy: 'OPENAI_API_KEY' },
    openaiKey: { value: 'of the environment', from: 'environment' },
  })
  expect(await modelSettings(world)).toMatchObject({
    chatModel: { value: 'openai:mine' },
    openaiBaseUrl: { value: 'http://10.0.0.1/v1' },
    openaiKey: { value: KEY },
  })
})

describe('a key', () => {
  const ADDRESSES = [null, 'http://10.0.0.1/v1', 'http://10.0.0.2/v1', 'https://api.openai.com/v1'] as const

  test('goes to the address that it was given for alone, whatever is changed in whatever order', async () => {
    const step = fc.record({ OPENAI_BASE_URL: fc.option(fc.constantFrom(...ADDRESSES), { nil: undefined }), key: fc.constantFrom('keep', 'give', 'forget') })
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 8 }), async (steps) => {
        await changeModels(world, { OPENAI_BASE_URL: null, OPENAI_API_KEY: null })
        let holds: { readonly key: string; readonly at: string } | undefined
        for (const [index, { OPENAI_BASE_URL, key }] of steps.entries()) {
          const made = `sk-number-${index}-0123456789`
          const change = {
            ...(OPENAI_BASE_URL === undefined ? {} : { OPENAI_BASE_URL }),
            ...(key === 'give' ? { OPENAI_API_KEY: made } : key === 'forget' ? { OPENAI_API_KEY: null } : {}),
          }
          const after = await changeModels(world, change)
          const at = after.openaiBaseUrl.value
          if (key === 'give') holds = { key: made, at }
          else if (key === 'forget' || holds?.at !== at) holds = undefined
          expect(after.openaiKey).toEqual({ value: holds?.key, from: holds === undefined ? undefined : 'chosen', fixedBy: undefined, unusable: undefined })
        }
      }),
      { numRuns: 40 },
    )
  })

  test('cannot be read under another secret of the server: it counts as not set, and comes back with the former secret', async () => {
    await changeModels(world, { OPENAI_API_KEY: KEY })
    const elsewhere = { ...world, secrets: localSecrets('another secret of a server, long enough') }
    expect((await modelSettings(elsewhere)).openaiKey).toEqual({ value: undefined, from: undefined, fixedBy: undefined, unusable: 'other-secret' })
    expect((await modelSettings(world)).openaiKey.value).toBe(KEY)
    // A change of something else leaves it as it is.
    await changeModels(elsewhere, { CHAT_MODEL: 'openai:a' })
    expect((await modelSettings(world)).openaiKey.value).toBe(KEY)
    await changeModels(elsewhere, { OPENAI_API_KEY: 'sk-new-0123456789abcdef' })
    expect((await modelSettings(elsewhere)).openaiKey.value).toBe('sk-new-0123456789abcdef')
  })

  test('stands in the store sealed, and does not count for an address that was changed there by hand', async () => {
    await changeModels(world, { OPENAI_BASE_URL: 'http://10.0.0.1/v1', OPENAI_API_KEY: KEY })
    const { key } = await world.modelChoices.read()
    expect(JSON.stringify(key)).not.toContain('canary')
    if (key === undefined) throw new Error('there is no key')
    await world.modelChoices.change({ values: { OPENAI_BASE_URL: 'http://10.0.0.66/v1' } })
    expect((await modelSettings(world)).openaiKey).toMatchObject({ value: undefined, unusable: 'other-address' })
    await world.modelChoices.change({ values: {}, key: { ...key, address: 'http://10.0.0.66/v1' } })
    expect((await modelSettings(world)).openaiKey).toMatchObject({ value: undefined, unusable: 'other-secret' })
  })
})

test('an address that is not asked is refused', async () => {
  for (const address of ['http://169.254.169.254/v1', 'file:///etc/passwd', 'http://[::ffff:a9fe:a9fe]/', 'https://a:b@x.example/']) {
    for (const name of ['OPENAI_BASE_URL', 'OLLAMA_URL'] as const) {
      await expect(changeModels(world, { [name]: address }), address).rejects.toMatchObject({ code: 'request/invalid' })
    }
  }
  expect(await world.modelChoices.read()).toEqual({ values: {}, key: undefined })
})

describe('a test of the models', () => {
  const caller = accountCaller('o', 'owner')

  test('asks nothing when nothing is chosen', async () => {
    expect(await testModels(world, caller, never)).toMatchObject({ chat: { model: undefined, error: undefined }, embedder: { model: undefined } })
  })

  test('asks each once, and what it takes is counted for who asked', async () => {
    const { chat, embedder } = await testModels({ ...given({ CHAT_MODEL: 'fake:chat', EMBEDDING_MODEL: 'fake:8' }), chat: fakeChat() }, caller, never)
    expect(chat).toMatchObject({ model: 'fake:chat', error: undefined })
    expect(embedder).toMatchObject({ model: 'fake:8', error: undefined, dimensions: 8 })
    const used = await world.ledger.used({ accountId: 'o' }, '2000-01-01')
    expect(Math.min(used.inputTokens, used.outputTokens, used.embeddedTokens)).toBeGreaterThan(0)
  })

  test('tells what is wrong with each, by itself', async () => {
    const broken = {
      name: 'x:y',
      write: () => ({ [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(new AppError('model/refused', { said: 'no such key' })) }) }),
    }
    const { chat, embedder } = await testModels({ ...given({ CHAT_MODEL: 'x:y', EMBEDDING_MODEL: 'nowhere:z' }), chat: broken }, caller, never)
    expect(chat.error?.code).toBe('model/refused')
    expect(embedder.error?.code).toBe('model/unknown')
  })

  test('ends when the one who asked leaves', async () => {
    const stop = new AbortController()
    const silent = { name: 'x:y', write: (_: unknown, signal: AbortSignal) => hanging(signal) }
    const asked = testModels({ ...given({ CHAT_MODEL: 'x:y' }), chat: silent }, caller, stop.signal)
    stop.abort(new Error('gone'))
    await expect(asked).rejects.toThrow('gone')
  })
})

async function* hanging(signal: AbortSignal): AsyncGenerator<never> {
  await new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason)
    signal.addEventListener('abort', () => reject(signal.reason))
  })
}
