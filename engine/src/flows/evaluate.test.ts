import { afterAll, beforeAll, expect, test } from 'vitest'
import { CALLER, storeWorld } from '../../test/store-world.ts'
import { fakeChat } from '../adapters/fake/chat.ts'
import type { Citation } from '../domain/answer.ts'
import { AppError } from '../domain/errors.ts'
import type { EvaluationEvent, EvaluationRequest } from './evaluate.ts'
import { evaluate } from './evaluate.ts'
import { caseFromAnswer, caseOfRefusal } from './golden.ts'

const never = new AbortController().signal
const LEAVE = 'Employees request leave in the portal at least two weeks ahead. The team lead decides within three days.'
const CANTEEN = 'The canteen opens at noon and serves soup, bread and salad every day of the week.'

let it: ReturnType<typeof storeWorld>
let database = ''
beforeAll(async () => {
  it = storeWorld()
  database = (await it.make()).id
  await it.upload(database, 'leave.txt', LEAVE)
  await it.upload(database, 'canteen.txt', CANTEEN)
  await it.runAll()
})
afterAll(() => it.close())

const golden = (question: string, documents: readonly string[], answer?: string) => ({
  question,
  answerable: documents.length > 0,
  documents,
  pages: [],
  answer,
})
const CASES = [
  golden('When does the canteen open?', ['canteen.txt'], 'At noon'),
  golden('Where do employees request leave?', ['leave.txt'], 'in the portal'),
  golden('Who won the football cup in 1954?', []),
  golden('What does the canteen serve?', ['leave.txt']), // a wrong expectation is seen
]

async function run(change: Partial<EvaluationRequest> = {}, signal = never): Promise<readonly EvaluationEvent[]> {
  const events: EvaluationEvent[] = []
  const request = { cases: CASES, n: 8, answers: true, settings: [{}] as const, seed: 1, ...change }
  for await (const event of evaluate(it.world, CALLER, database, request, signal)) events.push(event)
  return events
}
const endOf = (events: readonly EvaluationEvent[]) => {
  const end = events.at(-1)
  if (end?.type !== 'evaluation-end') throw new Error('no end')
  return end
}

test('measures what was found and answered, case by case and together', async () => {
  const events = await run()
  const results = events.flatMap((event) => (event.type === 'case-evaluated' ? [event.result] : []))
  expect(results[0]).toMatchObject({ measures: { mrr: 1, answered: 1, 'citation-recall': 1, 'citation-precision': 1, 'answer-recall': 1 }, cost: 0 })
  expect(results[2]?.measures).toEqual({ refused: 1 })
  expect(results[3]?.measures).toMatchObject({ answered: 1, 'citation-recall': 0, 'citation-precision': 0 })
  const [report] = endOf(events).reports
  expect(report).toMatchObject({ cases: 4, failed: 0, cost: 0 })
  expect(report?.measures.answered).toMatchObject({ mean: 1, cases: 3 })
  expect(report?.measures['citation-recall']?.mean).toBeCloseTo(2 / 3)
  expect(endOf(events).differences).toEqual({})
})

test('retrieval alone asks nothing else', async () => {
  const results = (await run({ answers: false })).flatMap((event) => (event.type === 'case-evaluated' ? [event.result] : []))
  expect(results.every(({ answer, answerMs }) => answer === undefined && answerMs === undefined)).toBe(true)
  expect(results[0]?.measures).toEqual({ 'recall@5': 1, 'recall@10': 1, mrr: 1, 'ndcg@10': 1 })
})

test('two settings are asked in turn; the same twice differ in nothing', async () => {
  const events = await run({ settings: [{}, { weights: { dense: 0, lexical: 1 } }] })
  expect(events.flatMap((event) => (event.type === 'case-evaluated' ? [`${event.index}${event.setting}`] : []))).toEqual([
    '00',
    '01',
    '10',
    '11',
    '20',
    '21',
    '30',
    '31',
  ])
  const { reports, differences } = endOf(events)
  expect(reports).toHaveLength(2)
  expect(differences.mrr).toMatchObject({ mean: 0, low: 0, high: 0 })
})

test('is stopped between two questions, and refuses what there is not', async () => {
  await expect(run({}, AbortSignal.abort())).rejects.toMatchObject({ name: 'AbortError' })
  await expect(run({ settings: [{ versionId: 'ver_none' }] })).rejects.toMatchObject({ code: 'version/not-found' })
})

test('a good answer becomes a case; one without a verified citation does not; a refusal becomes one that should be refused', () => {
  const citation = (change: Partial<Citation>): Citation => ({
    number: 1,
    databaseId: database,
    documentId: 'doc_1',
    revision: 1,
    chunkId: 'c',
    externalId: 'a.pdf',
    name: 'a.pdf',
    page: 3,
    headingPath: [],
    start: 0,
    end: 1,
    quote: 'x',
    verdict: 'verified',
    reason: undefined,
    ...change,
  })
  const answer = {
    id: 'msg_1',
    text: 'It is so [1]. And so [2] [3].',
    citations: [citation({}), citation({ page: 3 }), citation({ externalId: 'b.pdf', verdict: 'weak' })],
  }
  expect(caseFromAnswer(database, 'Is it?', answer)).toEqual({
    question: 'Is it?',
    answerable: true,
    documents: ['a.pdf'],
    pages: [{ document: 'a.pdf', page: 3 }],
    answer: 'It is so. And so.',
    messageId: 'msg_1',
  })
  expect(caseFromAnswer('db_other', 'Is it?', answer)).toBeUndefined()
  expect(caseOfRefusal('Is it?', 'msg_2')).toMatchObject({ answerable: false, documents: [], messageId: 'msg_2' })
})

test('an answer that another writer gave is no answer of the model that is measured; a fault is no refusal', async () => {
  const broken = {
    ...fakeChat(),
    name: 'fake:broken',
    // biome-ignore lint/correctness/useYield: it fails before it could write anything
    async *write() {
      throw new AppError('model/unavailable', { model: 'fake:broken' })
    },
  }
  const chats = { open: async () => broken, fallback: async () => undefined }
  const events: EvaluationEvent[] = []
  const asked = { cases: CASES, n: 8, answers: true, settings: [{ chatModel: 'fake:broken' }] as const, seed: 1 }
  for await (const event of evaluate({ ...it.world, chats }, CALLER, database, asked, never)) events.push(event)
  const results = events.flatMap((event) => (event.type === 'case-evaluated' ? [event.result] : []))
  expect(results[0]).toMatchObject({ error: 'fake:broken did not answer; extractive did.', measures: { answered: 0, mrr: 1 } })
  expect(endOf(events).reports[0]).toMatchObject({ failed: 3 }) // nothing was near to the third question, and so no model was asked
})

test('a model that there is not is told before the first question', async () => {
  const chats = {
    open: async () => {
      throw new AppError('model/unknown', { model: 'opnai:gpt' })
    },
    fallback: async () => undefined,
  }
  const asked = { cases: CASES, n: 8, answers: true, settings: [{ chatModel: 'opnai:gpt' }] as const, seed: 1 }
  await expect(evaluate({ ...it.world, chats }, CALLER, database, asked, never).next()).rejects.toMatchObject({ code: 'model/unknown' })
})

test('a document that a case names and that is not there is told with the case, and the cases are counted', async () => {
  const typo = { ...golden('When does the canteen open?', ['canten.txt', 'canteen.txt']), pages: [{ document: 'Canteen.txt', page: 1 }] }
  const events = await run({ cases: [typo, ...CASES.slice(1, 3)], settings: [{}, {}], answers: false })
  const told = events.flatMap((event) => (event.type === 'case-evaluated' ? [event.result.missing] : []))
  expect(told).toEqual([['canten.txt', 'Canteen.txt'], ['canten.txt', 'Canteen.txt'], [], [], [], []])
  expect(endOf(events).reports.map(({ missing }) => missing)).toEqual([1, 1])
})
