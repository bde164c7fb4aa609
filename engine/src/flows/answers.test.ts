import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { peopleAlone } from '../../test/people-world.ts'
import { embedders } from '../adapters/embedders.ts'
import { fakeChat } from '../adapters/fake/chat.ts'
import { fakeEmbedder, fakeEmbedders } from '../adapters/fake/embedder.ts'
import { memoryBlobs } from '../adapters/memory/blobs.ts'
import { memoryCatalog } from '../adapters/memory/catalog.ts'
import { catalogState } from '../adapters/memory/catalog-state.ts'
import { memoryChunks } from '../adapters/memory/chunks.ts'
import { memoryQueue } from '../adapters/memory/queue.ts'
import { memoryVectors } from '../adapters/memory/vectors.ts'
import type { AnswerEvent } from '../domain/answer.ts'
import { accountCaller, type Caller } from '../domain/caller.ts'
import { AppError } from '../domain/errors.ts'
import { filterFromJson } from '../domain/filter.ts'
import type { Metadata } from '../domain/metadata.ts'
import type { Chat } from '../ports/chat.ts'
import type { World } from '../ports/world.ts'
import { textBuilder } from '../steps/extract/builder.ts'
import { ask } from './ask.ts'
import { NOT_ANSWERED } from './extractive.ts'
import { readText } from './read.ts'
import { runJob } from './run-job.ts'
import { search, why } from './search.ts'
import { createDatabase, uploadFile } from './upload.ts'

const never = new AbortController().signal
const caller = accountCaller('o', 'owner')
const stranger: Caller = { ...caller, ownerId: 'other' }

const opened: { close(): Promise<void> }[] = []
afterAll(async () => {
  for (const people of opened) await people.close()
})

/** Everything in memory but people; a "file" is its text: pages split by a line of ---, headings begin with #, "!" fails. */
function memoryWorld(facts: Partial<World> = {}): World {
  let [time, ids] = [1_700_000_000_000, 0]
  const making = {
    now() {
      time += 5
      return time
    },
    newId(prefix: string) {
      ids += 1
      return `${prefix}_${ids.toString().padStart(4, '0')}`
    },
  }
  const state = catalogState(making)
  const quiet = () => undefined
  const people = peopleAlone(making)
  opened.push(people)
  return {
    catalog: memoryCatalog(state),
    queue: memoryQueue(state),
    chunks: memoryChunks(),
    vectors: memoryVectors(),
    blobs: memoryBlobs(making),
    extractor: {
      async extract(file) {
        const content = await readFile(file.path, 'utf8')
        if (content.startsWith('!')) throw new AppError('document/corrupt', {})
        const out = textBuilder(1_000_000)
        for (const [index, page] of content.split('\n---\n').entries()) {
          out.page(index + 1)
          for (const part of page.split('\n\n')) part.startsWith('# ') ? out.heading(1, part.slice(2)) : out.add('paragraph', part)
        }
        return { kind: 'text', extracted: out.finish('text/plain') }
      },
      async close() {
        // nothing is held
      },
    },
    embedders: embedders({ fake: fakeEmbedders() }),
    chat: undefined,
    ...people,
    log: { info: quiet, warn: quiet, error: quiet },
    reach: quiet,
    hash: (text) => createHash('sha256').update(text).digest('hex'),
    ...making,
    ...facts,
  }
}

const FILES: Readonly<Record<string, string>> = {
  'leave.txt':
    '# Leave\n\nEmployees request leave in the portal at least two weeks ahead. The team lead decides within three days.\n---\n# Sickness\n\nSick employees call their team lead before nine in the morning. A certificate is needed from the fourth day.',
  'travel.txt': '# Travel\n\nTrains are booked through the travel desk. Flights shorter than 600 kilometres are not paid.',
  'travel-copy.txt': '# Travel\n\nTrains are booked through the travel desk. Flights shorter than 600 kilometres are not paid.',
  'canteen.txt': 'The canteen opens at noon and serves soup, bread and salad every day of the week.',
  'broken.txt': '!',
}

async function filled(world: World, model?: string): Promise<string> {
  const { database } = await createDatabase(
    world,
    caller,
    { name: 'handbook', chunkSize: 64, chunkOverlap: 0, ...(model === undefined ? {} : { model }) },
    never,
  )
  for (const [name, text] of Object.entries(FILES)) await upload(world, database.id, name, text, { year: name === 'canteen.txt' ? 2020 : 2024 })
  return database.id
}

async function upload(world: World, databaseId: string, name: string, text: string, metadata: Metadata = {}): Promise<void> {
  const content = (async function* () {
    yield new TextEncoder().encode(text)
  })()
  await uploadFile(world, caller, databaseId, { name, mediaType: 'text/plain', metadata, content, maxBytes: 1_000_000 }, never)
  for (let job = await world.queue.claim('w', 60_000); job !== undefined; job = await world.queue.claim('w', 60_000))
    await runJob(world, job, 'w', () => undefined, never)
}

async function answered(
  world: World,
  databaseId: string,
  question: string,
  facts: object = {},
): Promise<{ events: AnswerEvent[]; end: Extract<AnswerEvent, { type: 'answer-end' }> | undefined }> {
  const events: AnswerEvent[] = []
  for await (const event of ask(world, caller, databaseId, { question, n: 5, ...facts }, never)) events.push(event)
  // The order that AnswerEvent promises, in every test.
  expect(events.map(({ type }) => type).join(' ')).toMatch(
    /^answer-start( answer-step)* passages-found( text-delta| citation-found| sentence-checked| answer-step)* (answer-end|answer-error)$/,
  )
  const end = events.at(-1)
  if (end?.type !== 'answer-end') return { events, end: undefined }
  expect(events.flatMap((event) => (event.type === 'text-delta' ? [event.text] : [])).join('')).toBe(end.text)
  expect(events.flatMap((event) => (event.type === 'citation-found' ? [event.citation] : []))).toEqual(end.citations)
  for (const citation of end.citations) {
    const { extracted } = await readText(world, caller, databaseId, citation.documentId)
    if (citation.verdict === 'verified') expect(extracted.text.slice(citation.start, citation.end)).toBe(citation.quote)
    expect(end.text).toContain(`[${citation.number}]`)
  }
  return { events, end }
}

describe('search', () => {
  test.each([[undefined], ['fake:64']])('finds, explains and scores (model %s)', async (model) => {
    const world = memoryWorld()
    const id = await filled(world, model)
    const reply = await search(world, caller, id, { query: 'how do employees request leave', n: 3 }, never)
    expect(reply.mode).toEqual(model === undefined ? { mode: 'lexical' } : { mode: 'hybrid', model })
    expect(reply.degraded).toBeUndefined()
    const [first] = reply.passages
    expect(first).toMatchObject({ name: 'leave.txt', score: 1, pages: [1, 1], headingPath: ['Leave'] })
    expect(first?.explanation.lexical?.rank).toBe(1)
    expect(first?.explanation.dense?.rank).toBe(model === undefined ? undefined : 1)
    expect(first?.explanation.lexical?.terms.map(({ term }) => term).join(' ')).toMatch(/leav/)
    const scores = reply.passages.map(({ score }) => score)
    expect(scores).toEqual([...scores].sort((one, two) => two - one))
    expect(await search(world, caller, id, { query: 'how do employees request leave', n: 3 }, never)).toMatchObject({ passages: reply.passages })
  })
  test('folds the same text of two documents, and honours n, filter and threshold', async () => {
    const world = memoryWorld()
    const id = await filled(world)
    const { passages } = await search(world, caller, id, { query: 'trains and flights', n: 5 }, never)
    expect(passages).toHaveLength(1)
    expect(passages[0]?.explanation.merged).toHaveLength(1)
    const filter = filterFromJson({ year: { $lt: 2022 } })
    expect((await search(world, caller, id, { query: 'employees canteen', n: 5, filter }, never)).passages.map(({ name }) => name)).toEqual(['canteen.txt'])
    const both = await search(world, caller, id, { query: 'employees call before nine', n: 5 }, never)
    expect(both.passages.length).toBeGreaterThan(1)
    expect((await search(world, caller, id, { query: 'employees call before nine', n: 5, threshold: 0.99 }, never)).passages).toHaveLength(1)
    expect((await search(world, caller, id, { query: 'employees call before nine', n: 1 }, never)).passages).toHaveLength(1)
  })
  test('goes on by words alone when the model is gone, and says so', async () => {
    const world = memoryWorld()
    const id = await filled(world, 'fake:64')
    const fault = async () => {
      throw new AppError('model/unavailable', { service: 'x' })
    }
    const gone = [
      { ...world, embedders: { ...world.embedders, open: fault } },
      { ...world, embedders: embedders({ fake: { ...fakeEmbedders(), open: async () => ({ ...fakeEmbedder(8), embed: fault }) } }) },
    ]
    for (const poor of [...gone, { ...world, embedders: embedders({ fake: { ...fakeEmbedders(), open: async () => fakeEmbedder(8) } }) }]) {
      const reply = await search(poor, caller, id, { query: 'request leave', n: 2 }, never)
      expect(reply.degraded).toMatch(/^Only words were compared/)
      expect(reply.mode).toEqual({ mode: 'hybrid', model: 'fake:64' })
      expect(reply.passages[0]?.name).toBe('leave.txt')
    }
    const lost = { ...world, vectors: { ...world.vectors, search: async () => Promise.reject(new AppError('store/unavailable', {})) } }
    expect((await search(lost, caller, id, { query: 'request leave', n: 2 }, never)).degraded).toMatch(/vector store/)
  })
  test('believes the chunk store, not a vector store that lags', async () => {
    const world = memoryWorld()
    const id = await filled(world, 'fake:64')
    const ghosts = { ...world, vectors: { ...world.vectors, search: async () => [{ chunkId: 'gone.1.0', documentId: 'gone', score: 0.99 }] } }
    const { passages } = await search(ghosts, caller, id, { query: 'request leave', n: 5 }, never)
    expect(passages.map(({ documentId }) => documentId)).not.toContain('gone')
    expect(passages[0]?.name).toBe('leave.txt')
  })
  test('a foreign database is answered like an unknown one; an abort ends it', async () => {
    const world = memoryWorld()
    const id = await filled(world)
    for (const who of [stranger, caller]) {
      await expect(search(world, who, who === stranger ? id : 'db_none', { query: 'x', n: 1 }, never)).rejects.toMatchObject({ code: 'database/not-found' })
    }
    await expect(search(world, caller, id, { query: 'leave', n: 1 }, AbortSignal.abort())).rejects.toMatchObject({ name: 'AbortError' })
  })
})

describe('why', () => {
  test('tells the reason for every document', async () => {
    const world = memoryWorld()
    const id = await filled(world)
    const of = async (name: string, query: string, facts: object = {}) => {
      const document = await world.catalog.document('o', id, name)
      return why(world, caller, id, { query, documentId: document.id, n: 5, ...facts }, never)
    }
    expect(await of('leave.txt', 'request leave')).toMatchObject({ reason: 'found', rank: 1, lexical: { rank: 1 } })
    expect((await of('leave.txt', 'request leave abroad')).terms.missing).toHaveLength(1)
    expect(await of('canteen.txt', 'flights kilometres')).toMatchObject({ reason: 'nothing-in-common', lexical: undefined })
    expect(await of('broken.txt', 'leave')).toMatchObject({ reason: 'failed', error: { code: 'document/corrupt' } })
    expect(await of('leave.txt', 'nine morning sick employees certificate', { n: 0 })).toMatchObject({ reason: 'ranked-lower', rank: 1 })
    const twins = [await of('travel.txt', 'trains'), await of('travel-copy.txt', 'trains')]
    expect(twins.map(({ reason }) => reason).sort()).toEqual(['found', 'merged'])
    const filter = filterFromJson({ $and: [{ year: { $gte: 2024 } }, { $or: [{ '@name': 'canteen.txt' }, { lang: 'de' }] }, { $not: { year: 2024 } }] })
    const filtered = await of('leave.txt', 'leave', { filter })
    expect(filtered.reason).toBe('filtered-out')
    expect(filtered.conditions).toEqual([
      { condition: '@name = "canteen.txt"', has: ['leave.txt'] },
      { condition: 'lang = "de"', has: [] },
      { condition: 'not (year = 2024)', has: [2024] },
    ])
    expect(await of('leave.txt', 'leave', { filter: filterFromJson({ '@page': 7 }) })).toMatchObject({
      reason: 'filtered-out',
      conditions: [{ condition: '@page = 7' }],
    })
    expect((await of('leave.txt', 'leave', { filter: filterFromJson({ '@page': 2 }) })).reason).not.toBe('filtered-out')
    expect((await of('canteen.txt', 'employees request leave in the canteen', { threshold: 0.99 })).reason).toBe('below-threshold')
    await expect(why(world, stranger, id, { query: 'x', documentId: 'y', n: 1 }, never)).rejects.toMatchObject({ code: 'database/not-found' })
  })
})

describe('ask without a language model', () => {
  test('quotes the sentence with its page, verified', async () => {
    const world = memoryWorld()
    const { end, events } = await answered(world, await filled(world), 'When is a certificate needed?')
    expect(events[0]).toMatchObject({ writer: 'extractive' })
    expect(end).toMatchObject({ answered: true, citations: [{ verdict: 'verified', page: 2, number: 1, name: 'leave.txt' }] })
    expect(end?.text).toContain('A certificate is needed from the fourth day. [1]')
  })
  test('says that the documents do not answer', async () => {
    const world = memoryWorld()
    const id = await filled(world)
    for (const question of ['Who invented the steam locomotive in Britain?', 'zzz qqq', '???']) {
      expect((await answered(world, id, question)).end).toMatchObject({ answered: false, text: NOT_ANSWERED, citations: [] })
    }
  })
  test('of several questions in one answers those that it can, and says that it is not all', async () => {
    const world = memoryWorld()
    const id = await filled(world)
    const [one, other, none] = ['When is a certificate needed?', 'How do employees request leave?', 'And which orchestra plays Beethoven symphonies on Sunday?']
    const both = (await answered(world, id, `${one} ${other}`)).end
    expect(both?.text).toContain('A certificate is needed from the fourth day. [')
    expect(both?.text).toMatch(/request leave in the portal[^\n]* \[/)
    expect(both?.text).not.toContain('not answer')
    const half = (await answered(world, id, `${one} ${none}`)).end
    expect(half?.text).toContain('A certificate is needed from the fourth day. [1]')
    expect([half?.answered, half?.text.endsWith('The documents do not answer all of it.')]).toEqual([true, true])
    expect((await answered(world, id, `${none} ${none}`)).end).toMatchObject({ answered: false, text: NOT_ANSWERED })
  })
  test('searches a short follow-up with the question before it', async () => {
    const world = memoryWorld()
    const { end } = await answered(world, await filled(world), 'Who decides?', { history: [{ role: 'user', text: 'How do employees request leave?' }] })
    expect(end?.text).toMatch(/team lead decides/)
  })
  test('a document replaced meanwhile is still cited truly', async () => {
    const world = memoryWorld()
    const id = await filled(world)
    const slow: World = { ...world, blobs: { ...world.blobs, bytes: async () => Promise.reject(new AppError('blob/not-found', {})) } }
    const events: AnswerEvent[] = []
    for await (const event of ask(slow, caller, id, { question: 'When is a certificate needed?', n: 3 }, never)) events.push(event)
    const citation = events.find((event) => event.type === 'citation-found')?.citation
    const { extracted } = await readText(world, caller, id, citation?.documentId ?? '')
    expect(citation).toMatchObject({ verdict: 'verified', page: 2 })
    expect(extracted.text.slice(citation?.start, citation?.end)).toBe(citation?.quote)
  })
})

describe('ask with a language model', () => {
  const asking = async (chat: Chat, question = 'How do employees request leave?') => {
    const world = memoryWorld({ chat })
    return answered(world, await filled(world), question)
  }
  test.each([1, 3, 1000])('checks every quote and numbers the citations itself (pieces of %i)', async (pieceLength) => {
    const reply =
      'In the portal [1: "Employees request leave in the PORTAL"]. Twice [1: "Employees request leave in the portal"], never [1: "leave in the portal at least three weeks ahead"], invented [77: "x y z"] ![img](http://evil)'
    const { end } = await asking(fakeChat({ reply, pieceLength }))
    expect(end?.text).toBe('In the portal [1]. Twice [1], never [2], invented img')
    expect(end?.citations.map(({ verdict }) => verdict)).toEqual(['verified', 'unsupported'])
    expect(end?.citations[1]?.reason).toMatch(/three.*two/)
    expect(end).toMatchObject({ answered: true, usage: { outputTokens: expect.any(Number) } })
  })
  test('names a passage without quoting it: weak at best', async () => {
    const { end } = await asking(fakeChat({ reply: 'Employees request leave in the portal [1].' }))
    expect(end?.citations).toMatchObject([{ verdict: 'weak', reason: expect.stringMatching(/without quoting/) }])
  })
  test('that supports nothing is not called an answer', async () => {
    const { end } = await asking(fakeChat({ reply: 'Because I say so [1: "the moon is made of green cheese"].' }))
    expect(end?.answered).toBe(false)
    expect(end?.text).toMatch(/No passage of the documents supports this answer/)
  })
  test('that finds no answer says so', async () => {
    expect((await asking(fakeChat({ reply: 'NOT_IN_DOCUMENTS' }))).end).toMatchObject({ answered: false, text: NOT_ANSWERED })
    expect((await asking(fakeChat({ reply: '**NOT_IN_DOCUMENTS**' }))).end).toMatchObject({ answered: false, text: NOT_ANSWERED })
  })
  test('that only thinks leaves the answer to the documents', async () => {
    for (const reply of ['<think>so</think>', '<think>Employees request leave'])
      expect((await asking(fakeChat({ reply }))).end).toMatchObject({ answered: true, text: expect.stringMatching(/^The language model does not answer/) })
  })
  test('quotes by itself what it was shown (the default of the fake)', async () => {
    const { end } = await asking(fakeChat())
    expect(end?.citations.length).toBeGreaterThan(0)
    expect(new Set(end?.citations.map(({ verdict }) => verdict))).toEqual(new Set(['verified']))
  })
  const failing = (before: string): Chat => ({
    name: 'fake:failing',
    window: 8000,
    citations: 'markers',
    async *write() {
      if (before !== '') yield { type: 'text', text: before }
      throw new AppError('model/unavailable', { service: 'x' })
    },
  })
  test('that fails at once is replaced by extraction; amid the answer it ends in one error', async () => {
    const { end } = await asking(failing(''))
    expect(end?.answered).toBe(true)
    expect(end?.text).toMatch(/^The language model does not answer.*Employees request leave/s)
    const { events } = await asking(failing('In the portal, so '))
    expect(events.at(-1)).toMatchObject({ type: 'answer-error', error: { code: 'model/unavailable', retry: true } })
    expect(events.filter(({ type }) => type === 'answer-end' || type === 'answer-error')).toHaveLength(1)
  })
  test('ends with the abort of its caller', async () => {
    const controller = new AbortController()
    const world = memoryWorld({ chat: fakeChat({ reply: 'word '.repeat(100) }) })
    const id = await filled(world)
    const reading = async () => {
      for await (const event of ask(world, caller, id, { question: 'leave', n: 2 }, controller.signal)) if (event.type === 'text-delta') controller.abort()
    }
    await expect(reading()).rejects.toMatchObject({ name: 'AbortError' })
  })
})

const XQUAD = resolve(import.meta.dirname, '../../../../shared/eval/xquad/en')
const hasXquad = existsSync(XQUAD)
if (!hasXquad) console.log('skipped: no ../shared/eval, so the threshold of answers is not held to real questions')

describe.skipIf(!hasXquad)('the threshold of extractive answers, on real questions', () => {
  type Row = { readonly _id: string; readonly text: string; readonly answers?: readonly string[] }
  const rows = (name: string): Row[] => (hasXquad ? readFileSync(join(XQUAD, name), 'utf8').trim().split('\n') : []).map((line) => JSON.parse(line))
  const paragraphs = rows('corpus.jsonl')
  const questions = rows('queries.jsonl').filter((_, index) => index % 12 === 0)
  const flat = (text: string) => text.toLowerCase().replace(/\s+/g, ' ')

  async function shares(texts: readonly Row[], asked: readonly Row[]): Promise<{ readonly answered: number; readonly right: number }> {
    const world = memoryWorld()
    const { database } = await createDatabase(world, caller, { name: 'x' }, never)
    for (const { _id, text } of texts) await upload(world, database.id, `${_id}.txt`, text)
    let [answers, right] = [0, 0]
    for (const { text, answers: gold = [] } of asked) {
      const { end } = await answered(world, database.id, text)
      if (end?.answered !== true) continue
      answers += 1
      for (const citation of end.citations) expect(citation.verdict).toBe('verified')
      if (gold.some((one) => flat(end.text).includes(flat(one)))) right += 1
    }
    return { answered: answers / asked.length, right: right / asked.length }
  }
  test('most are answered, mostly with the sentence that holds the answer', { timeout: 120_000 }, async () => {
    const own = await shares(paragraphs, questions)
    expect(own.answered).toBeGreaterThan(0.82)
    expect(own.right).toBeGreaterThan(0.72)
  })
  test('those of which the documents know nothing mostly are not', { timeout: 120_000 }, async () => {
    // Paragraphs are in the order of their articles, questions too: the first half knows nothing of the last third.
    const other = await shares(paragraphs.slice(0, paragraphs.length / 2), questions.slice(Math.ceil((questions.length * 2) / 3)))
    expect(other.answered).toBeLessThan(0.25)
  })
})
