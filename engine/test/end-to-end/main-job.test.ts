import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { inflatingDocx, noise, pdfOf, zipOf } from '../make.ts'
import { COLLECTED, type Document, FIXTURES, hasCollected, newFolder, removeFolder, type ServerProcess, startProcess, textOf } from './server-process.ts'

// The whole job over HTTP with a real server process and real files: upload, progress, search, filters, answers, deletion.

const folder = newFolder()
let server: ServerProcess
beforeAll(async () => {
  server = await startProcess(folder)
})
afterAll(async () => {
  expect((await server.stop()).code).toBe(0)
  removeFolder(folder)
})
if (!hasCollected) console.info('The collected documents are not here: their end-to-end test is skipped.')

type Json = ReturnType<typeof JSON.parse>
const json = async (reply: Promise<Response>, status = 200): Promise<Json> => {
  const { status: got, body } = await reply.then(async (one) => ({ status: one.status, body: await one.text() }))
  expect([got, got === status ? '' : body]).toEqual([status, ''])
  return JSON.parse(body)
}
const query = (database: string, body: object): Promise<Json> => json(server.send('POST', `/api/v1/database/${database}/query`, body))
const documentsOf = async (database: string): Promise<Document[]> =>
  (await json(server.send('GET', `/api/v1/databases/${database}/documents?limit=200`))).documents
const add = (database: string, body: object) => json(server.send('POST', `/api/v1/databases/${database}/documents`, body), 202)

interface Upload {
  readonly name: string
  readonly content: Uint8Array | string
  readonly externalId?: string
  readonly metadata?: object
}
function formOf(fields: Readonly<Record<string, string>>, files: readonly Upload[]): FormData {
  const form = new FormData()
  for (const [name, value] of Object.entries(fields)) form.append(name, value)
  for (const { name, content, externalId, metadata } of files) {
    if (externalId !== undefined) form.append('external_id', externalId)
    if (metadata !== undefined) form.append('metadata', JSON.stringify(metadata))
    form.append('files', new Blob([typeof content === 'string' ? content : new Uint8Array(content)]), name)
  }
  return form
}
const addFiles = (database: string, files: readonly Upload[]) => json(server.send('POST', `/api/v1/databases/${database}/documents`, formOf({}, files)), 202)

async function events(method: string, path: string, body?: object): Promise<{ event: string; data: Json }[]> {
  const reply = await server.send(method, path, body)
  expect(reply.headers.get('content-type')).toContain('text/event-stream')
  const parts = (await reply.text()).split('\n\n')
  return parts.flatMap((part) => {
    const event = /^event: (.*)$/m.exec(part)?.[1]
    return event === undefined ? [] : [{ event, data: JSON.parse(/^data: (.*)$/m.exec(part)?.[1] ?? 'null') }]
  })
}

/** Every hit is the slice of its document's text that it says it is. */
async function expectSlices(database: string, hits: readonly { document_id: string; text: string; start: number; end: number }[]): Promise<void> {
  const texts = new Map<string, string>()
  for (const { document_id, text, start, end } of hits) {
    const whole = texts.get(document_id) ?? (await textOf(server.client, database, document_id))
    texts.set(document_id, whole)
    expect(whole.slice(start, end)).toBe(text)
  }
}

const PAGES = ['The granite quarry opened in 1874.', 'Blasting is announced with three horn signals.', 'The lake in the old pit is ninety metres deep.']

describe('a database made of files in one request', () => {
  const names = readdirSync(FIXTURES)
  let created: Json
  beforeAll(async () => {
    const files: Upload[] = names.map((name) => ({ name, content: readFileSync(join(FIXTURES, name)) }))
    files.push({ name: 'pit.pdf', content: await pdfOf(PAGES) })
    const form = formOf({ name: 'everything', model: 'none', chunk_size: '128' }, files)
    created = await json(server.send('POST', '/api/v1/database/create', form), 201)
    const seen = await events('GET', `/api/v1/databases/${created.database.id}/events`)
    expect(seen.at(-1)?.event).toBe('idle')
    expect(seen.filter(({ event }) => event === 'idle')).toHaveLength(1)
    for (const { event, data } of seen) if (event === 'job') expect(data.done).toBeLessThanOrEqual(Math.max(data.total, data.done))
  })

  test('tells each upload, and its state until every document is ready', async () => {
    expect(created.documents.map((one: Json) => [one.document.name, one.outcome]).sort()).toEqual([...names, 'pit.pdf'].map((name) => [name, 'created']).sort())
    const status = await json(server.send('GET', `/api/v1/database/${created.database.id}/status`))
    expect(status).toMatchObject({ name: 'everything', status: 'ready', progress: 1, mode: 'lexical', model: null, failed: [], jobs: [] })
    expect(status.documents.ready).toBe(status.documents.total)
    expect(created.database.settings).toMatchObject({ chunk_size: 128, model: 'none' })
    expect(await json(server.send('GET', '/api/v1/database/everything/status'))).toMatchObject({ id: created.database.id })
  })

  test('answers a query with passages that stand where they say, and pages of a PDF', async () => {
    const reply = await query('everything', { query: 'How deep is the lake in the pit?', n_results: 3 })
    expect(reply).toMatchObject({ mode: 'lexical', degraded: null })
    expect(reply.results[0]).toMatchObject({ name: 'pit.pdf', media_type: 'application/pdf' })
    expect(reply.results[0].pages[0]).toBeLessThanOrEqual(3)
    expect(reply.results[0].pages[1]).toBe(3)
    expect(reply.results.length).toBeLessThanOrEqual(3)
    await expectSlices('everything', reply.results)
    expect((await query('everything', { query: 'leave days form portal noon water plant', n_results: 50 })).results.length).toBeGreaterThan(3)
    await expectSlices('everything', (await query('everything', { query: 'leave days form portal noon water plant', n_results: 50 })).results)
  })

  test('gives text, chunks and the very bytes of every document', async () => {
    for (const { id, name, chunks, sha256 } of await documentsOf('everything')) {
      const text = await textOf(server.client, 'everything', id)
      const listed = await json(server.send('GET', `/api/v1/databases/everything/documents/${id}/chunks?limit=500`))
      expect([name, listed.total, listed.chunks.length]).toEqual([name, chunks, chunks])
      for (const chunk of listed.chunks) expect(text.slice(chunk.start, chunk.end)).toBe(chunk.text)
      const content = await server.send('GET', `/api/v1/databases/everything/documents/${id}/content`)
      const bytes = Buffer.from(await content.arrayBuffer())
      expect(createHash('sha256').update(bytes).digest('hex')).toBe(sha256)
      if (names.includes(name)) expect(bytes.equals(readFileSync(join(FIXTURES, name)))).toBe(true)
      expect(content.headers.get('content-disposition')).toMatch(/^attachment/)
    }
  })

  test('answers with citations that stand in the document, on the page that they name', async () => {
    const seen = await events('POST', '/api/v1/databases/everything/ask', { question: 'How is blasting announced?' })
    const order = seen.map(({ event }) => event)
    expect(order.filter((event) => event !== 'answer-step').slice(0, 2)).toEqual(['answer-start', 'passages-found'])
    expect(order.at(-1)).toBe('answer-end')
    expect(new Set(order.slice(1, -1))).toEqual(new Set(['answer-step', 'passages-found', 'text-delta', 'citation-found', 'sentence-checked']))
    const [start, last] = [seen[0]?.data, seen.at(-1)?.data]
    expect(start).toMatchObject({ mode: 'lexical', writer: 'extractive' })
    expect(last).toMatchObject({ answered: true, text: seen.flatMap(({ event, data }) => (event === 'text-delta' ? [data.text] : [])).join('') })
    expect(last.text).toContain('three horn signals')
    expect(last.citations).toEqual(seen.flatMap(({ event, data }) => (event === 'citation-found' ? [data.citation] : [])))
    const cited = last.citations.find((citation: Json) => citation.quote.includes('three horn signals'))
    expect(cited).toMatchObject({ name: 'pit.pdf', page: 2, verdict: 'verified', reason: null })
    for (const { document_id, start: from, end, quote, verdict, page } of last.citations) {
      expect(verdict).toBe('verified')
      const range = await json(server.send('GET', `/api/v1/databases/everything/documents/${document_id}/text?start=${from}&end=${end}`))
      expect(range.text).toBe(quote)
      if (page !== null) expect(range.pages.map((one: Json) => one.number)).toContain(page)
    }
    const none = await events('POST', '/api/v1/databases/everything/ask', { question: 'Who won the chess olympiad?' })
    expect(none.at(-1)).toMatchObject({ event: 'answer-end', data: { answered: false, citations: [] } })
  })

  test('tells why a document is, or is not, among the results', async () => {
    const why = (body: object): Promise<Json> => json(server.send('POST', '/api/v1/databases/everything/why', body))
    expect(await why({ query: 'granite quarry', document: 'pit.pdf' })).toMatchObject({ reason: 'found', rank: 1, external_id: 'pit.pdf' })
    expect((await why({ query: 'zebra', document: 'pit.pdf' })).reason).toBe('nothing-in-common')
    const filtered = await why({ query: 'granite', document: 'pit.pdf', filter: "@media_type = 'text/markdown'" })
    expect(filtered.reason).toBe('filtered-out')
    expect(filtered.conditions[0].has).toEqual(['application/pdf'])
  })

  test('a preview shows the same chunks and keeps nothing', async () => {
    const before = (await documentsOf('everything')).length
    const form = new FormData()
    form.append('chunk_size', '128')
    form.append('file', new Blob([await pdfOf(PAGES)]), 'pit.pdf')
    const shown = await json(server.send('POST', '/api/v1/preview', form))
    expect(shown).toMatchObject({ media_type: 'application/pdf', pages: 3 })
    const { chunks } = await json(server.send('GET', '/api/v1/databases/everything/documents/pit.pdf/chunks'))
    expect(shown.chunks.map((chunk: Json) => [chunk.text, chunk.start, chunk.end])).toEqual(chunks.map((chunk: Json) => [chunk.text, chunk.start, chunk.end]))
    expect((await documentsOf('everything')).length).toBe(before)
    const locked = new FormData()
    locked.append('file', new Blob([await pdfOf(PAGES, { password: 'secret' })]), 'locked.pdf')
    expect((await json(server.send('POST', '/api/v1/preview', locked), 422)).error.code).toBe('document/encrypted')
  })
})

test('files that cannot be read fail with their reasons, and never stop the others', async () => {
  const whole = await pdfOf(Array.from({ length: 40 }, (_, index) => `Page ${index} of a long report. `.repeat(40)))
  await json(server.send('POST', '/api/v1/databases', { name: 'broken' }), 201)
  const taken = await addFiles('broken', [
    { name: 'good.txt', content: 'The kiln burns at night.' },
    { name: 'locked.pdf', content: await pdfOf(PAGES, { password: 'secret' }) },
    { name: 'cut.docx', content: zipOf({ 'word/document.xml': '<w:document/>' }).subarray(0, 60) },
    { name: 'cut.pdf', content: whole.subarray(0, Math.floor(whole.length / 3)) },
    { name: 'blank.txt', content: ' \n\n \n' },
    { name: 'bomb.docx', content: inflatingDocx(120) },
    { name: 'program.pdf', content: noise(4000) },
    { name: 'nothing.txt', content: '' },
  ])
  expect(taken.refused.map((one: Json) => [one.name, one.error.code])).toEqual([['nothing.txt', 'document/empty']])
  await server.idle('broken')
  const outcome = new Map((await documentsOf('broken')).map(({ name, state, error }) => [name, error?.code ?? state]))
  expect(Object.fromEntries(outcome)).toEqual({
    'good.txt': 'ready',
    'locked.pdf': 'document/encrypted',
    'cut.docx': 'document/truncated',
    'cut.pdf': 'document/truncated',
    'blank.txt': 'document/empty',
    'bomb.docx': 'document/hostile',
    'program.pdf': 'document/unsupported',
  })
  const status = await json(server.send('GET', '/api/v1/database/broken/status'))
  expect(status.status).toBe('ready')
  expect(status.failed.map((one: Json) => one.name).sort()).toEqual([...outcome.keys()].filter((name) => name !== 'good.txt').sort())
  for (const { error } of status.failed) expect(error.message.length + error.hint.length).toBeGreaterThan(40)
  expect((await query('broken', { query: 'kiln' })).results).toHaveLength(1)
  // The failed one, repaired under its name, is read.
  expect((await addFiles('broken', [{ name: 'cut.pdf', content: whole }])).documents[0].outcome).toBe('updated')
  await server.idle('broken')
  expect((await query('broken', { query: 'page 7 of a long report', filter: { '@name': 'cut.pdf' } })).results.length).toBeGreaterThan(0)
})

test('metadata filters hits, as JSON and as text, with built-in fields; changing it needs no new reading', async () => {
  await json(server.send('POST', '/api/v1/databases', { name: 'filtered' }), 201)
  const texts = { a: { year: 2021, team: 'pit', tags: ['stone', 'dust'] }, b: { year: 2024, team: 'office' }, c: { year: 2026, team: 'pit', draft: true } }
  await addFiles(
    'filtered',
    Object.entries(texts).map(([name, metadata]) => ({ name: `${name}.txt`, content: `The shift plan of document ${name}.`, externalId: name, metadata })),
  )
  await add('filtered', { text: 'The shift plan of document d.', name: 'd.txt', external_id: 'd' })
  await server.idle('filtered')
  const found = async (filter: unknown) =>
    (await query('filtered', { query: 'shift plan', n_results: 20, filter })).results.map((one: Json) => one.external_id).sort()
  for (const [as, text, expected] of [
    [{ year: { $gte: 2024 } }, 'year >= 2024', ['b', 'c']],
    [{ team: 'pit', year: { $lt: 2025 } }, "team = 'pit' and year < 2025", ['a']],
    [{ $or: [{ tags: 'dust' }, { draft: true }] }, "tags = 'dust' or draft = true", ['a', 'c']],
    [{ $not: { team: 'pit' } }, "not team = 'pit'", ['b', 'd']],
    [{ year: { $exists: false } }, 'not year exists', ['d']],
    [{ '@external_id': { $in: ['a', 'd'] } }, "@external_id in ('a', 'd')", ['a', 'd']],
    [{ '@name': { $contains: 'b.' } }, "@name contains 'b.'", ['b']],
  ] as const) {
    expect([as, await found(as)]).toEqual([as, expected])
    expect([text, await found(text)]).toEqual([text, expected])
  }
  for (const filter of ['year >', { year: { $near: 1 } }, { '@nothing': 1 }]) {
    expect((await json(server.send('POST', '/api/v1/database/filtered/query', { query: 'x', filter }), 400)).error.code).toBe('filter/invalid')
  }
  const changed = await json(server.send('PATCH', '/api/v1/databases/filtered/documents/d', { metadata: { year: 2030 } }))
  expect(changed).toMatchObject({ metadata: { year: 2030 }, revision: 1 })
  expect(await found('year > 2026')).toEqual(['d'])
})

test('the same again changes nothing; other content is an update whose former revision answers until then', async () => {
  await json(server.send('POST', '/api/v1/databases', { name: 'updated' }), 201)
  const first = { name: 'rules.txt', content: 'Helmets are orange in the northern pit.', externalId: 'rules' }
  const [created] = (await addFiles('updated', [first])).documents
  await server.idle('updated')
  const [again] = (await addFiles('updated', [first])).documents
  expect(again).toMatchObject({ outcome: 'unchanged', job_id: null, document: { id: created.document.id, revision: 1 } })
  const [labelled] = (await addFiles('updated', [{ ...first, metadata: { year: 2026 } }])).documents
  expect(labelled).toMatchObject({ outcome: 'relabelled', document: { revision: 1, live_revision: 1 } })
  expect((await query('updated', { query: 'helmets', filter: 'year = 2026' })).results).toHaveLength(1)

  // A long one, so that the update takes a while; the former one answers all along, then never again.
  const long = Array.from({ length: 3000 }, (_, index) => `Rule ${index}: helmets are violet in the southern pit.`).join('\n\n')
  const [updated] = (await addFiles('updated', [{ ...first, content: long }])).documents
  expect(updated).toMatchObject({ outcome: 'updated', document: { revision: 2, live_revision: 1 } })
  const seen: string[] = []
  for (let live = 1; live !== 2; ) {
    const { results } = await query('updated', { query: 'helmets pit', n_results: 1 })
    seen.push(/orange|violet/.exec(results[0].text)?.[0] ?? 'neither')
    live = (await json(server.send('GET', '/api/v1/databases/updated/documents/rules'))).live_revision
  }
  // A machine that is busy may be asked for the first time when the update is through.
  if (seen.length > 1) expect(seen[0]).toBe('orange')
  expect(seen.filter((colour) => colour === 'neither')).toEqual([])
  expect(seen.lastIndexOf('orange')).toBeLessThan(seen.includes('violet') ? seen.indexOf('violet') : seen.length)
  await server.idle('updated')
  expect((await query('updated', { query: 'orange northern', n_results: 50 })).results.filter((one: Json) => one.text.includes('orange'))).toEqual([])
  expect((await documentsOf('updated')).length).toBe(1)
})

test('a request with an Idempotency-Key takes effect once', async () => {
  const key = { 'idempotency-key': 'once-1' }
  const make = (name: string) => server.send('POST', '/api/v1/databases', { name }, key)
  const first = await json(make('once'), 201)
  expect(await json(make('once'), 201)).toEqual(first)
  expect((await json(make('twice'), 409)).error.code).toBe('request/idempotency-conflict')
  expect((await json(server.send('POST', '/api/v1/databases', { name: 'once' }), 409)).error.code).toBe('database/exists')
  const upload = () =>
    server.send('POST', '/api/v1/databases/once/documents', formOf({}, [{ name: 'a.txt', content: 'Once only.' }]), { 'idempotency-key': 'once-2' })
  const sent = await json(upload(), 202)
  expect(await json(upload(), 202)).toEqual(sent)
  await server.idle('once')
  expect((await documentsOf('once')).length).toBe(1)
})

test('the entries of an archive are documents of their own, whatever their paths; they change and go with it', async () => {
  await json(server.send('POST', '/api/v1/databases', { name: 'archived' }), 201)
  const inner = zipOf({ 'deep.txt': 'The innermost note names the marten.' })
  const files = { 'reports/2026/one.txt': 'The first report names the badger.', 'two.md': '# Two\n\nThe second report names the otter.', 'inner.zip': inner }
  await addFiles('archived', [{ name: 'all.zip', content: zipOf(files), metadata: { year: 2026 } }])
  await server.idle('archived')
  const find = async (word: string) => (await query('archived', { query: word, n_results: 20 })).results.filter((one: Json) => one.text.includes(word))
  expect((await find('badger'))[0]).toMatchObject({ external_id: 'all.zip!/reports/2026/one.txt', metadata: { year: 2026 } })
  expect(await find('marten')).toHaveLength(1)
  const archive = (await documentsOf('archived')).find((one) => one.name === 'all.zip')
  expect(archive).toMatchObject({ state: 'archive', chunks: 0 })

  await addFiles('archived', [{ name: 'all.zip', content: zipOf({ 'two.md': '# Two\n\nThe second report names the heron.' }) }])
  await server.idle('archived')
  expect([await find('badger'), await find('otter'), await find('marten')]).toEqual([[], [], []])
  expect(await find('heron')).toHaveLength(1)

  // An upload of plain text under the same id takes the entries with it, and the other way round.
  await addFiles('archived', [{ name: 'all.txt', externalId: 'all.zip', content: 'No archive any more, says the lynx.' }])
  await server.idle('archived')
  expect([(await find('heron')).length, (await find('lynx')).length, (await documentsOf('archived')).length]).toEqual([0, 1, 1])
  await addFiles('archived', [{ name: 'all.zip', content: zipOf(files) }])
  await server.idle('archived')
  expect([(await find('lynx')).length, (await find('badger')).length, (await find('marten')).length]).toEqual([0, 1, 1])

  await json(server.send('DELETE', '/api/v1/databases/archived/documents/all.zip'), 202)
  expect([await find('badger'), await find('otter'), await find('marten')]).toEqual([[], [], []])
  await server.idle('archived')
  expect(await documentsOf('archived')).toEqual([])

  await addFiles('archived', [{ name: 'evil.zip', content: zipOf({ '../../escape.txt': 'The fox escapes.', '/absolute.txt': 'The wolf is absolute.' }) }])
  await server.idle('archived')
  const evil = await documentsOf('archived')
  expect(evil.find((one) => one.name === 'evil.zip')?.state).toMatch(/archive|failed/)
  for (const { external_id } of evil) expect(external_id.replace('evil.zip!/', '').split('/')).not.toContain('..')
  expect(existsSync(join(folder, '..', 'escape.txt')) || existsSync('/absolute.txt')).toBe(false)
})

test('what was deleted is found by nobody, and its files go', async () => {
  const { id } = await json(server.send('POST', '/api/v1/databases', { name: 'deleted' }), 201)
  await addFiles('deleted', [
    { name: 'keep.txt', content: 'The crane stays here.' },
    { name: 'drop.txt', content: 'The crane leaves tomorrow.' },
  ])
  await server.idle('deleted')
  await json(server.send('DELETE', '/api/v1/databases/deleted/documents/drop.txt'), 202)
  expect((await query('deleted', { query: 'crane', n_results: 9 })).results.map((one: Json) => one.name)).toEqual(['keep.txt'])
  for (const path of ['', '/text', '/chunks', '/content']) await json(server.send('GET', `/api/v1/databases/deleted/documents/drop.txt${path}`), 404)
  await server.idle('deleted')
  const { job } = await json(server.send('DELETE', '/api/v1/databases/deleted'), 202)
  for (const path of ['/api/v1/databases/deleted', `/api/v1/database/${id}/status`]) await json(server.send('GET', path), 404)
  await json(server.send('POST', '/api/v1/database/deleted/query', { query: 'crane' }), 404)
  const ended = await events('GET', `/api/v1/jobs/${job.id}/events`)
  expect(ended.at(-1)).toMatchObject({ event: 'ended', data: { state: 'done' } })
  expect(readdirSync(join(folder, 'databases'))).not.toContain(id)
  await json(server.send('POST', '/api/v1/databases', { name: 'deleted' }), 201)
  expect((await query('deleted', { query: 'crane' })).results).toEqual([])
})

test.skipIf(!hasCollected)('collected documents of many formats are found by a phrase of theirs', { timeout: 180_000 }, async () => {
  await json(server.send('POST', '/api/v1/databases', { name: 'collected' }), 201)
  const rows = readFileSync(join(COLLECTED, 'manifest.tsv'), 'utf8').trim().split('\n').slice(1)
  const wanted = rows
    .map((row) => row.split('\t'))
    .filter(
      ([, kind = '', size = '0', , , phrase = '', expected]) =>
        expected === 'text' && phrase !== 'none' && !/image|ocr|scan/i.test(kind) && Number(size) < 300_000,
    )
  const chosen = wanted.filter((_, index) => index % 3 === 0)
  await addFiles(
    'collected',
    chosen.map(([file = '']) => ({ name: basename(file), content: readFileSync(join(COLLECTED, file)) })),
  )
  await server.idle('collected')
  const missed: string[] = []
  for (const [file = '', , , , , phrase = ''] of chosen) {
    const { results } = await query('collected', { query: phrase, n_results: 3 })
    if (!results.some((one: Json) => one.name === basename(file))) missed.push(file)
    await expectSlices('collected', results)
  }
  console.info(`collected documents: ${chosen.length}, not found by their phrase: ${missed.join(', ') || 'none'}`)
  expect(missed).toEqual([])
})
