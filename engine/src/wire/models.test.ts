import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { localSecrets } from '../adapters/local/secrets.ts'
import { memoryHealth } from '../adapters/memory/health.ts'
import { openCatalogFile } from '../adapters/sqlite/catalog-file.ts'
import type { SqliteFile } from '../adapters/sqlite/database.ts'
import { isFailing } from '../domain/health.ts'
import { changeModels, type ModelChange } from '../flows/model-settings.ts'
import type { Chat, ChatRequest } from '../ports/chat.ts'
import type { Health } from '../ports/health.ts'
import { readSettings } from '../settings.ts'
import { type OpenModels, openModels } from './models.ts'

const never = new AbortController().signal
const quiet = () => undefined
const ASKED: ChatRequest = { system: 'Be short.', messages: [{ role: 'user', text: 'Say: ready' }], maxTokens: 16 }
const KEY = 'sk-canary-0123456789abcdef'

let folder: string
let file: SqliteFile
let health: Health
let models: OpenModels
let server: Server
let address: string
let seen: { readonly path: string; readonly authorization: string | undefined }[]
const secrets = localSecrets('a secret of a server that is long enough')

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'quarry-wire-'))
  file = openCatalogFile({ path: join(folder, 'quarry.sqlite') })
  seen = []
  server = createServer((request, reply) => {
    const { authorization, 'x-api-key': key } = request.headers
    seen.push({ path: request.url ?? '', authorization: authorization ?? (typeof key === 'string' ? key : undefined) })
    reply.writeHead(200, { 'content-type': 'application/json' })
    if (request.url?.endsWith('/rerank') === true) reply.end(JSON.stringify({ results: [{ index: 0, relevance_score: 0.5 }] }))
    else reply.end(JSON.stringify({ choices: [{ message: { content: 'ready' }, finish_reason: 'stop' }] }))
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterEach(async () => {
  await models.embedders.close()
  file.close()
  server.closeAllConnections()
  await new Promise((done) => server.close(done))
  rmSync(folder, { recursive: true })
})

async function open(environment: Record<string, string> = {}): Promise<void> {
  health = memoryHealth(() => Date.now())
  const { settings } = readSettings(environment)
  models = await openModels({ file, settings, secrets, health, log: { info: quiet, warn: quiet, error: quiet }, folder })
}
const change = (to: ModelChange) => changeModels({ ...models, secrets }, to)
const code = (work: Promise<unknown>) =>
  work.then(
    () => 'no error',
    (error: unknown) => error,
  )
async function write(chat: Chat | undefined): Promise<string> {
  let text = ''
  for await (const event of chat?.write(ASKED, never) ?? []) if (event.type === 'text') text += event.text
  return text
}

describe('a model by its name', () => {
  test.each([
    ['openai:gpt-x', 'OPENAI_API_KEY'],
    ['anthropic:claude-x', 'ANTHROPIC_API_KEY'],
    ['cohere:command-x', 'COHERE_API_KEY'],
    ['bedrock:anthropic.claude-x', 'AWS_REGION'],
    ['sagemaker:endpoint', 'AWS_REGION'],
  ])('%s is refused without %s, which is named', async (name, setting) => {
    await open()
    expect(await code(models.chats.open(name))).toMatchObject({ code: 'model/refused', facts: { setting } })
  })

  test('is opened for each provider once its key or region is set, and cites as it can', async () => {
    await open({ OPENAI_API_KEY: KEY, ANTHROPIC_API_KEY: KEY, COHERE_API_KEY: KEY, AWS_REGION: 'eu-central-1' })
    for (const name of ['openai:gpt-x', 'anthropic:claude-x', 'cohere:command-x', 'bedrock:amazon.nova-lite-v1:0', 'sagemaker:endpoint', 'ollama:qwen2.5:7b']) {
      const chat = await models.chats.open(name)
      expect(chat.name).toBe(name)
      expect(chat.window).toBeGreaterThan(1000)
      expect(chat.citations).toBe(/^(?:anthropic|cohere)/.test(name) ? 'native' : 'markers')
    }
    for (const name of ['cohere:rerank-v3.5', 'bedrock:cohere.rerank-v3-5:0']) expect((await models.rerankers.open(name)).name).toBe(name)
  })

  test.each(['acme:x', 'openai:', 'gpt-4o', 'local:x', '__proto__:x', ''])('"%s" is unknown', async (name) => {
    await open({ OPENAI_API_KEY: KEY })
    expect(await code(models.chats.open(name))).toMatchObject({ code: 'model/unknown' })
    expect(await code(models.rerankers.open(name))).toMatchObject({ code: 'model/unknown' })
  })

  test('of a provider that does not order passages is none that does', async () => {
    await open({ OPENAI_API_KEY: KEY })
    expect(await code(models.rerankers.open('openai:gpt-x'))).toMatchObject({ code: 'model/unknown' })
  })

  test('is the same again until its key or its address changes', async () => {
    await open()
    await change({ OPENAI_BASE_URL: `${address}/v1`, OPENAI_API_KEY: `${KEY}-1`, OLLAMA_URL: address })
    const [first, other] = [await models.chats.open('openai:a'), await models.chats.open('ollama:b')]
    expect(await models.chats.open('openai:a')).toBe(first)
    await change({ OPENAI_API_KEY: `${KEY}-2` })
    const second = await models.chats.open('openai:a')
    expect(second).not.toBe(first)
    expect(await models.chats.open('ollama:b')).toBe(other)
    expect(await write(second)).toBe('ready')
    expect(seen).toEqual([{ path: '/v1/chat/completions', authorization: `Bearer ${KEY}-2` }])
    expect((await Promise.all([1, 2, 3].map(() => models.chats.open('openai:new')))).every((one, _, [zero]) => one === zero)).toBe(true)
  })

  test('of a server of one’s own does without a key', async () => {
    await open({ OPENAI_BASE_URL: `${address}/v1` })
    expect(await write(await models.chats.open('openai:a'))).toBe('ready')
    expect(seen[0]?.authorization).toBeUndefined()
  })
})

test('the language model that is chosen is there even when it cannot be reached, and says why when it is asked', async () => {
  await open({ CHAT_MODEL: 'anthropic:claude-x' })
  const chat = models.chat()
  expect(chat?.name).toBe('anthropic:claude-x')
  expect(await code(write(chat))).toMatchObject({ code: 'model/refused', facts: { setting: 'ANTHROPIC_API_KEY' } })
  expect(isFailing(health.last('chat:anthropic:claude-x') ?? { part: '', goodAt: undefined, fault: undefined })).toBe(true)
  await change({ ANTHROPIC_API_KEY: KEY })
  expect(models.chat()).not.toBe(chat)
  expect(models.chat()?.citations).toBe('native')
  expect(health.last('chat:anthropic:claude-x')).toBeUndefined()
})

test('of two changes at the same time the later one holds, however long its model and the other take to open', async () => {
  await open({ AWS_REGION: 'eu-central-1', OPENAI_BASE_URL: `${address}/v1` })
  const choose = (CHAT_MODEL: string) => models.modelChoices.change({ values: { CHAT_MODEL } })
  for (let between = 0; between < 30; between += 1) {
    const [slow, quick] = [`bedrock:amazon.nova-lite-v1:${between}`, `openai:quick-${between}`]
    const first = choose(slow)
    for (let step = 0; step < between; step += 1) await null
    await Promise.all([first, choose(quick)])
    expect(models.chat()?.name).toBe(quick)
  }
})

test('the fallback is what was chosen for it, now', async () => {
  await open()
  expect(await models.chats.fallback()).toBeUndefined()
  await change({ CHAT_FALLBACK_MODEL: 'openai:spare', OPENAI_BASE_URL: `${address}/v1` })
  const spare = await models.chats.fallback()
  expect([spare?.name, await write(spare)]).toEqual(['openai:spare', 'ready'])
  expect(health.last('chat:openai:spare')?.goodAt).toBeDefined()
  await change({ CHAT_FALLBACK_MODEL: 'cohere:spare' })
  expect(await code(write(await models.chats.fallback()))).toMatchObject({ code: 'model/refused', facts: { setting: 'COHERE_API_KEY' } })
  await change({ CHAT_FALLBACK_MODEL: null })
  expect(await models.chats.fallback()).toBeUndefined()
})

test('the reranker is what was chosen for it, now; none is nobody', async () => {
  await open()
  expect(await models.rerankers.current()).toBeUndefined()
  await change({ RERANK_MODEL: 'cohere:rerank-v3.5' })
  expect(await code(models.rerankers.current())).toMatchObject({ code: 'model/refused', facts: { setting: 'COHERE_API_KEY' } })
  await change({ COHERE_BASE_URL: address, COHERE_API_KEY: KEY })
  const reranker = await models.rerankers.current()
  expect(await reranker?.rerank('a', ['b'], never)).toEqual([0.5])
  expect(seen).toEqual([{ path: '/v2/rerank', authorization: `Bearer ${KEY}` }])
  expect(health.last('reranker:cohere:rerank-v3.5')?.goodAt).toBeDefined()
  await change({ RERANK_MODEL: 'none' })
  expect(await models.rerankers.current()).toBeUndefined()
})

test('embedding models of a provider without its key are told as not ready, with what is missing, and refused', async () => {
  await open()
  const listed = new Map((await models.embedders.list()).map((one) => [one.name, one]))
  for (const [provider, setting] of [
    ['openai', 'OPENAI_API_KEY'],
    ['cohere', 'COHERE_API_KEY'],
    ['bedrock', 'AWS_REGION'],
    ['sagemaker', 'AWS_REGION'],
  ]) {
    expect(listed.get(`${provider}:`)).toMatchObject({ ready: false, note: `needs ${setting}` })
    expect(await code(models.embedders.open(`${provider}:x`, never))).toMatchObject({ code: 'model/refused', facts: { setting } })
  }
  expect(await code(models.embedders.open('anthropic:x', never))).toMatchObject({ code: 'model/unknown' })
})
