import { stripVTControlCharacters } from 'node:util'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Session } from '../src/cli/session.ts'
import { type TraceOptions, trace } from '../src/cli/trace.ts'
import type { Client } from '../src/client/client.ts'
import { newTrace } from '../src/ports/trace-samples.contract.ts'
import { presentTrace } from '../src/server/present-trace.ts'

const said: string[] = []
beforeEach(() => {
  vi.spyOn(console, 'log').mockImplementation((text: string) => void said.push(text))
  vi.spyOn(console, 'error').mockImplementation(() => undefined)
})
afterEach(() => vi.restoreAllMocks())

const EVIL = 'evil\u001b[31m\u0007 text'
const [call] = newTrace('usr_1').calls
const hit = { chunkId: 'c1', documentId: 'd1', name: `leave ${EVIL}.pdf`, score: 0.5, dense: 0.25, lexical: 3.5 }
const search = {
  ...{ databaseId: 'db_1', versionId: 'v', query: EVIL, mode: { mode: 'hybrid', model: 'local:e5' } as const, degraded: 'no vectors' },
  ...{ reranker: 'cohere:r', startedAt: 1_000_001, ms: 4, hits: [hit, { ...hit, chunkId: 'c2' }] },
  models: [
    { purpose: 'embed' as const, model: `cohere:e ${EVIL}`, tokens: 9, searches: 0, cost: 12_000, startedAt: 1_000_001, ms: 2 },
    { purpose: 'rerank' as const, model: 'cohere:r', tokens: 40, searches: 2, cost: undefined, startedAt: 1_000_003, ms: 2 },
  ],
}
const WHOLE = presentTrace(
  newTrace('usr_1', {
    ...{ id: 'abc0'.padEnd(32, '1'), databaseIds: ['db_1'], question: `How? ${EVIL}`, searches: [search], text: `So ${EVIL}. [1]` },
    steps: [{ node: 'retrieve', startedAt: 1_000_002, ms: 3, note: EVIL }],
    calls: call === undefined ? [] : [{ ...call, system: `system ${'long '.repeat(400)}`, reply: EVIL, error: EVIL }],
    sentences: [{ text: EVIL, verdict: 'unsupported', citations: [1, 2], reason: EVIL }],
    settings: { n: 5, filter: JSON.stringify({ field: 'year', op: 'eq', value: 2023 }), versionId: 'ver_9', voice: EVIL },
  }),
  true,
)
const others = ['abc2', 'def3'].map((begun) => presentTrace(newTrace('usr_1', { id: begun.padEnd(32, '0') }), true))

async function run(id: string | undefined, options: TraceOptions = {}) {
  said.length = 0
  const asked: { readonly name: string; readonly body: unknown }[] = []
  const answers: Readonly<Record<string, unknown>> = {
    getTrace: WHOLE,
    listTraces: { traces: [WHOLE, ...others], next_cursor: null },
    listDatabases: { databases: [{ id: 'db_1', name: 'handbook' }], next_cursor: null },
  }
  const client = {
    call: async (name: string, input: { readonly parameters?: unknown }) => {
      asked.push({ name, body: input.parameters })
      return answers[name]
    },
    async *stream(name: string, { body }: { readonly body: unknown }) {
      asked.push({ name, body })
      yield { event: 'passages-found', data: { passages: [{ chunk_id: 'c2' }, { chunk_id: 'c9' }] } }
      const end = { answered: true, writer: 'openai:gpt-y', text: 'Another.', sentences: [{ verdict: 'verified' }], cost_usd: 0.5, trace_id: 'f'.repeat(32) }
      yield { event: 'answer-end', data: end }
    },
  } as unknown as Client
  const session: Session = { client, command: 'quarry', signal: new AbortController().signal } as unknown as Session
  await trace(session, id, options)
  return { text: stripVTControlCharacters(said.join('\n')), raw: said.join('\n'), asked }
}

test('a trace is shown with all that led to the answer, and nothing in it reaches the terminal', async () => {
  const { text, raw } = await run(WHOLE.id)
  const parts = [
    'How?',
    'handbook',
    'retrieve',
    'hybrid with local:e5',
    'ordered by cohere:r',
    'embedded by cohere:e evil',
    '9 tokens, 2 ms, $0.0120',
    'ordered by cohere:r: 2 searches, 2 ms, cost not known',
    '2 hits',
    'no vectors',
    'meaning 0.250',
    'words 3.50',
    'leave evil',
  ]
  for (const part of [...parts, 'Model for write', 'openai:gpt-x', '3 tokens in, 2 out', 'unsupported [1][2]', 'n 5', '--full', '$<']) {
    if (part === '$<') expect(text).toContain('<$0.0001')
    else expect(text).toContain(part)
  }
  expect(raw).not.toContain('\u0007')
  expect(raw).not.toContain(EVIL)
  expect((await run(WHOLE.id, { full: true })).text).not.toContain('--full')
})

test('the first digits of an id are enough when only one begins so', async () => {
  expect((await run('def')).asked.find(({ name }) => name === 'getTrace')?.body).toEqual({ trace: others[1]?.id })
  await expect(run('abc')).rejects.toMatchObject({ code: 'trace/not-found' })
  await expect(run('77')).rejects.toMatchObject({ code: 'trace/not-found' })
})

test('the list shows one answer a line', async () => {
  const lines = (await run(undefined)).text.split('\n')
  expect(lines).toHaveLength(3)
  expect(lines[0]).toMatch(/^abc0111111 {2}1970-01-01 00:16 {2}answered +\d+ ms {2}<\$0.0001 {2}How\? evil/)
  expect((await run(undefined, { limit: 1, json: true })).text).toContain(WHOLE.id)
})

test('a replay asks the same with the same settings and shows both', async () => {
  const { text, asked } = await run(WHOLE.id, { replay: true })
  expect(asked.at(-1)).toEqual({ name: 'ask', body: { question: WHOLE.question, n_results: 5, filter: { year: { $eq: 2023 } }, version: 'ver_9' } })
  for (const part of ['openai:gpt-x', 'openai:gpt-y', '2, 1 of them the same', '1 unsupported', '1 verified', '$0.5000', 'Another.'])
    expect(text).toContain(part)
  const both = JSON.parse((await run(WHOLE.id, { replay: true, json: true })).raw)
  expect([both.before.text, both.now.text]).toEqual([WHOLE.text, 'Another.'])
})
