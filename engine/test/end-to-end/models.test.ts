import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ModelServer, modelServer } from './model-servers.ts'
import { newFolder, removeFolder, type ServerProcess, startProcess, until } from './server-process.ts'

// What an owner chooses about models holds from the next question on, in every thread, and after a restart.

const FIRST_KEY = 'sk-canary-first-a1b2c3d4e5f6'
const NEXT_KEY = 'sk-canary-next-0f9e8d7c6b5a'
const folder = newFolder()
const keptSaid: string[] = []
let models: ModelServer
let server: ServerProcess

beforeAll(async () => {
  models = await modelServer()
  models.answer = () => 'The crane moved [1: "The crane has moved to the lighthouse."].'
  server = await startProcess(folder)
})
afterAll(async () => {
  await server.stop()
  await models.close()
  removeFolder(folder)
})

async function restart(environment: Record<string, string> = {}): Promise<void> {
  await server.stop()
  keptSaid.push(server.said())
  server = await startProcess(folder, environment)
}

const upload = async (database: string, name: string, text: string) => {
  await server.client.call('addDocuments', { parameters: { database }, body: { name, text } })
  await server.idle(database)
}

async function ask(database: string) {
  let writer: string | undefined
  for await (const event of server.client.stream('ask', { parameters: { database }, body: { question: 'Where has the crane moved to?' } })) {
    // To the end: that is when all models have been asked.
    if (event.event === 'answer-start') writer = event.data.writer
  }
  if (writer === undefined) throw new Error('no answer')
  return writer
}

const part = async (name: string) => (await server.client.call('serverParts', {})).parts.find((one) => one.name === name)

test('without a choice answers are quoted and databases are searched by words', async () => {
  await server.client.call('createDatabase', { body: { name: 'words' } })
  await upload('words', 'crane.md', '# On the crane\n\nThe crane has moved to the lighthouse.')
  expect(await ask('words')).toBe('extractive')
  expect(models.asked).toEqual([])
})

test('a choice holds at once: for answers, for new databases, and for the thread that indexes them', async () => {
  const chosen = await server.client.call('updateModelSettings', {
    body: { chat_model: 'openai:writer', embedding_model: 'openai:words', openai_base_url: models.address, openai_api_key: FIRST_KEY },
  })
  expect(chosen.openai_api_key).toMatchObject({ set: true, last_four: 'e5f6', from: 'stored' })
  expect(await ask('words')).toBe('openai:writer')
  expect(await server.client.call('createDatabase', { body: { name: 'vectors' } })).toMatchObject({ model: 'openai:words' })
  await upload('vectors', 'crane.md', '# On the crane\n\nThe crane has moved to the lighthouse.')
  expect(models.embedded.some((text) => text.includes('lighthouse'))).toBe(true)
  expect(new Set(models.asked.map(({ key }) => key))).toEqual(new Set([`Bearer ${FIRST_KEY}`]))
})

test('the next key is used from the next request on, in both threads', async () => {
  models.asked.length = 0
  await server.client.call('updateModelSettings', { body: { openai_api_key: NEXT_KEY } })
  await upload('vectors', 'heron.md', 'The heron stands in the reeds.')
  await server.client.call('query', { parameters: { database: 'vectors' }, body: { query: 'reeds' } })
  await ask('vectors')
  expect(models.asked.length).toBeGreaterThanOrEqual(3)
  expect(new Set(models.asked.map(({ key }) => key))).toEqual(new Set([`Bearer ${NEXT_KEY}`]))
})

test('a test of the models asks each; the parts of the server ask nothing', async () => {
  models.asked.length = 0
  const { chat, embedder } = await server.client.call('testModelSettings', {})
  expect(chat).toMatchObject({ model: 'openai:writer', state: 'ok', error: null })
  expect(embedder).toMatchObject({ model: 'openai:words', state: 'ok', dimensions: 64 })
  expect(models.asked.map(({ path }) => path).sort()).toEqual(expect.arrayContaining(['/v1/chat/completions', '/v1/embeddings']))
  models.asked.length = 0
  expect(await part('chat')).toMatchObject({ state: 'ok', says: 'The language model answers.' })
  expect(await part('embedder')).toMatchObject({ state: 'ok', about: 'openai:words', facts: { databases: 1 } })
  expect(models.asked).toEqual([])
})

test('what fails in the thread that indexes is told by the parts, until it goes well again', async () => {
  models.down = true
  await server.client.call('addDocuments', { parameters: { database: 'vectors' }, body: { name: 'owl.md', text: 'The owl sleeps by day.' } })
  const bad = await until(async () => {
    const found = await part('embedder')
    return found?.state === 'degraded' ? found : undefined
  }, 'the fault to be told')
  expect(bad.last_error?.error.code).toBe('model/unavailable')
  models.down = false
  await until(async () => ((await part('embedder'))?.state === 'ok' ? true : undefined), 'the embedder to be well again', 60_000)
  expect(await part('worker')).toMatchObject({ state: 'ok' })
  await server.idle('vectors')
}, 90_000)

test('a choice outlives a restart', async () => {
  await restart()
  models.asked.length = 0
  expect(await ask('vectors')).toBe('openai:writer')
  expect(new Set(models.asked.map(({ key }) => key))).toEqual(new Set([`Bearer ${NEXT_KEY}`]))
})

test('under another secret of the server the key counts as not set, and nothing else changes', async () => {
  await restart({ QUARRY_SECRET: 'another-secret-of-the-server-0123456789' })
  const settings = await server.client.call('modelSettings', {})
  expect(settings.openai_api_key).toEqual({ set: false, last_four: null, from: null, fixed_by: null, problem: 'other-secret' })
  expect(settings.chat_model).toMatchObject({ value: 'openai:writer', from: 'stored' })
  expect(await part('keys')).toMatchObject({ state: 'degraded', hint: expect.stringContaining('store the key again') })
  models.asked.length = 0
  await ask('vectors')
  expect(new Set(models.asked.map(({ key }) => key))).toEqual(new Set([undefined]))
})

test('what the environment sets comes first, and is never sent to an address that was chosen', async () => {
  await restart({ OPENAI_API_KEY: 'sk-of-the-environment-4321', CHAT_MODEL: 'ollama:theirs' })
  const settings = await server.client.call('modelSettings', {})
  expect(settings).toMatchObject({
    chat_model: { value: 'ollama:theirs', from: 'environment', fixed_by: 'CHAT_MODEL' },
    openai_base_url: { value: 'https://api.openai.com/v1', fixed_by: 'OPENAI_API_KEY' },
    openai_api_key: { set: true, last_four: '4321', from: 'environment', fixed_by: 'OPENAI_API_KEY' },
    embedding_model: { value: 'openai:words', from: 'stored' },
  })
  const refused = await server.send('PATCH', '/api/v1/model-settings', { openai_base_url: models.address })
  expect([refused.status, await refused.json()]).toMatchObject([409, { error: { code: 'settings/fixed', facts: { variable: 'OPENAI_API_KEY' } } }])
  await restart()
  expect((await server.client.call('modelSettings', {})).openai_base_url).toMatchObject({ value: models.address, from: 'stored' })
})

test('taken back, answers are quoted again at once', async () => {
  await server.client.call('updateModelSettings', { body: { chat_model: null, openai_api_key: null } })
  expect(await ask('words')).toBe('extractive')
  expect(await part('chat')).toMatchObject({ state: 'ok', facts: { configured: false } })
})

test('no key was ever said or written down in clear', async () => {
  const said = [...keptSaid, server.said()].join('\n')
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile() && !/ballast/.test(entry.name))
  expect(files.length).toBeGreaterThan(5)
  for (const key of [FIRST_KEY, NEXT_KEY]) {
    const forms = [key, key.slice(3, 16), Buffer.from(key).toString('base64').slice(0, -4), Buffer.from(key).toString('hex')]
    for (const form of forms) {
      expect(said).not.toContain(form)
      for (const { parentPath, name } of files) expect(readFileSync(join(parentPath, name)).includes(form), name).toBe(false)
    }
  }
})
