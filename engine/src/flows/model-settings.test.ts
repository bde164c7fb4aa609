import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { storeWorld } from '../../test/store-world.ts'
import { fakeChat } from '../adapters/fake/chat.ts'
import { fakeReranker } from '../adapters/fake/reranker.ts'
import { localSecrets } from '../adapters/local/secrets.ts'
import { accountCaller } from '../domain/caller.ts'
import { AppError } from '../domain/errors.ts'
import { ADDRESS_OF_KEY, type GivenModels, MODEL_ADDRESSES, MODEL_CHOICES, MODEL_KEYS } from '../domain/models.ts'
import type { Chat } from '../ports/chat.ts'
import type { World } from '../ports/world.ts'
import { changeModels, modelSettings, testModels } from './model-settings.ts'

const NONE = Object.fromEntries([...MODEL_CHOICES, ...MODEL_KEYS, 'AWS_REGION'].map((name) => [name, undefined])) as GivenModels
const NOTHING = { values: {}, keys: {} }
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
    addresses: { OLLAMA_URL: { value: 'http://10.0.0.5:11434', from: 'chosen' } },
    keys: { OPENAI_API_KEY: { value: KEY, from: 'chosen', unusable: undefined }, COHERE_API_KEY: { value: undefined } },
  })
  expect(await modelSettings(world)).toEqual(changed)
  const back = await changeModels(world, { CHAT_MODEL: null, EMBEDDING_MODEL: null, OLLAMA_URL: null, OPENAI_API_KEY: null })
  expect(back).toEqual(await modelSettings(given({})))
  expect(back).toMatchObject({
    chatModel: { value: undefined, from: 'default' },
    embeddingModel: { value: 'none' },
    keys: { OPENAI_API_KEY: { value: undefined } },
  })
  expect(await world.modelChoices.read()).toEqual(NOTHING)
})

test('keys are unsealed once for each change, also of another process, and not for each question', async () => {
  let unsealed = 0
  const secrets = {
    ...world.secrets,
    unseal: (...given: Parameters<World['secrets']['unseal']>) => {
      unsealed += 1
      return world.secrets.unseal(...given)
    },
  }
  const counting = { ...world, secrets }
  await changeModels(world, { OPENAI_API_KEY: KEY, COHERE_API_KEY: 'co-1' })
  const first = await modelSettings(counting)
  for (let round = 0; round < 5; round += 1) expect(await modelSettings({ ...counting })).toEqual(first)
  expect(unsealed).toBe(2)
  await changeModels(world, { COHERE_API_KEY: 'co-2' })
  expect((await modelSettings(counting)).keys).toMatchObject({ OPENAI_API_KEY: { value: KEY }, COHERE_API_KEY: { value: 'co-2' } })
  expect(unsealed).toBe(4)
  expect((await modelSettings({ ...counting, givenModels: { ...NONE, CHAT_MODEL: 'openai:x' } })).chatModel.value).toBe('openai:x')
})

test('what the environment sets cannot be chosen, whatever else is; and nothing of such a change is kept', async () => {
  const values = {
    CHAT_MODEL: 'openai:x',
    CHAT_FALLBACK_MODEL: 'anthropic:x',
    RERANK_MODEL: 'cohere:x',
    EMBEDDING_MODEL: 'none',
    OPENAI_BASE_URL: 'http://127.0.0.1:1/v1',
    ANTHROPIC_BASE_URL: 'http://127.0.0.1:2',
    COHERE_BASE_URL: 'http://127.0.0.1:3',
    OLLAMA_URL: 'http://127.0.0.1:1',
    OPENAI_API_KEY: KEY,
    ANTHROPIC_API_KEY: KEY,
    COHERE_API_KEY: KEY,
  }
  for (const name of [...MODEL_CHOICES, ...MODEL_KEYS]) {
    for (const value of [values[name], null]) {
      const fault: unknown = await changeModels(given({ [name]: values[name] }), { CHAT_MODEL: 'openai:other', [name]: value }).catch((error: unknown) => error)
      expect(fault, name).toMatchObject({ code: 'settings/fixed', facts: { setting: name, variable: name } })
    }
  }
  // The key of the environment would go to whatever address is chosen.
  for (const key of MODEL_KEYS) {
    const setting = ADDRESS_OF_KEY[key]
    const moved: unknown = await changeModels(given({ [key]: KEY }), { [setting]: values[setting] }).catch((error: unknown) => error)
    expect(moved).toMatchObject({ code: 'settings/fixed', facts: { setting, variable: key } })
  }
  expect(await world.modelChoices.read()).toEqual(NOTHING)
})

test('what was chosen before the environment set it waits until it is unset', async () => {
  await changeModels(world, { CHAT_MODEL: 'openai:mine', OPENAI_BASE_URL: 'http://10.0.0.1/v1', OPENAI_API_KEY: KEY })
  const fixed = await modelSettings(given({ CHAT_MODEL: 'ollama:theirs', OPENAI_API_KEY: 'of the environment' }))
  expect(fixed).toMatchObject({
    chatModel: { value: 'ollama:theirs', from: 'environment' },
    addresses: { OPENAI_BASE_URL: { value: 'https://api.openai.com/v1', from: 'default', fixedBy: 'OPENAI_API_KEY' } },
    keys: { OPENAI_API_KEY: { value: 'of the environment', from: 'environment' } },
  })
  expect(await modelSettings(world)).toMatchObject({
    chatModel: { value: 'openai:mine' },
    addresses: { OPENAI_BASE_URL: { value: 'http://10.0.0.1/v1' } },
    keys: { OPENAI_API_KEY: { value: KEY } },
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
          const at = after.addresses.OPENAI_BASE_URL.value
          if (key === 'give') holds = { key: made, at }
          else if (key === 'forget' || holds?.at !== at) holds = undefined
          expect(after.keys.OPENAI_API_KEY).toEqual({
            value: holds?.key,
            from: holds === undefined ? undefined : 'chosen',
            fixedBy: undefined,
            unusable: undefined,
          })
        }
      }),
      { numRuns: 40 },
    )
  })

  test('cannot be read under another secret of the server: it counts as not set, and comes back with the former secret', async () => {
    await changeModels(world, { OPENAI_API_KEY: KEY })
    const elsewhere = { ...world, secrets: localSecrets('another secret of a server, long enough') }
    expect((await modelSettings(elsewhere)).keys.OPENAI_API_KEY).toEqual({ value: undefined, from: undefined, fixedBy: undefined, unusable: 'other-secret' })
    expect((await modelSettings(world)).keys.OPENAI_API_KEY.value).toBe(KEY)
    // A change of something else leaves it as it is.
    await changeModels(elsewhere, { CHAT_MODEL: 'openai:a' })
    expect((await modelSettings(world)).keys.OPENAI_API_KEY.value).toBe(KEY)
    await changeModels(elsewhere, { OPENAI_API_KEY: 'sk-new-0123456789abcdef' })
    expect((await modelSettings(elsewhere)).keys.OPENAI_API_KEY.value).toBe('sk-new-0123456789abcdef')
  })

  test('stands in the store sealed, and does not count for an address that was changed there by hand', async () => {
    await changeModels(world, { OPENAI_BASE_URL: 'http://10.0.0.1/v1', OPENAI_API_KEY: KEY })
    const key = (await world.modelChoices.read()).keys.OPENAI_API_KEY
    expect(JSON.stringify(key)).not.toContain('canary')
    if (key === undefined) throw new Error('there is no key')
    await world.modelChoices.change({ values: { OPENAI_BASE_URL: 'http://10.0.0.66/v1' } })
    expect((await modelSettings(world)).keys.OPENAI_API_KEY).toMatchObject({ value: undefined, unusable: 'other-address' })
    await world.modelChoices.change({ values: {}, keys: { OPENAI_API_KEY: { ...key, address: 'http://10.0.0.66/v1' } } })
    expect((await modelSettings(world)).keys.OPENAI_API_KEY).toMatchObject({ value: undefined, unusable: 'other-secret' })
  })
})

test('an address that is not asked is refused', async () => {
  for (const address of ['http://169.254.169.254/v1', 'file:///etc/passwd', 'http://[::ffff:a9fe:a9fe]/', 'https://a:b@x.example/']) {
    for (const name of MODEL_ADDRESSES) {
      await expect(changeModels(world, { [name]: address }), address).rejects.toMatchObject({ code: 'request/invalid' })
    }
  }
  expect(await world.modelChoices.read()).toEqual(NOTHING)
})

describe('several keys', () => {
  test('are kept each for its own address; another address forgets its own key alone', async () => {
    await changeModels(world, { OPENAI_API_KEY: `${KEY}-1`, ANTHROPIC_API_KEY: `${KEY}-2`, COHERE_API_KEY: `${KEY}-3` })
    const moved = await changeModels(world, { ANTHROPIC_BASE_URL: 'http://10.0.0.1/claude/' })
    expect(moved.addresses.ANTHROPIC_BASE_URL).toMatchObject({ value: 'http://10.0.0.1/claude', from: 'chosen' })
    expect(MODEL_KEYS.map((name) => moved.keys[name].value)).toEqual([`${KEY}-1`, undefined, `${KEY}-3`])
    const both = await changeModels(world, { ANTHROPIC_BASE_URL: null, ANTHROPIC_API_KEY: `${KEY}-4` })
    expect(MODEL_KEYS.map((name) => both.keys[name].value)).toEqual([`${KEY}-1`, `${KEY}-4`, `${KEY}-3`])
  })

  test('of one provider are not read as those of another at another address', async () => {
    await changeModels(world, { OPENAI_API_KEY: KEY })
    const { OPENAI_API_KEY: sealed } = (await world.modelChoices.read()).keys
    await world.modelChoices.change({ values: {}, keys: { COHERE_API_KEY: sealed ?? null } })
    expect((await modelSettings(world)).keys.COHERE_API_KEY).toMatchObject({ value: undefined, unusable: 'other-address' })
  })
})

test('a name of a provider that there is not, or that cannot do this, is told and not kept', async () => {
  for (const [name, model] of [
    ['CHAT_MODEL', 'acme:x'],
    ['CHAT_MODEL', 'local:x'],
    ['CHAT_FALLBACK_MODEL', 'none'],
    ['RERANK_MODEL', 'openai:x'],
    ['EMBEDDING_MODEL', 'anthropic:x'],
    ['EMBEDDING_MODEL', 'openai:'],
  ] as const) {
    await expect(changeModels(world, { [name]: model }), model).rejects.toMatchObject({ code: 'model/unknown' })
  }
  expect(await world.modelChoices.read()).toEqual(NOTHING)
  const chosen = await changeModels(world, { CHAT_FALLBACK_MODEL: 'bedrock:a', RERANK_MODEL: 'none', EMBEDDING_MODEL: 'sagemaker:e' })
  expect(chosen).toMatchObject({ fallbackModel: { value: 'bedrock:a' }, rerankModel: { value: 'none' }, embeddingModel: { value: 'sagemaker:e' } })
})

describe('a test of the models', () => {
  const caller = accountCaller('o', 'owner')

  test('asks nothing when nothing is chosen', async () => {
    const none = { model: undefined, error: undefined }
    expect(await testModels(world, caller, never)).toMatchObject({ chat: none, fallback: none, reranker: none, embedder: none })
    const off = given({ RERANK_MODEL: 'none' })
    expect((await testModels(off, caller, never)).reranker).toMatchObject(none)
  })

  test('asks each once, and what it takes is counted for who asked', async () => {
    const { chat, embedder } = await testModels({ ...given({ CHAT_MODEL: 'fake:chat', EMBEDDING_MODEL: 'fake:8' }), chat: fakeChat() }, caller, never)
    expect(chat).toMatchObject({ model: 'fake:chat', error: undefined })
    expect(embedder).toMatchObject({ model: 'fake:8', error: undefined, dimensions: 8 })
    const used = await world.ledger.used({ accountId: 'o' }, '2000-01-01')
    expect(Math.min(used.inputTokens, used.outputTokens, used.embeddedTokens)).toBeGreaterThan(0)
  })

  test('asks the reranker and the fallback too, and tells what is wrong with either', async () => {
    const asked: string[] = []
    const all = {
      ...given({ CHAT_FALLBACK_MODEL: 'fake:chat', RERANK_MODEL: 'fake:words' }),
      chats: { ...world.chats, fallback: async () => fakeChat() },
      rerankers: {
        ...world.rerankers,
        async open(name: string) {
          asked.push(name)
          return fakeReranker()
        },
      },
    }
    expect(await testModels(all, caller, never)).toMatchObject({
      fallback: { model: 'fake:chat', error: undefined },
      reranker: { model: 'fake:words', error: undefined },
    })
    expect(asked).toEqual(['fake:words'])
    const failing = await testModels(given({ CHAT_FALLBACK_MODEL: 'x:y', RERANK_MODEL: 'x:y' }), caller, never)
    expect([failing.fallback.error?.code, failing.reranker.error?.code]).toEqual(['model/unavailable', 'model/unknown'])
  })

  test('tells what is wrong with each, by itself', async () => {
    const broken: Chat = {
      ...fakeChat(),
      write: () => ({ [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(new AppError('model/refused', { said: 'no such key' })) }) }),
    }
    const { chat, embedder } = await testModels({ ...given({ CHAT_MODEL: 'x:y', EMBEDDING_MODEL: 'nowhere:z' }), chat: broken }, caller, never)
    expect(chat.error?.code).toBe('model/refused')
    expect(embedder.error?.code).toBe('model/unknown')
  })

  test('ends when the one who asked leaves', async () => {
    const stop = new AbortController()
    const silent: Chat = { ...fakeChat(), write: (_: unknown, signal: AbortSignal) => hanging(signal) }
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
