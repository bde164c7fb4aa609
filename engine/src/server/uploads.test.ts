import { createHash, randomBytes } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bearer, keyFor, type Person, person } from '../../test/people-fixture.ts'
import { json, serverForTest, type TestServer } from '../../test/server-fixture.ts'

let server: TestServer
let owner: Person
let database: string
beforeAll(async () => {
  server = await serverForTest({ environment: { MAX_UPLOAD_MIB: '1', REQUEST_TIMEOUT_SECONDS: '1' } })
  owner = await person(server.world, 'member')
  database = await newDatabase(owner)
})
afterAll(() => server.stop())

const PIECE = { 'content-type': 'application/offset+octet-stream' }
const kept = () => readdirSync(join(server.folder, 'uploads')).sort()
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

function post(path: string, body: unknown, token = owner.token, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(server.address + path, {
    method: 'POST',
    headers: { ...bearer(token), 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })
}
async function newDatabase({ token }: Pick<Person, 'token'>): Promise<string> {
  return (await json(await post('/api/v1/databases', { name: `db ${randomBytes(6).toString('hex')}` }, token))).id
}
const uploadsOf = (id: string) => `/api/v1/databases/${id}/uploads`
async function begin(change: Record<string, unknown> = {}, token = owner.token, id = database): Promise<{ readonly id: string; readonly path: string }> {
  const reply = await post(uploadsOf(id), { name: 'a.bin', size: 1000, ...change }, token)
  if (reply.status !== 201) throw new Error(await reply.text())
  const { id: upload } = await json(reply)
  return { id: upload, path: `${uploadsOf(id)}/${upload}` }
}
function piece(
  path: string,
  offset: number | string,
  bytes: Uint8Array<ArrayBuffer>,
  headers: Record<string, string> = PIECE,
  token = owner.token,
): Promise<Response> {
  return fetch(`${server.address}${path}?offset=${offset}`, { method: 'PATCH', headers: { ...bearer(token), ...headers }, body: bytes })
}
const call = (method: string, path: string, token = owner.token) => fetch(server.address + path, { method, headers: bearer(token) })
const told = async (reply: Response) => [reply.status, (await json(reply)).error?.code]

/** Sends the head of a piece and some of its bytes; then the test goes on with the socket. */
async function startPiece(
  path: string,
  offset: number,
  length: number,
  bytes: Buffer,
  token = owner.token,
): Promise<{ readonly socket: Socket; readonly reply: Promise<string> }> {
  const { port, hostname } = new URL(server.address)
  const socket = connect(Number(port), hostname)
  let text = ''
  socket.on('data', (some) => {
    text += some
  })
  socket.on('error', () => undefined)
  const reply = new Promise<string>((resolve) => socket.once('close', () => resolve(text)))
  const head = `PATCH ${path}?offset=${offset} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/offset+octet-stream\r\nContent-Length: ${length}\r\n\r\n`
  await new Promise<void>((resolve) => socket.write(Buffer.concat([Buffer.from(head), bytes]), () => resolve()))
  return { socket, reply }
}
const offsetOf = async (path: string) => (await json(await call('GET', path))).offset
/** Waits until a piece is being written. */
const arriving = (path: string) =>
  expect.poll(() => kept().some((name) => name.endsWith('.bytes') && path.endsWith(name.slice(0, -'.bytes'.length)))).toBe(true)

describe('from the beginning to the end', () => {
  test('a file in three pieces becomes a document as it was told', async () => {
    const bytes = randomBytes(1000)
    const { id, path } = await begin({ name: 'folder/ä.pdf', media_type: 'application/pdf', external_id: 'leave', title: 'Leave', metadata: { year: 2026 } })
    expect(await json(await call('GET', path))).toMatchObject({
      id,
      database_id: database,
      name: 'folder/ä.pdf',
      size: 1000,
      offset: 0,
      state: 'open',
      document_id: null,
    })
    for (const [from, to] of [
      [0, 400],
      [400, 401],
      [401, 1000],
    ] as const) {
      const reply = await piece(path, from, bytes.subarray(from, to))
      expect([reply.status, (await json(reply)).offset]).toEqual([200, to])
    }
    const reply = await post(`${path}/finish`, {})
    expect(reply.status).toBe(202)
    const { documents, refused } = await json(reply)
    expect(refused).toEqual([])
    expect(documents).toMatchObject([
      {
        outcome: 'created',
        document: {
          external_id: 'leave',
          title: 'Leave',
          media_type: 'application/pdf',
          metadata: { year: 2026 },
          sha256: sha256(bytes),
          name: 'folder/ä.pdf',
        },
      },
    ])
    expect(typeof documents[0].job_id).toBe('string')
    const again = await json(await post(`${path}/finish`, {}))
    expect(again.documents[0]).toMatchObject({ outcome: 'created', job_id: documents[0].job_id, document: { id: documents[0].document.id } })
    expect(await json(await call('GET', path))).toMatchObject({ state: 'finished', document_id: documents[0].document.id })
    expect(await told(await piece(path, 1000, randomBytes(1)))).toEqual([404, 'upload/not-found'])
    expect(kept().filter((name) => name.startsWith(id))).toEqual([`${id}.json`])
  })

  test('many that finish at once make one document', async () => {
    const { path } = await begin({ size: 5, external_id: 'crowd' })
    await piece(path, 0, Buffer.from('crowd'))
    const replies = await Promise.all(Array.from({ length: 8 }, async () => json(await post(`${path}/finish`, {}))))
    expect(new Set(replies.map((reply) => JSON.stringify([reply.documents[0].document.id, reply.documents[0].outcome]))).size).toBe(1)
  })

  test('an upload that is not complete is not taken in; one without content is refused and gone', async () => {
    const { path } = await begin({ size: 5 })
    await piece(path, 0, Buffer.from('four'))
    const early = await post(`${path}/finish`, {})
    expect([early.status, (await json(early)).error]).toMatchObject([409, { code: 'upload/offset', facts: { offset: 4 }, retry: true }])
    expect((await call('DELETE', path)).status).toBe(200)
    expect(await told(await call('DELETE', path))).toEqual([404, 'upload/not-found'])
    const empty = await begin({ size: 0 })
    expect(await told(await post(`${empty.path}/finish`, {}))).toEqual([422, 'document/empty'])
    expect(await told(await call('GET', empty.path))).toEqual([404, 'upload/not-found'])
  })

  test('the fingerprint finds the open upload; the limit for files counts at the beginning', async () => {
    const known = { fingerprint: 'sha256-of-the-beginning', size: 10 }
    const first = await begin(known)
    await piece(first.path, 0, Buffer.from('abc'))
    const second = await json(await post(uploadsOf(database), { name: 'a.bin', ...known }))
    expect(second).toMatchObject({ id: first.id, offset: 3 })
    await call('DELETE', first.path)
    const large = await post(uploadsOf(database), { name: 'large', size: 1_048_577 })
    expect([large.status, (await json(large)).error]).toMatchObject([413, { code: 'request/too-large', facts: { limit: 1, unit: 'MiB' } }])
  })

  test.each([
    [{ size: 1 }],
    [{ name: '', size: 1 }],
    [{ name: 'x' }],
    [{ name: 'x', size: -1 }],
    [{ name: 'x', size: 1.5 }],
    [{ name: 'x', size: '1' }],
    [{ name: 'x', size: 2 ** 53 }],
    [{ name: 'x', size: 1, offset: 1 }],
    [{ name: 'x', size: 1, id: `up_${'0'.repeat(32)}` }],
    [{ name: 'x', size: 1, account_id: 'owner' }],
    [{ name: 'x', size: 1, media_type: 'text/html\r\nx: y' }],
    [{ name: 'x', size: 1, fingerprint: '' }],
    [{ name: 'x', size: 1, fingerprint: 'a b' }],
    [{ name: 'x', size: 1, metadata: { a: { b: 1 } } }],
    [{ name: 'x', size: 1, external_id: '' }],
  ])('%j begins nothing', async (body) => {
    const before = kept()
    expect(await told(await post(uploadsOf(database), body))).toEqual([400, 'request/invalid'])
    expect(kept()).toEqual(before)
  })
})

describe('pieces that are wrong', () => {
  test('another content type, none, a compressed one, no offset and offsets that are none', async () => {
    const { id, path } = await begin()
    const bytes = randomBytes(10)
    for (const type of ['application/octet-stream', 'application/json', 'text/plain', 'multipart/form-data; boundary=x', 'application/offset+octet-stream2']) {
      expect(await told(await piece(path, 0, bytes, { 'content-type': type })), type).toEqual([415, 'request/unsupported-type'])
    }
    expect(await told(await piece(path, 0, bytes, {}))).toEqual([415, 'request/unsupported-type'])
    expect(await told(await piece(path, 0, bytes, { ...PIECE, 'content-encoding': 'gzip' }))).toEqual([415, 'request/unsupported-type'])
    for (const offset of ['', '-1', '1.5', '0x1', 'NaN', '1e3', '9'.repeat(16), '0&offset=1', '0&more=1', '٣']) {
      expect(await told(await piece(path, offset, bytes)), offset).toEqual([400, 'request/invalid'])
    }
    const bare = await fetch(server.address + path, { method: 'PATCH', headers: { ...bearer(owner.token), ...PIECE }, body: bytes })
    expect(await told(bare)).toEqual([400, 'request/invalid'])
    expect(await offsetOf(path)).toBe(0)
    expect(kept().filter((name) => name.startsWith(id))).toEqual([`${id}.json`])
  })

  test('another offset is told the right one, a huge one too; a piece without bytes changes nothing', async () => {
    const { path } = await begin()
    await piece(path, 0, randomBytes(100))
    for (const offset of [0, 99, 101, 999_999_999_999_999]) {
      const reply = await piece(path, offset, randomBytes(10))
      expect([reply.status, (await json(reply)).error]).toMatchObject([409, { code: 'upload/offset', facts: { offset: 100 } }])
    }
    const empty = await call('PATCH', `${path}?offset=100`)
    expect([empty.status, (await json(empty)).offset]).toEqual([200, 100])
    await call('DELETE', path)
  })

  test('a piece beyond the size is refused whole, and its sender hears so while it still sends', async () => {
    const { path } = await begin()
    expect(await told(await piece(path, 0, randomBytes(900_000)))).toEqual([413, 'request/too-large'])
    expect(await told(await piece(path, 0, randomBytes(1001)))).toEqual([413, 'request/too-large'])
    expect(await offsetOf(path)).toBe(0)
    expect((await piece(path, 0, randomBytes(1000))).status).toBe(200)
    expect(await told(await piece(path, 1000, randomBytes(1)))).toEqual([413, 'request/too-large'])
    await call('DELETE', path)
  })

  test('a piece in chunks of unknown length is taken like any other', async () => {
    const { path } = await begin()
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        for (const part of ['ab', 'c', 'def']) controller.enqueue(Buffer.from(part))
        controller.close()
      },
    })
    const init = { method: 'PATCH', headers: { ...bearer(owner.token), ...PIECE }, body, duplex: 'half' }
    const reply = await fetch(`${server.address}${path}?offset=0`, init as RequestInit)
    expect([reply.status, (await json(reply)).offset]).toEqual([200, 6])
    await call('DELETE', path)
  })
})

describe('connections that break', () => {
  test('two hundred aborted pieces keep what came in and leave nothing else; the upload goes on', async () => {
    const before = kept()
    const bytes = randomBytes(1000)
    const { id, path } = await begin()
    // Until the server has noticed that the last connection is gone, the upload is busy.
    const goOn = async (toTheEnd: boolean) => {
      const from = await offsetOf(path)
      return (await piece(path, from, bytes.subarray(from, toTheEnd ? undefined : from))).status
    }
    let at = 0
    for (let round = 0; round < 200; round += 1) {
      const { socket, reply } = await startPiece(path, at, 900, bytes.subarray(at, at + 2))
      socket.destroySoon()
      setTimeout(() => socket.destroy(), 3)
      await reply
      if (round % 20 === 19) {
        await expect.poll(() => goOn(false)).toBe(200)
        at = await offsetOf(path)
      }
    }
    await expect.poll(() => goOn(true)).toBe(200)
    expect(kept().filter((name) => !before.includes(name))).toEqual([`${id}.bytes`, `${id}.json`])
    const { documents } = await json(await post(`${path}/finish`, {}))
    expect(documents[0].document.sha256).toBe(sha256(bytes))
    expect(kept().filter((name) => !before.includes(name))).toEqual([`${id}.json`])
    expect(server.stored().filter(({ parentPath }) => parentPath.endsWith('drafts'))).toEqual([])
  }, 30_000)

  test('a piece that stalls is ended with a time-out, and what came in is kept', async () => {
    const { path } = await begin()
    const { reply } = await startPiece(path, 0, 900, Buffer.from('abc'))
    await arriving(path)
    expect(await told(await piece(path, 0, Buffer.from('x')))).toEqual([409, 'upload/offset'])
    expect(await reply).toMatch(/^HTTP\/1\.1 408 [\s\S]*request\/timeout/)
    expect(await offsetOf(path)).toBe(3)
    await call('DELETE', path)
  })

  test('without a credential no byte of a piece is read', async () => {
    const { path } = await begin()
    const { reply } = await startPiece(path, 0, 1_000_000_000, Buffer.from('abc'), 'wrong-token-0123456789-0123456789-0123')
    expect(await reply).toMatch(/^HTTP\/1\.1 401 /)
    expect(await offsetOf(path)).toBe(0)
    await call('DELETE', path)
  })
})

describe('whose an upload is', () => {
  /** What is told, without what is different in any two replies. */
  async function plainly(reply: Response, id: string): Promise<string> {
    return `${reply.status} ${(await reply.text()).replace(/"request_id":"[^"]*"/, '').replaceAll(id, 'ID')}`
  }

  test('another account, another database and an unknown id are told the same, also where both may write', async () => {
    const other = await person(server.world, 'member')
    await server.world.catalog.share(owner.account.id, database, other.account.id, 'write')
    const elsewhere = await newDatabase(owner)
    const { id, path } = await begin()
    const unknown = `up_${'0'.repeat(32)}`
    const cases: [string, string, string][] = [
      [path, id, other.token],
      [`${uploadsOf(elsewhere)}/${id}`, id, owner.token],
    ]
    const steps = [
      (at: string, token: string) => call('GET', at, token),
      (at: string, token: string) => piece(at, 0, Buffer.from('x'), PIECE, token),
      (at: string, token: string) => piece(at, 77, Buffer.from('x'), PIECE, token),
      (at: string, token: string) => post(`${at}/finish`, {}, token),
      (at: string, token: string) => call('DELETE', at, token),
    ]
    for (const step of steps) {
      const expected = await plainly(await step(`${uploadsOf(database)}/${unknown}`, owner.token), unknown)
      expect(expected).toMatch(/^404 .*upload\/not-found/)
      for (const [at, one, token] of cases) expect(await plainly(await step(at, token), one)).toBe(expected)
    }
    expect(await offsetOf(path)).toBe(0)
    // The other one uploads into the shared database by itself, into its own upload.
    const own = await begin({ fingerprint: 'same', size: 3 }, other.token)
    const mine = await begin({ fingerprint: 'same', size: 3 })
    expect(own.id).not.toBe(mine.id)
    await piece(own.path, 0, Buffer.from('own'), PIECE, other.token)
    expect((await post(`${own.path}/finish`, {}, other.token)).status).toBe(202)
    for (const at of [path, mine.path]) await call('DELETE', at)
  })

  test('who may only read begins nothing, and goes on with nothing once writing was taken away', async () => {
    const other = await person(server.world, 'member')
    await server.world.catalog.share(owner.account.id, database, other.account.id, 'write')
    const { path } = await begin({ size: 3 }, other.token)
    await piece(path, 0, Buffer.from('abc'), PIECE, other.token)
    await server.world.catalog.share(owner.account.id, database, other.account.id, 'read')
    for (const reply of [
      await post(uploadsOf(database), { name: 'x', size: 1 }, other.token),
      await piece(path, 3, Buffer.from('x'), PIECE, other.token),
      await post(`${path}/finish`, {}, other.token),
      await call('GET', path, other.token),
      await call('DELETE', path, other.token),
    ]) {
      expect(await told(reply)).toEqual([403, 'auth/forbidden'])
    }
    await server.world.catalog.unshare(owner.account.id, database, other.account.id)
    expect(await told(await post(`${path}/finish`, {}, other.token))).toEqual([404, 'database/not-found'])
    const reading = await keyFor(server.world, owner.account.id, { scopes: ['query', 'ask', 'read'] })
    expect(await told(await post(uploadsOf(database), { name: 'x', size: 1 }, reading.token))).toEqual([403, 'auth/forbidden'])
  })

  test('a right that is taken away in the middle of a piece ends it within a second', async () => {
    const other = await person(server.world, 'member')
    await server.world.catalog.share(owner.account.id, database, other.account.id, 'write')
    const { path } = await begin({ size: 1_000_000 }, other.token)
    const { socket, reply } = await startPiece(path, 0, 1_000_000, Buffer.from('abc'), other.token)
    // It goes on sending, so that nothing but the right can end it.
    const sending = setInterval(() => socket.write('x'), 50)
    await arriving(path)
    await server.world.accounts.endSession(other.account.id, other.sessionId)
    const text = await reply
    clearInterval(sending)
    expect(text).toMatch(/^HTTP\/1\.1 401 [\s\S]*auth\/invalid/)
    expect(await told(await call('GET', path, other.token))).toEqual([401, 'auth/invalid'])
  })
})
