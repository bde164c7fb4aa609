import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type ModelServer, modelServer } from './model-servers.ts'
import { newFolder, removeFolder, type ServerProcess, startProcess, until } from './server-process.ts'

// Embedding models, index versions and written answers, with a model server that this file plays.

const folder = newFolder()
let models: ModelServer
let server: ServerProcess
const start = () => startProcess(folder, { OPENAI_BASE_URL: models.address, OPENAI_API_KEY: 'sk-test', CHAT_MODEL: 'openai:writer' })
afterEach(() => {
  models.down = false
  models.before = async () => undefined
})
beforeAll(async () => {
  models = await modelServer()
  server = await start()
})
afterAll(async () => {
  // The model was down and asked again and again: nothing of that may keep the process.
  const { code, tookMs } = await server.stop()
  expect([code, tookMs < 15_000]).toEqual([0, true])
  await models.close()
  removeFolder(folder)
})

const parameters = { database: 'hybrid' }
const query = (text: string, n = 5) => server.client.call('query', { parameters, body: { query: text, n_results: n, explain: true } })
const upload = (id: string, text: string) => server.client.call('addDocuments', { parameters, body: { text, name: `${id}.md`, external_id: id } })
const versions = async () => (await server.client.call('listVersions', { parameters })).versions
const ended = async (job: string) => {
  for await (const { event, data } of server.client.stream('jobEvents', { parameters: { job } })) if (event === 'ended') return data
  throw new Error('the stream ended without the end of the job')
}
const ANIMALS = ['badger', 'otter', 'heron', 'marten', 'lynx', 'crane']
const paragraph = (animal: string, index: number) => `${animal} ${index}: ${`The ${animal} lives near the old pit and is seen at dusk. `.repeat(3)}`
const pageOn = (animal: string) => `# On the ${animal}\n\n${Array.from({ length: 12 }, (_, index) => paragraph(animal, index)).join('\n\n')}`

describe('a database with an embedding model', () => {
  test('searches both ways and says so', async () => {
    const made = await server.client.call('createDatabase', { body: { name: 'hybrid', model: 'openai:words', chunk_size: 64, chunk_overlap: 0 } })
    expect(made).toMatchObject({ mode: 'hybrid', model: 'openai:words', settings: { dimensions: 64 } })
    for (const animal of ANIMALS) await upload(animal, pageOn(animal))
    await upload('note', 'A single line on the weather.')
    await server.idle('hybrid')
    const reply = await query('heron at dusk')
    expect(reply).toMatchObject({ mode: 'hybrid', model: 'openai:words', degraded: null })
    expect(reply.results[0]?.external_id).toBe('heron')
    expect(reply.results[0]?.explanation?.dense).not.toBeNull()
    expect(reply.results[0]?.explanation?.lexical).not.toBeNull()
  })

  test('what has been embedded is not embedded again: not for another document, not after a restart', async () => {
    const before = models.embedded.length
    await upload('copy', pageOn('badger'))
    await server.idle('hybrid')
    expect(models.embedded.length).toBe(before)
    await server.stop()
    server = await start()
    expect((await query('heron at dusk')).results[0]?.external_id).toBe('heron')
    expect(models.embedded.slice(before)).not.toContainEqual(expect.stringContaining('The badger lives'))
  })

  test('an update embeds only the chunks that changed', async () => {
    await server.idle('hybrid')
    const before = models.embedded.length
    await upload('otter', pageOn('otter').replace('otter 11:', 'otter 99:'))
    await server.idle('hybrid')
    const fresh = models.embedded.slice(before).filter((text) => text.includes('lives near'))
    expect(fresh.length).toBeGreaterThan(0)
    expect(fresh.length).toBeLessThanOrEqual(3)
    expect(fresh.join()).toContain('otter 99')
  })

  test('while the model is down words are searched, told as degraded; ingestion waits and goes on by itself', async () => {
    models.down = true
    const reply = await query('marten at dusk')
    expect(reply.mode).toBe('hybrid')
    expect(reply.degraded).toContain('openai:words')
    expect(reply.results[0]?.external_id).toBe('marten')
    await upload('late', 'The late arrival is a nightjar.')
    const waiting = await until(async () => {
      const { jobs } = await server.client.call('listJobs', { query: { database: 'hybrid', document: 'late' } })
      return jobs.find((job) => job.attempts > 0 && job.state === 'queued' && job.error !== null)
    }, 'the job to be put off')
    expect(waiting.error?.code).toBe('model/unavailable')
    models.down = false
    await server.idle('hybrid')
    expect((await query('nightjar')).results[0]).toMatchObject({ external_id: 'late' })
    expect((await query('nightjar')).degraded).toBeNull()
  })
})

describe('index versions', () => {
  test('a rebuild with another chunk size answers all along, keeps vectors of equal chunks, and switches at once', async () => {
    const before = models.embedded.length
    const old = new Map(await Promise.all(ANIMALS.map(async (animal) => [animal, (await query(`${animal} 3`)).results[0]?.chunk_id] as const)))
    let held: () => void = () => undefined
    const gate = new Promise<void>((resolve) => {
      held = resolve
    })
    models.before = () => gate
    const { version, job } = await server.client.call('startRebuild', { parameters, body: { chunk_size: 128 } })
    expect(version).toMatchObject({ state: 'building', settings: { chunk_size: 128, model: 'openai:words' } })
    await until(
      async () => ((await server.client.call('getJob', { parameters: { job: job.id } })).state === 'running' ? true : undefined),
      'the rebuild to run',
    )
    // The gate holds embedding, so this is in the middle of it; questions are embedded by the same server and so degrade.
    const during = await server.client.call('query', { parameters, body: { query: 'lynx 3', weights: { dense: 0, lexical: 1 } } })
    expect(during.results[0]?.chunk_id).toBe(old.get('lynx'))
    expect((await versions()).map(({ state }) => state)).toEqual(['live', 'building'])
    held()
    models.before = async () => undefined
    expect((await ended(job.id)).state).toBe('done')
    expect((await versions()).map(({ state }) => state)).toEqual(['retired', 'live'])
    const fresh = models.embedded.slice(before)
    // One-chunk documents are the same chunk at both sizes.
    expect(fresh.some((text) => text.includes('on the weather'))).toBe(false)
    expect(fresh.some((text) => text.includes('The lynx lives'))).toBe(true)
    expect((await query('lynx at dusk')).results[0]?.external_id).toBe('lynx')
  })

  test('a killed rebuild goes on after a restart without embedding twice, and the same rebuild again embeds nothing', async () => {
    const before = models.embedded.length
    let count = 0
    models.before = async () => {
      count += 1
      if (count === 2) server.process.kill('SIGKILL')
    }
    const { job } = await server.client.call('startRebuild', { parameters, body: { chunk_size: 96 } })
    await until(async () => (server.process.signalCode === null ? undefined : true), 'the kill')
    models.before = async () => undefined
    server = await start()
    expect((await ended(job.id)).state).toBe('done')
    const fresh = models.embedded.slice(before)
    // What was under way when it was killed may be sent a second time, no more.
    expect(fresh.length - new Set(fresh).size).toBeLessThanOrEqual(fresh.length / 2)
    const settled = models.embedded.length
    const again = await server.client.call('startRebuild', { parameters, body: { chunk_size: 64, chunk_overlap: 0 } })
    expect((await ended(again.job.id)).state).toBe('done')
    expect(models.embedded.slice(settled)).toEqual([])
  })

  test('a rollback brings up what changed since, then is live', async () => {
    await upload('crane', '# On the crane\n\nThe crane has moved to the lighthouse.')
    await server.client.call('removeDocument', { parameters: { database: 'hybrid', document: 'badger' } })
    await server.client.call('removeDocument', { parameters: { database: 'hybrid', document: 'copy' } })
    await server.idle('hybrid')
    const first = (await versions())[0]
    expect(first).toMatchObject({ state: 'retired', ordinal: 1 })
    const { job } = await server.client.call('switchVersion', { parameters: { database: 'hybrid', version: first?.id ?? '' } })
    expect((await ended(job.id)).state).toBe('done')
    expect((await versions())[0]?.state).toBe('live')
    expect((await query('crane lighthouse')).results[0]?.text).toContain('lighthouse')
    expect((await query('badger', 50)).results.filter((result) => result.text.includes('badger'))).toEqual([])
    expect((await query('crane old pit', 50)).results.filter((result) => result.text.includes('The crane lives'))).toEqual([])
  })

  test('a cancelled rebuild leaves the live version as it was, and a second one meanwhile is refused', async () => {
    const before = await versions()
    let held: () => void = () => undefined
    const gate = new Promise<void>((resolve) => {
      held = resolve
    })
    models.before = () => gate
    const { job, version } = await server.client.call('startRebuild', { parameters, body: { chunk_size: 200 } })
    await expect(server.client.call('startRebuild', { parameters, body: { chunk_size: 300 } })).rejects.toMatchObject({ code: 'database/busy' })
    await server.client.call('cancelJob', { parameters: { job: job.id } })
    expect((await ended(job.id)).state).toBe('cancelled')
    held()
    models.before = async () => undefined
    const after = await versions()
    expect(after.filter(({ id }) => id !== version.id)).toEqual(before)
    expect(after.find(({ id }) => id === version.id)?.state ?? 'dropped').toBe('dropped')
    expect((await query('lynx at dusk')).results[0]?.external_id).toBe('lynx')
  })
})

describe('answers of a language model', () => {
  const ask = async (question: string) => {
    const events = []
    for await (const event of server.client.stream('ask', { parameters, body: { question } })) events.push(event)
    const last = events.at(-1)
    if (last?.event !== 'answer-end') throw new Error(`the stream ended with ${last?.event}`)
    return { events, end: last.data }
  }

  test('citations are checked against the text: what stands there, and what was made up', async () => {
    const number = (prompt: string, words: string) =>
      [...prompt.matchAll(/<passage number="(\d+)"[^>]*>([\s\S]*?)<\/passage>/g)].find((match) => match[2]?.includes(words))?.[1] ?? '1'
    models.answer = (prompt) =>
      `The crane moved to the lighthouse [${number(prompt, 'lighthouse')}: "The crane has moved to the lighthouse."] and it eats only violet plums [${number(prompt, 'lighthouse')}: "the crane eats only violet plums every second Tuesday"].`
    const { events, end } = await ask('Where has the crane moved to?')
    expect(events[0]).toMatchObject({ event: 'answer-start', data: { writer: 'openai:writer' } })
    expect(models.prompts.at(-1)).toContain('The crane has moved to the lighthouse.')
    expect(end.citations.map(({ verdict }) => verdict).sort()).toEqual(['unsupported', 'verified'])
    const verified = end.citations.find(({ verdict }) => verdict === 'verified')
    const range = await server.client.call('readText', {
      parameters: { database: 'hybrid', document: 'crane' },
      query: { start: verified?.start ?? 0, end: verified?.end ?? 0 },
    })
    expect(range.text).toBe('The crane has moved to the lighthouse.')
    expect(end.usage).toMatchObject({ input_tokens: 10 })
    expect(end.text).not.toContain('"')
  })

  test('a model that is down is replaced by the best sentences; what documents do not hold is said', async () => {
    models.down = true
    const { end } = await ask('Where has the crane moved to?')
    models.down = false
    expect(end.text).toContain('The crane has moved to the lighthouse.')
    expect(end.citations.every(({ verdict }) => verdict === 'verified')).toBe(true)
    models.answer = () => 'NOT_IN_DOCUMENTS'
    expect((await ask('Who won the chess olympiad near the lighthouse?')).end).toMatchObject({ answered: false, citations: [] })
  })
})
