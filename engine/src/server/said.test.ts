import { afterAll, beforeAll, expect, test } from 'vitest'
import { bearer, type Person, person } from '../../test/people-fixture.ts'
import { serverForTest, type TestServer } from '../../test/server-fixture.ts'
import type { AnswerEvent } from '../domain/answer.ts'
import { AppError } from '../domain/errors.ts'
import { newTrace } from '../ports/trace-samples.contract.ts'

// What a provider says may name accounts and roles of whoever pays it.
const SAID = 'User: arn:aws:sts::123456789012:assumed-role/payroll is not authorized'
const fault = new AppError('model/refused', { service: 'bedrock', status: 403, said: SAID })

async function* failing(): AsyncGenerator<AnswerEvent> {
  yield { type: 'answer-start', mode: { mode: 'lexical' }, writer: 'bedrock:x', traceId: '0'.repeat(32) }
  yield { type: 'answer-error', error: fault.body() }
}

let server: TestServer
let manager: Person
let reader: Person
let databaseId: string
let documentId: string
let jobId: string
const traces: Record<string, string> = {}

beforeAll(async () => {
  server = await serverForTest({
    flows: {
      ask: failing,
      askSeveral: failing,
      search: () => Promise.reject(fault),
    },
  })
  const { world } = server
  ;[manager, reader] = [await person(world, 'member'), await person(world, 'member')]
  const made = await send(manager, 'POST', 'databases', { name: 'handbook' })
  databaseId = JSON.parse(made).id
  const { documents } = JSON.parse(await send(manager, 'POST', `databases/${databaseId}/documents`, { text: 'a', name: 'a.txt' }))
  documentId = documents[0].document.id
  jobId = documents[0].job_id
  await world.catalog.share(manager.account.id, databaseId, reader.account.id, 'read')
  server.file.run("UPDATE documents SET state = 'failed', error = ? WHERE id = ?", JSON.stringify(fault.body()), documentId)
  server.file.run('UPDATE jobs SET error = ? WHERE id = ?', JSON.stringify(fault.body()), jobId)
  for (const one of [manager, reader]) {
    const [call] = newTrace(one.account.id).calls
    if (call === undefined) throw new Error('no call')
    const trace = newTrace(one.account.id, {
      id: one.account.id
        .replace(/[^0-9a-f]/g, '')
        .slice(0, 32)
        .padEnd(32, '0'),
      databaseIds: [databaseId],
      calls: [{ ...call, error: fault.message }],
    })
    await world.traces.keepTrace(trace)
    traces[one.account.id] = trace.id
  }
})
afterAll(() => server.stop())

async function send(who: Person, method: string, path: string, body?: unknown): Promise<string> {
  const content = body === undefined ? {} : { body: JSON.stringify(body) }
  const headers = { ...bearer(who.token), ...(body === undefined ? {} : { 'content-type': 'application/json' }) }
  return (await fetch(`${server.address}/api/v1/${path}`, { method, headers, ...content })).text()
}

test.each([
  ['an answer', () => ['POST', `databases/${databaseId}/ask`, { question: 'x' }]],
  ['an answer from several', () => ['POST', 'ask', { question: 'x', databases: [databaseId] }]],
  ['a search', () => ['POST', `databases/${databaseId}/query`, { query: 'x' }]],
  ['a document', () => ['GET', `databases/${databaseId}/documents/${documentId}`]],
  ['documents', () => ['GET', `databases/${databaseId}/documents`]],
  ['the state of a database', () => ['GET', `database/${databaseId}/status`]],
  ['a job', () => ['GET', `jobs/${jobId}`]],
  ['jobs', () => ['GET', `jobs?database=${databaseId}`]],
  ['a trace', (who: Person) => ['GET', `traces/${traces[who.account.id]}`]],
] as const)('%s tells those who manage the database what a provider said, and nobody else', async (_, request) => {
  const [forManager, forReader] = await Promise.all([manager, reader].map((who) => send(who, ...(request(who) as [string, string, unknown?]))))
  expect(forManager).toContain(SAID)
  expect(forReader).toMatch(/model\/refused|The model provider refused/)
  expect(forReader).not.toContain('123456789012')
})

test('jobs of all databases are listed without it', async () => {
  expect(await send(manager, 'GET', 'jobs')).not.toContain('123456789012')
})
