import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { BODY_LENGTH, type Ended, type Opened, openBody, openStream } from '../../test/open-requests.ts'
import { outsideAuth, SHARED_SECRET } from '../../test/outside-tokens.ts'
import { bearer, person } from '../../test/people-fixture.ts'
import { serverForTest, type TestServer } from '../../test/server-fixture.ts'
import { belongingsOf } from '../../test/tenants.ts'
import { type Grip, WAYS_OUT, type Way } from '../../test/ways-out.ts'
import type { AnswerEvent } from '../domain/answer.ts'

// Whoever is put out is out within a second, by every way and on every kind of request that may be open then: streams that
// are silent and streams that talk, files on their way in, bodies that are slow to come.

const TIMES = 5
const SECOND = 1000
const counted = { ways: 0, ended: 0, refused: 0, kept: 0, slowest: 0 }

/** Talks on and on, or falls silent; either never ends, and hears of nothing. */
async function* endless(question: string): AsyncGenerator<AnswerEvent> {
  yield { type: 'answer-start', mode: { mode: 'lexical' }, writer: 'extractive', traceId: '0'.repeat(32) }
  for (;;) {
    yield { type: 'text-delta', text: 'on and on ' }
    await new Promise((resolve) => (question.startsWith('talk') && !over ? setTimeout(resolve, 40) : undefined))
  }
}
let over = false

let server: TestServer
const late = lateness()
beforeAll(async () => {
  const outside = outsideAuth()
  server = await serverForTest({
    environment: { JWT_SECRET: SHARED_SECRET },
    world: { auth: outside.auth },
    flows: {
      ask: (_world, _caller, _id, { question }) => endless(question),
      askSeveral: (_world, _places, { question }) => endless(question),
    },
  })
  outside.bind(server.world)
})
afterAll(async () => {
  over = true
  late.stop()
  await server.stop()
})

/** How late the timers of this process were, in ms: a machine that is busy with other things is not our fault. */
function lateness() {
  const all: { readonly at: number; readonly by: number }[] = []
  let before = Date.now()
  const timer = setInterval(() => {
    const at = Date.now()
    all.push({ at, by: at - before - 20 })
    before = at
  }, 20)
  return {
    since: (moment: number) => all.reduce((worst, { at, by }) => (at >= moment && by > worst ? by : worst), 0),
    stop: () => clearInterval(timer),
  }
}

type Kind = 'stream' | 'write'
interface Channel {
  readonly name: string
  readonly kind: Kind
  readonly opened: Opened
}

const JSON_TYPE = { 'content-type': 'application/json' }
const FORM = { 'content-type': 'multipart/form-data; boundary=x' }
const PIECE = { 'content-type': 'application/offset+octet-stream' }
const QUESTION_BEGUN = '{"question":'
const FORM_BEGUN = '--x\r\nContent-Disposition: form-data; name="files"; filename="half-done.txt"\r\nContent-Type: text/plain\r\n\r\nthe first half of it'

async function channelsOf({ headers, things }: Grip, kind: Way['kind']): Promise<readonly Channel[]> {
  const { databaseId, jobId, publicationId } = things
  const { address } = server
  const stream = async (name: string, method: string, path: string, content?: object): Promise<Channel> => {
    const body = content === undefined ? {} : { body: JSON.stringify(content) }
    return { name, kind: 'stream', opened: await openStream(address, { method, path, headers, ...body }) }
  }
  const write = async (name: string, method: string, path: string, type: Record<string, string>, body: string): Promise<Channel> => ({
    name,
    kind: 'write',
    opened: await openBody(address, { method, path, headers: { ...headers, ...type }, body }),
  })
  if (kind === 'visitor') {
    const path = `/api/v1/public/${publicationId}/ask`
    return Promise.all([
      stream('publicAsk, silent', 'POST', path, { question: 'silent' }),
      stream('publicAsk, talking', 'POST', path, { question: 'talk' }),
      write('publicAsk, slow body', 'POST', path, JSON_TYPE, QUESTION_BEGUN),
    ])
  }
  const base = `/api/v1/databases/${databaseId}`
  return Promise.all([
    stream('ask, silent', 'POST', `${base}/ask`, { question: 'silent' }),
    stream('ask, talking', 'POST', `${base}/ask`, { question: 'talk' }),
    stream('askSeveral, silent', 'POST', '/api/v1/ask', { question: 'silent', databases: [databaseId] }),
    stream('askSeveral, talking', 'POST', '/api/v1/ask', { question: 'talk', databases: [databaseId] }),
    stream('databaseEvents', 'GET', `${base}/events`),
    stream('jobEvents', 'GET', `/api/v1/jobs/${jobId}/events`),
    write('addDocuments, form', 'POST', `${base}/documents`, FORM, FORM_BEGUN),
    write('addDocuments, slow body', 'POST', `${base}/documents`, JSON_TYPE, '{"text":"the first half of it","name":"half-'),
    write('sendPiece', 'PATCH', `${base}/uploads/${await uploadOf({ headers, things })}?offset=0`, PIECE, 'half'),
  ])
}

/** An upload of whoever holds the credential. */
async function uploadOf({ headers, things }: Pick<Grip, 'headers' | 'things'>): Promise<string> {
  const body = JSON.stringify({ name: 'half-done.bin', size: 1_000_000 })
  const reply = await fetch(`${server.address}/api/v1/databases/${things.databaseId}/uploads`, {
    method: 'POST',
    headers: { ...ownOrigin(headers), ...JSON_TYPE },
    body,
  })
  expect(reply.status).toBe(201)
  return (JSON.parse(await reply.text()) as { id: string }).id
}

/** The raw requests name the host without a port; `fetch` names it as it is. */
function ownOrigin(headers: Grip['headers']): Record<string, string> {
  return { ...headers, ...(headers.origin === undefined ? {} : { origin: server.address }) }
}

async function nextRequest({ headers, things }: Grip, kind: Way['kind'], left: Way['left']): Promise<Response> {
  if (kind === 'visitor') return fetch(`${server.address}/api/v1/public/${things.publicationId}/conversations`, { headers })
  const path = `${server.address}/api/v1/databases/${things.databaseId}`
  if (left === 'nothing') return fetch(path, { headers: ownOrigin(headers) })
  return fetch(`${path}/documents`, { method: 'POST', headers: { ...ownOrigin(headers), ...JSON_TYPE }, body: '{"text":"x","name":"half-done.txt"}' })
}

const OUT = /^(?:auth\/(?:invalid|required|forbidden)|(?:database|job|publication|upload)\/not-found)$/

function expectOut({ name, kind, opened: _ }: Channel, text: string, where: string): void {
  if (kind === 'stream') {
    const events = [...text.matchAll(/\nevent: (\S+)\r?\ndata: (.*)/g)].map(([, event = '', data = '']) => ({ event, data }))
    // A job that was given up with its database ends as it always does.
    if (events.at(-1)?.event === 'ended') return
    const failures = events.filter(({ event }) => /error$|^failed$/.test(event))
    expect(failures, `${where}: terminal events`).toHaveLength(1)
    expect(events.at(-1), where).toBe(failures[0])
    expect((JSON.parse(failures[0]?.data ?? '{}') as { error: { code: string } }).error.code, where).toMatch(OUT)
    return
  }
  const reply = text.replace(/^HTTP\/1\.1 100 Continue\r\n\r\n/, '')
  if (reply === '') return // it was cut
  expect(reply, `${where}, ${name}`).toMatch(/^HTTP\/1\.1 4\d\d /)
  expect(/"code":"([^"]+)"/.exec(reply)?.[1] ?? '', where).toMatch(OUT)
}

/** What does not end by itself is ended, so that it can be told. */
async function endOf(opened: Opened): Promise<Ended> {
  const timer = setTimeout(() => opened.close(), 5000)
  const ended = await opened.ended
  clearTimeout(timer)
  return ended
}

async function once(way: Way): Promise<void> {
  const grip = await way.make(server)
  const channels = await channelsOf(grip, way.kind)
  for (const { name, opened } of channels) expect(opened.isOpen(), `${way.name}, ${name}`).toBe(true)
  const gone = await grip.takeAway()
  const next = await nextRequest(grip, way.kind, way.left)
  expect([401, 403, 404], `${way.name}: the next request`).toContain(next.status)
  counted.refused += 1
  const [stay, go] = [
    channels.filter(({ kind }) => way.left === 'reading' && kind === 'stream'),
    channels.filter(({ kind }) => way.left === 'nothing' || kind === 'write'),
  ]
  if (way.untilBody) for (const { name, opened } of go) if (/body/.test(name)) opened.send('"too late"}'.padEnd(BODY_LENGTH - QUESTION_BEGUN.length))
  await Promise.all(
    go.map(async (channel) => {
      const where = `${way.name}, ${channel.name}`
      const { at, text } = await endOf(channel.opened)
      const took = at - gone
      expect(took, `${where}: ms until it ended`).toBeLessThan(SECOND + late.since(gone))
      expectOut(channel, text, where)
      counted.ended += 1
      counted.slowest = Math.max(counted.slowest, took)
    }),
  )
  if (stay.length > 0) await new Promise((resolve) => setTimeout(resolve, gone + 600 - Date.now()))
  for (const { name, opened } of stay) {
    expect(opened.isOpen(), `${way.name}, ${name} goes on`).toBe(true)
    counted.kept += 1
    opened.close()
  }
  const rows = server.file.all("SELECT id FROM documents WHERE database_id = ? AND (name LIKE 'half-%')", grip.things.databaseId)
  expect(rows, `${way.name}: documents that were half done`).toEqual([])
}

describe('put out', () => {
  test.each(WAYS_OUT.map((way) => [way.name, way] as const))('%s', async (_, way) => {
    counted.ways += 1
    await Promise.all(Array.from({ length: TIMES }, () => once(way)))
  })

  test('is counted', () => {
    console.log(`revocation: ${JSON.stringify(counted)}, ${TIMES} times each`)
    expect(counted.ways).toBe(WAYS_OUT.length)
    expect(counted.ended).toBeGreaterThan(1000)
    // Of what was on its way nothing is left.
    for (const { parentPath, name } of server.stored()) expect(readFileSync(join(parentPath, name), 'utf8')).toMatch(/^text mark/)
  })
})

test('of several databases that are asked one is enough to end the answer', async () => {
  const [mine, theirs] = await Promise.all([person(server.world, 'member'), person(server.world, 'member')])
  const [own, other] = await Promise.all([belongingsOf(server.world, mine), belongingsOf(server.world, theirs)])
  await server.world.catalog.share(theirs.account.id, other.databaseId, mine.account.id, 'read')
  const body = JSON.stringify({ question: 'silent', databases: [own.databaseId, other.databaseId] })
  const stream = await openStream(server.address, { method: 'POST', path: '/api/v1/ask', headers: bearer(mine.token), body })
  await server.world.catalog.unshare(theirs.account.id, other.databaseId, mine.account.id)
  const gone = Date.now()
  const { at, text } = await endOf(stream)
  expect(at - gone).toBeLessThan(SECOND + late.since(gone))
  expectOut({ name: 'askSeveral', kind: 'stream', opened: stream }, text, 'askSeveral')
})

test('an answer to a visitor ends when its chat opens another database', async () => {
  const who = await person(server.world, 'member')
  const [things, other] = await Promise.all([belongingsOf(server.world, who), belongingsOf(server.world, who)])
  const path = `/api/v1/public/${things.publicationId}/ask`
  const stream = await openStream(server.address, { method: 'POST', path, headers: bearer(things.visitorToken), body: '{"question":"silent"}' })
  await server.world.publications.updatePublication(who.account.id, things.publicationId, { databaseIds: [other.databaseId] })
  const gone = Date.now()
  const { at, text } = await endOf(stream)
  expect(at - gone).toBeLessThan(SECOND + late.since(gone))
  expectOut({ name: 'publicAsk', kind: 'stream', opened: stream }, text, 'publicAsk')
})
