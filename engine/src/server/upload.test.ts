import { createHash, randomBytes } from 'node:crypto'
import { connect } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { json, serverForTest, type TestServer, TOKEN } from '../../test/server-fixture.ts'

const AUTHORIZED = { authorization: `Bearer ${TOKEN}` }
let server: TestServer
beforeAll(async () => {
  server = await serverForTest({ environment: { MAX_UPLOAD_MIB: '1', REQUEST_TIMEOUT_SECONDS: '2' } })
})
afterAll(() => server.stop())

interface Part {
  readonly name: string
  readonly value: string | Buffer
  readonly file?: string
}

/** A form in exactly this order; FormData would do, but here its bytes are wanted. */
function formBytes(parts: readonly Part[], boundary = 'quarry-boundary'): Buffer {
  const pieces = parts.flatMap(({ name, value, file }) => [
    `--${boundary}\r\nContent-Disposition: form-data; name="${name}"${file === undefined ? '' : `; filename="${file}"\r\nContent-Type: text/plain`}\r\n\r\n`,
    value,
    '\r\n',
  ])
  return Buffer.concat([...pieces, `--${boundary}--\r\n`].map((piece) => Buffer.from(piece)))
}

function post(path: string, parts: readonly Part[], headers: Record<string, string> = {}): Promise<Response> {
  const type = { 'content-type': 'multipart/form-data; boundary=quarry-boundary' }
  return fetch(server.address + path, { method: 'POST', headers: { ...AUTHORIZED, ...type, ...headers }, body: formBytes(parts) })
}

async function newDatabase(): Promise<string> {
  const body = JSON.stringify({ name: `db ${randomBytes(6).toString('hex')}` })
  const reply = await fetch(`${server.address}/api/v1/databases`, { method: 'POST', headers: { ...AUTHORIZED, 'content-type': 'application/json' }, body })
  return (await json(reply)).id
}
const documentsOf = async (id: string) => (await json(await fetch(`${server.address}/api/v1/databases/${id}/documents`, { headers: AUTHORIZED }))).documents
const databases = async () => (await json(await fetch(`${server.address}/api/v1/databases?limit=200`, { headers: AUTHORIZED }))).databases.length

describe('forms', () => {
  test('fields speak of the files that follow them', async () => {
    const id = await newDatabase()
    const reply = await post(`/api/v1/databases/${id}/documents`, [
      { name: 'metadata', value: '{"year":2026}' },
      { name: 'external_id', value: 'one' },
      { name: 'title', value: 'First' },
      { name: 'files', file: 'a.txt', value: 'A' },
      { name: 'files', file: 'folder/b.txt', value: 'B' },
      { name: 'metadata', value: '{"year":2027}' },
      { name: 'files', file: 'c.txt', value: 'C' },
    ])
    expect(reply.status).toBe(202)
    const sent = (await json(reply)).documents.map(({ document }: { document: Record<string, unknown> }) => [
      document.external_id,
      document.title,
      document.metadata,
    ])
    expect(sent).toEqual([
      ['one', 'First', { year: 2026 }],
      ['folder/b.txt', null, { year: 2026 }],
      ['c.txt', null, { year: 2027 }],
    ])
  })

  test.each<[string, Part[], RegExp]>([
    [
      'an unknown field',
      [
        { name: 'owner_id', value: 'x' },
        { name: 'files', file: 'a', value: 'A' },
      ],
      /owner_id/,
    ],
    ['files under another name', [{ name: 'upload', file: 'a', value: 'A' }], /upload/],
    [
      'metadata that is no JSON',
      [
        { name: 'metadata', value: '{' },
        { name: 'files', file: 'a', value: 'A' },
      ],
      /metadata/,
    ],
    [
      'metadata with a prototype',
      [
        { name: 'metadata', value: '{"__proto__":{"a":1}}' },
        { name: 'files', file: 'a', value: 'A' },
      ],
      /metadata/,
    ],
    [
      'metadata that nests',
      [
        { name: 'metadata', value: '{"a":{"b":1}}' },
        { name: 'files', file: 'a', value: 'A' },
      ],
      /metadata/,
    ],
    ['no file', [{ name: 'metadata', value: '{}' }], /files/],
    ['nothing', [], /files/],
  ])('%s is refused by name', async (_, parts, named) => {
    const id = await newDatabase()
    const reply = await post(`/api/v1/databases/${id}/documents`, parts)
    expect(reply.status).toBe(400)
    expect((await json(reply)).error.facts.problems.join()).toMatch(named)
    expect(await documentsOf(id)).toEqual([])
  })

  test('creating refuses late, repeated and wrong fields and leaves no database', async () => {
    const before = await databases()
    const file = { name: 'files', file: 'a.txt', value: 'A' }
    const wrong: Part[][] = [
      [file, { name: 'name', value: 'late' }],
      [{ name: 'name', value: 'x' }, { name: 'name', value: 'y' }, file],
      [{ name: 'name', value: 'x' }, file, { name: 'chunk_size', value: '512' }],
      [{ name: 'name', value: 'x' }, { name: 'chunk_size', value: '5' }, file],
      [{ name: 'name', value: 'x' }, { name: 'chunk_size', value: 'abc' }, file],
      [{ name: 'name', value: 'x' }, { name: 'chunk_size', value: '64' }, { name: 'chunk_overlap', value: '60' }, file],
      [{ name: 'name', value: 'a/b' }, file],
      [{ name: 'name', value: 'x' }, file, { name: 'surprise', value: '1' }],
    ]
    for (const parts of wrong) expect((await post('/api/v1/database/create', parts)).status).toBe(400)
    expect(await databases()).toBe(before)
  })

  test('an unknown model is told and leaves no database', async () => {
    const before = await databases()
    const reply = await post('/api/v1/database/create', [
      { name: 'name', value: 'm' },
      { name: 'model', value: 'nobody:nothing' },
      { name: 'files', file: 'a', value: 'A' },
    ])
    expect([reply.status, (await json(reply)).error.code]).toEqual([422, 'model/unknown'])
    expect(await databases()).toBe(before)
  })

  test('a file that cannot be taken does not hold up the others; alone it is the error', async () => {
    const id = await newDatabase()
    const empty = { name: 'files', file: 'empty.txt', value: '' }
    const both = await post(`/api/v1/databases/${id}/documents`, [empty, { name: 'files', file: 'a.txt', value: 'A' }])
    expect(both.status).toBe(202)
    expect(await json(both)).toMatchObject({ documents: [{ outcome: 'created' }], refused: [{ name: 'empty.txt', error: { code: 'document/empty' } }] })
    const alone = await post(`/api/v1/databases/${id}/documents`, [empty])
    expect([alone.status, (await json(alone)).error.code]).toEqual([422, 'document/empty'])
  })

  test('a file beyond the limit is refused and nothing of it stays', async () => {
    const id = await newDatabase()
    const before = server.stored().length
    const reply = await post(`/api/v1/databases/${id}/documents`, [{ name: 'files', file: 'large.bin', value: randomBytes(1_048_577) }])
    expect([reply.status, (await json(reply)).error.code]).toEqual([413, 'request/too-large'])
    expect(await documentsOf(id)).toEqual([])
    expect(server.stored().length).toBe(before)
    const fits = await post(`/api/v1/databases/${id}/documents`, [{ name: 'files', file: 'fits.bin', value: randomBytes(1_048_576) }])
    expect(fits.status).toBe(202)
  })

  test('a database whose files fail half-way is gone again, and its name free', async () => {
    const parts = [
      { name: 'name', value: 'half' },
      { name: 'files', file: 'a.txt', value: 'A' },
    ]
    const failed = await post('/api/v1/database/create', [...parts, { name: 'files', file: 'large', value: randomBytes(1_200_000) }])
    expect(failed.status).toBe(413)
    expect((await post('/api/v1/database/create', parts)).status).toBe(201)
  })

  test('random breakage of a form never ends as a fault of the server', async () => {
    const id = await newDatabase()
    const good = formBytes([
      { name: 'metadata', value: '{"a":1}' },
      { name: 'files', file: 'a.txt', value: 'some text' },
    ])
    for (let round = 0; round < 150; round += 1) {
      let broken = Buffer.from(good)
      const how = round % 5
      if (how === 0) broken = broken.subarray(0, Math.floor((good.length * (round + 1)) / 160))
      else if (how === 1) for (let at = 0; at < 3; at += 1) broken[(round * 37 + at * 53) % good.length] = (round * 91) % 256
      else if (how === 2) broken = Buffer.from(good.toString('latin1').replace('name="files"', `name="${'x'.repeat(round * 50)}"`), 'latin1')
      else if (how === 3) broken = Buffer.from(good.toString('latin1').replaceAll('\r\n', round % 2 === 0 ? '\n' : '\r'), 'latin1')
      else broken = Buffer.from(good.toString('latin1').replace('form-data', ['attachment', '', 'form-data; name=files', '\0'][round % 4] ?? ''), 'latin1')
      const boundary = round % 7 === 0 ? '' : round % 11 === 0 ? 'other' : 'quarry-boundary'
      const reply = await fetch(`${server.address}/api/v1/databases/${id}/documents`, {
        method: 'POST',
        headers: { ...AUTHORIZED, 'content-type': `multipart/form-data; boundary=${boundary}` },
        body: broken,
      })
      expect(reply.status, `round ${round}: ${await reply.text()}`).toBeLessThan(500)
    }
  })
})

describe('connections that break', () => {
  async function breakOff(path: string, before: readonly Part[], how: 'destroy' | 'stall'): Promise<string> {
    const { port, hostname } = new URL(server.address)
    const whole = formBytes([...before, { name: 'files', file: 'cut.bin', value: randomBytes(900_000) }])
    const head = `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${TOKEN}\r\nContent-Type: multipart/form-data; boundary=quarry-boundary\r\nContent-Length: ${whole.length}\r\n\r\n`
    const socket = connect(Number(port), hostname)
    let text = ''
    socket.on('data', (piece) => {
      text += piece
    })
    socket.on('error', () => undefined)
    socket.write(head)
    socket.write(whole.subarray(0, whole.length - 200_000))
    if (how === 'destroy') {
      await pause(100)
      socket.destroy()
    }
    await new Promise((resolve) => (socket.destroyed ? resolve(undefined) : socket.once('close', resolve)))
    return text
  }

  test('an aborted upload leaves nothing', async () => {
    const id = await newDatabase()
    const before = server.stored().length
    for (let round = 0; round < 10; round += 1) await breakOff(`/api/v1/databases/${id}/documents`, [], 'destroy')
    await expect.poll(() => server.stored().length).toBe(before)
    expect(await documentsOf(id)).toEqual([])
  })

  test('an aborted creation leaves no database', async () => {
    const before = await databases()
    await breakOff(
      '/api/v1/database/create',
      [
        { name: 'name', value: 'cut off' },
        { name: 'files', file: 'a.txt', value: 'A' },
      ],
      'destroy',
    )
    await expect.poll(databases).toBe(before)
  })

  test('an upload that stalls is ended with a time-out and leaves nothing', async () => {
    const id = await newDatabase()
    const before = server.stored().length
    const reply = await breakOff(`/api/v1/databases/${id}/documents`, [], 'stall')
    expect(reply).toMatch(/^HTTP\/1\.1 408 /)
    expect(reply).toContain('request/timeout')
    await expect.poll(() => server.stored().length).toBe(before)
    expect(await documentsOf(id)).toEqual([])
  })

  test('a client that asks before it sends hears a refusal without sending', async () => {
    const { port, hostname } = new URL(server.address)
    const ask = (authorization: string) =>
      new Promise<string>((resolve) => {
        const socket = connect(Number(port), hostname)
        socket.once('data', (piece) => {
          socket.destroy()
          resolve(String(piece))
        })
        socket.write(
          `POST /api/v1/database/create HTTP/1.1\r\nHost: 127.0.0.1\r\n${authorization}Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 1000000\r\nExpect: 100-continue\r\n\r\n`,
        )
      })
    expect(await ask('')).toMatch(/^HTTP\/1\.1 401 /)
    expect(await ask(`Authorization: Bearer ${TOKEN}\r\n`)).toMatch(/^HTTP\/1\.1 100 /)
  })
})

describe('Idempotency-Key', () => {
  const key = () => ({ 'idempotency-key': randomBytes(8).toString('hex') })

  test('the same request again gives the same reply and does nothing', async () => {
    const headers = { ...AUTHORIZED, ...key(), 'content-type': 'application/json' }
    const create = (name: string) => fetch(`${server.address}/api/v1/databases`, { method: 'POST', headers, body: JSON.stringify({ name }) })
    const first = await create('once')
    const second = await create('once')
    expect([first.status, second.status]).toEqual([201, 201])
    expect(await second.text()).toBe(await first.text())
    expect([first.headers.get('idempotency-replayed'), second.headers.get('idempotency-replayed')]).toEqual([null, 'true'])
    const other = await create('another')
    expect([other.status, (await json(other)).error.code]).toEqual([409, 'request/idempotency-conflict'])
  })

  test('a form counts with its fields and the content of its files', async () => {
    const headers = key()
    const parts = (content: string, field = 'F'): Part[] => [
      { name: 'name', value: `form ${headers['idempotency-key']}` },
      { name: 'title', value: field },
      { name: 'files', file: 'a.txt', value: content },
    ]
    const first = await post('/api/v1/database/create', parts('A'), headers)
    const again = await post('/api/v1/database/create', parts('A'), headers)
    expect([first.status, again.status]).toEqual([201, 201])
    expect(await again.text()).toBe(await first.text())
    for (const changed of [parts('B'), parts('A', 'G'), parts('A').slice(0, 2)])
      expect((await post('/api/v1/database/create', changed, headers)).status).toBe(409)
  })

  test('many at once do the work once', async () => {
    const headers = { ...AUTHORIZED, ...key(), 'content-type': 'application/json' }
    const body = JSON.stringify({ name: `crowd ${headers['idempotency-key']}` })
    const replies = await Promise.all(Array.from({ length: 20 }, () => fetch(`${server.address}/api/v1/databases`, { method: 'POST', headers, body })))
    expect(replies.map(({ status }) => status)).toEqual(replies.map(() => 201))
    expect(new Set(await Promise.all(replies.map((reply) => reply.text()))).size).toBe(1)
  })

  test('a failed request may be tried again with its key', async () => {
    const headers = key()
    const name = { name: 'name', value: `again ${headers['idempotency-key']}` }
    const tooLarge = [name, { name: 'files', file: 'a', value: randomBytes(1_200_000) }]
    expect((await post('/api/v1/database/create', tooLarge, headers)).status).toBe(413)
    expect((await post('/api/v1/database/create', [name, { name: 'files', file: 'a', value: 'A' }], headers)).status).toBe(201)
  })

  test.each(['', ' ', 'a b', 'x'.repeat(201)])('"%s" is not a key', async (value) => {
    const reply = await fetch(`${server.address}/api/v1/databases`, {
      method: 'POST',
      headers: { ...AUTHORIZED, 'idempotency-key': value, 'content-type': 'application/json' },
      body: '{"name":"k"}',
    })
    expect(reply.status).toBe(400)
  })
})

test('what was uploaded comes back byte for byte', async () => {
  const id = await newDatabase()
  const bytes = randomBytes(700_001)
  const { documents } = await json(await post(`/api/v1/databases/${id}/documents`, [{ name: 'files', file: 'r.bin', value: bytes }]))
  expect(documents[0].document.sha256).toBe(createHash('sha256').update(bytes).digest('hex'))
  const reply = await fetch(`${server.address}/api/v1/databases/${id}/documents/r.bin/content`, { headers: AUTHORIZED })
  expect(Buffer.from(await reply.arrayBuffer()).equals(bytes)).toBe(true)
})
