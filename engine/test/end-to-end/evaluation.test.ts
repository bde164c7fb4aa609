import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { environmentOf, newFolder, ROOT, removeFolder, type ServerProcess, startProcess, until } from './server-process.ts'

// A golden set from a file and from the chat, measured by the command line and over HTTP.

const BIN = join(ROOT, 'engine/bin/quarry.mjs')
const folder = newFolder()
const CASES = join(folder, 'cases.jsonl')
let server: ServerProcess
let database = ''

beforeAll(async () => {
  server = await startProcess(folder)
  const { client } = server
  database = (await client.call('createDatabase', { body: { name: 'handbook' } })).id
  const files = {
    'leave.txt': 'Employees request leave in the portal at least two weeks ahead. The team lead decides within three days.',
    'canteen.txt': 'The canteen opens at noon and serves soup, bread and salad every day of the week.',
  }
  await client.upload('addDocuments', {
    parameters: { database },
    fields: {},
    files: Object.entries(files).map(([name, text]) => ({ name, content: new Blob([text]) })),
  })
  await until(async () => {
    const { documents } = await client.call('getDatabase', { parameters: { database } })
    return documents.ready === 2 ? true : undefined
  }, 'both documents')
  writeFileSync(
    CASES,
    [
      '{"question": "When does the canteen open?", "expected": ["canteen.txt"], "answer": "At noon"}',
      '{"question": "Who won the football cup in 1954?", "answerable": false}',
      '{"question": "What does the canteen serve?", "expected": ["leave.txt"], "pages": [{"of": "no-such.pdf", "page": 1}]}',
    ].join('\n'),
  )
})
afterAll(async () => {
  await server.stop()
  removeFolder(folder)
})

async function quarry(...given: string[]): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', BIN, ...given], {
    env: environmentOf(folder),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const said = { out: '', err: '' }
  child.stdout.on('data', (piece: Buffer) => {
    said.out += piece
  })
  child.stderr.on('data', (piece: Buffer) => {
    said.err += piece
  })
  const [code] = await once(child, 'close')
  return { code: Number(code), ...said }
}

test('a file becomes the golden set, is listed as such a file, and is measured with a gate', async () => {
  expect(await quarry('golden', 'add', 'handbook', CASES)).toMatchObject({
    code: 0,
    err: expect.stringMatching(/3 cases.*not in the database.*no-such\.pdf/is),
  })
  const listed = await quarry('golden', 'handbook', '--json')
  expect(listed.err).toContain('no-such.pdf')
  expect(
    listed.out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).question),
  ).toEqual(['When does the canteen open?', 'Who won the football cup in 1954?', 'What does the canteen serve?'])
  const measured = await quarry('eval', 'handbook', '--min', 'refused=1', '--min', 'citation-recall=0.5')
  expect(measured.code, measured.err).toBe(0)
  expect(measured.out).toMatch(/refused\s+1\.000/)
  expect(measured.out).toContain('What does the canteen serve?') // it cites another document than was expected
  expect([measured.out, measured.err]).toEqual(Array(2).fill(expect.stringMatching(/not in the database.*no-such\.pdf/i)))
  const missed = await quarry('eval', 'handbook', '--min', 'citation-recall=0.9')
  expect(missed).toMatchObject({ code: 1, err: expect.stringContaining('citation-recall is 0.500, less than 0.9.') })
  expect(await quarry('eval', 'handbook', '--no-answers', '--min', 'groundedness=0.5')).toMatchObject({
    code: 1,
    err: expect.stringContaining('cannot be told'),
  })
  expect((await quarry('eval', 'handbook', '--min', 'goodness=1')).err).toContain('MEASURE=0..1')
  expect((await quarry('eval', 'handbook', '--model', 'opnai:gpt')).err).toContain('There is no such model')
})

test('a good answer becomes a case; a follow-up needs words that stand for themselves, and an answer to something else is none', async () => {
  const { client } = server
  const ask = async (question: string, conversation: string) => {
    for await (const { event, data } of client.stream('ask', { parameters: { database }, body: { question, conversation } })) {
      if (event === 'answer-start') conversation = data.conversation_id ?? ''
      if (event === 'answer-end') return { conversation, message: data.answer_id ?? '' }
    }
    throw new Error('no end')
  }
  const first = await ask('Where do employees request leave?', 'new')
  const made = await client.call('goldenFromAnswer', { parameters: { database }, body: first })
  expect(made).toMatchObject({ question: 'Where do employees request leave?', answerable: true, expected: ['leave.txt'], from_answer: first.message })
  expect(made.answer).toContain('portal')
  expect(made.answer).not.toContain('[1]')
  const second = await ask('And how soon?', first.conversation)
  await expect(client.call('goldenFromAnswer', { parameters: { database }, body: second })).rejects.toMatchObject({ code: 'request/invalid' })
  const refused = await ask('Who won the football cup in 1962?', 'new')
  expect(await client.call('goldenFromAnswer', { parameters: { database }, body: refused })).toMatchObject({ answerable: false, expected: [] })
  const other = (await client.call('createDatabase', { body: { name: 'other' } })).id
  await expect(client.call('goldenFromAnswer', { parameters: { database: other }, body: first })).rejects.toMatchObject({ code: 'request/invalid' })
  await client.call('removeGolden', { parameters: { database, case: made.id } })
  await expect(client.call('removeGolden', { parameters: { database, case: made.id } })).rejects.toMatchObject({ code: 'golden/not-found' })
})

test('what a case names and the database does not hold is told with the case, until it comes', async () => {
  const { client } = server
  const cases = [{ question: 'Later?', expected: ['later.txt', 'leave.txt'], pages: [{ of: 'latest.txt', page: 1 }] }]
  const last = async () => (await client.call('listGolden', { parameters: { database }, query: { limit: 50 } })).cases.at(-1)
  expect((await client.call('putGolden', { parameters: { database }, body: { cases } })).cases[0]?.missing).toEqual(['later.txt', 'latest.txt'])
  expect((await last())?.missing).toEqual(['later.txt', 'latest.txt'])
  await client.upload('addDocuments', { parameters: { database }, fields: {}, files: [{ name: 'later.txt', content: new Blob(['It came later.']) }] })
  expect((await last())?.missing).toEqual(['latest.txt'])
})
