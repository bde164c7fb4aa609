import { createHash, randomBytes } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { type AddressInfo, connect, createServer as createTcpServer } from 'node:net'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { serverForTest, type TestServer, TOKEN } from '../../test/server-fixture.ts'
import { type Client, createClient } from './client.ts'
import { type ResumableOptions, resumableUpload } from './resumable.ts'

let server: TestServer
let plain: Client
beforeAll(async () => {
  server = await serverForTest({ environment: { MAX_UPLOAD_MIB: '2' } })
  plain = createClient({ address: server.address, token: TOKEN })
  await plain.call('createDatabase', { body: { name: 'handbook' } })
})
afterAll(() => server.stop())

const PARAMETERS = { database: 'handbook' }
const OPTIONS: ResumableOptions = { pieceBytes: 10_000, pause: async () => undefined }
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')
const fileOf = (bytes: Uint8Array<ArrayBuffer>, name = `${randomBytes(6).toString('hex')}.bin`) => ({ name, externalId: name, content: new Blob([bytes]) })
const waiting = () => readdirSync(join(server.folder, 'uploads')).filter((name) => name.endsWith('.bytes'))

/** A way to the server that breaks after so many bytes of a connection, in order; 0 is never. */
async function breakingProxy(breaks: readonly number[]): Promise<{ readonly address: string; close(): Promise<void> }> {
  const rest = [...breaks]
  const open = new Set<() => void>()
  const target = new URL(server.address)
  const proxy = createTcpServer((socket) => {
    const upstream = connect(Number(target.port), target.hostname)
    let budget = rest.shift() ?? 0
    const bounded = budget > 0
    const end = () => {
      socket.destroy()
      upstream.destroy()
    }
    const pass = (to: typeof socket) => (piece: Buffer) => {
      if (!bounded) return void to.write(piece)
      to.write(piece.subarray(0, budget))
      budget -= piece.length
      // What was passed on arrives before the break is noticed.
      if (budget <= 0) setTimeout(end, 5)
    }
    socket.on('data', pass(upstream))
    upstream.on('data', pass(socket))
    open.add(end)
    for (const one of [socket, upstream]) {
      one.on('error', end)
      one.on('close', end)
    }
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  return {
    address: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    close() {
      for (const end of open) end()
      return new Promise((resolve) => proxy.close(() => resolve()))
    },
  }
}

test('a file goes over in pieces, with what is told of it, and waits nowhere', async () => {
  const bytes = randomBytes(95_000)
  const told: number[] = []
  const file = { ...fileOf(bytes), title: 'A title', metadata: { year: 2026 } }
  const { documents, refused } = await resumableUpload(plain, PARAMETERS, file, { ...OPTIONS, onProgress: (sent) => told.push(sent) })
  expect(refused).toEqual([])
  expect(documents).toMatchObject([
    { outcome: 'created', document: { sha256: sha256(bytes), external_id: file.name, title: 'A title', metadata: { year: 2026 }, size: 95_000 } },
  ])
  expect(told).toEqual([0, 10_000, 20_000, 30_000, 40_000, 50_000, 60_000, 70_000, 80_000, 90_000, 95_000])
  expect(waiting()).toEqual([])
})

test('connections that break anywhere, at any byte of a request or a reply, cost nothing but time', async () => {
  const breaks = fc.array(fc.oneof(fc.integer({ min: 1, max: 12_000 }), fc.integer({ min: 1, max: 700 }), fc.constant(60_000)), { minLength: 1, maxLength: 8 })
  await fc.assert(
    fc.asyncProperty(breaks, fc.integer({ min: 1, max: 50_000 }), async (at, size) => {
      const proxy = await breakingProxy(at)
      const bytes = randomBytes(size)
      const client = createClient({ address: proxy.address, token: TOKEN })
      const { documents } = await resumableUpload(client, PARAMETERS, fileOf(bytes), {
        ...OPTIONS,
        pause: () => new Promise((resolve) => setTimeout(resolve, 10)),
      })
      expect(documents[0]?.document.sha256).toBe(sha256(bytes))
      await proxy.close()
    }),
    { numRuns: 12 },
  )
  expect(waiting()).toEqual([])
}, 30_000)

test('an aborted upload rejects with the reason; the same file goes on where it was, another one does not', async () => {
  const bytes = randomBytes(60_000)
  const file = { ...fileOf(bytes), fingerprint: 'f1' }
  const aborting = new AbortController()
  const onProgress = (sent: number) => {
    if (sent === 30_000) aborting.abort(new Error('no more'))
  }
  await expect(resumableUpload(plain, PARAMETERS, file, { ...OPTIONS, signal: aborting.signal, onProgress })).rejects.toThrow('no more')
  expect(waiting()).toHaveLength(1)
  const told: number[] = []
  const other = await resumableUpload(plain, PARAMETERS, { ...file, fingerprint: 'f2' }, { ...OPTIONS, onProgress: (sent) => told.push(sent) })
  expect([told[0], other.documents[0]?.outcome]).toEqual([0, 'created'])
  told.length = 0
  const again = await resumableUpload(plain, PARAMETERS, file, { ...OPTIONS, onProgress: (sent) => told.push(sent) })
  expect(told).toEqual([30_000, 40_000, 50_000, 60_000])
  expect(again.documents).toMatchObject([{ outcome: 'unchanged', document: { sha256: sha256(bytes) } }])
  expect(waiting()).toEqual([])
})

test('an upload that is gone meanwhile begins anew; one that always is gone is given up', async () => {
  const bytes = randomBytes(40_000)
  const file = fileOf(bytes)
  let removed = false
  const once: typeof fetch = async (input, init) => {
    const [, id] = /uploads\/(up_[0-9a-f]+)\?offset=20000/.exec(String(input)) ?? []
    if (id !== undefined && !removed) {
      removed = true
      await plain.call('removeUpload', { parameters: { ...PARAMETERS, upload: id } })
    }
    return fetch(input, init)
  }
  const { documents } = await resumableUpload(createClient({ address: server.address, token: TOKEN, fetch: once }), PARAMETERS, file, OPTIONS)
  expect([removed, documents[0]?.document.sha256]).toEqual([true, sha256(bytes)])
  let begun = 0
  const always: typeof fetch = (input, init) => {
    if (init?.method === 'POST') begun += 1
    return fetch(init?.method === 'PATCH' ? String(input).replace(/up_[0-9a-f]+/, `up_${'0'.repeat(32)}`) : input, init)
  }
  const lost = createClient({ address: server.address, token: TOKEN, fetch: always })
  await expect(resumableUpload(lost, PARAMETERS, file, { ...OPTIONS, retries: 3 })).rejects.toMatchObject({ code: 'upload/not-found' })
  expect(begun).toBe(4)
})

test('waits grow up to a limit, and no wait is the same for all; what the server asks for is waited', async () => {
  const waits: number[] = []
  const down = createClient({ address: 'http://127.0.0.1:9', token: TOKEN })
  const pause = async (milliseconds: number) => void waits.push(milliseconds)
  await expect(resumableUpload(down, PARAMETERS, fileOf(randomBytes(10)), { pause, retries: 12 })).rejects.toMatchObject({ code: 'server/unreachable' })
  expect(waits).toHaveLength(12)
  for (const [index, one] of waits.entries()) expect(one).toBeLessThanOrEqual(Math.min(30_000, 500 * 2 ** index))
  expect(new Set(waits).size).toBe(12)

  const limited = await replying((count) =>
    count < 20 ? [429, { error: { code: 'limit/rate', facts: { retry_after: 7 } } }] : [403, { error: { code: 'auth/forbidden' } }],
  )
  waits.length = 0
  await expect(resumableUpload(limited.client, PARAMETERS, fileOf(randomBytes(10)), { pause, retries: 2 })).rejects.toMatchObject({ code: 'auth/forbidden' })
  expect(waits).toEqual(Array.from({ length: 20 }, () => 7000))
  await limited.close()
})

test.each([502, 503, 504])('the page of a proxy with status %i is tried again; other replies that are not ours are not', async (status) => {
  for (const [code, tries] of [
    [status, 4],
    [500, 1],
    [418, 1],
  ] as const) {
    let asked = 0
    const odd = await replying((count) => {
      asked = count + 1
      return [code, undefined]
    })
    await expect(resumableUpload(odd.client, PARAMETERS, fileOf(randomBytes(10)), { ...OPTIONS, retries: 3 })).rejects.toMatchObject({
      code: 'internal',
      facts: { status: code },
    })
    expect(asked).toBe(tries)
    await odd.close()
  }
})

test('a server that takes a piece and never answers counts as a dead connection', async () => {
  const stalled = createServer(() => undefined)
  await new Promise<void>((resolve) => stalled.listen(0, '127.0.0.1', resolve))
  const silent = `http://127.0.0.1:${(stalled.address() as AddressInfo).port}`
  let pieces = 0
  const first: typeof fetch = (input, init) => {
    if (init?.method !== 'PATCH') return fetch(input, init)
    pieces += 1
    return fetch(pieces === 1 ? silent : input, init)
  }
  const client = createClient({ address: server.address, token: TOKEN, fetch: first })
  const bytes = randomBytes(5000)
  const { documents } = await resumableUpload(client, PARAMETERS, fileOf(bytes), { ...OPTIONS, pieceTimeoutMs: 200 })
  expect([pieces, documents[0]?.document.sha256]).toEqual([2, sha256(bytes)])
  stalled.closeAllConnections()
  await new Promise((resolve) => stalled.close(resolve))
})

test('what cannot be taken in is told at once, and waits nowhere', async () => {
  await expect(resumableUpload(plain, PARAMETERS, fileOf(new Uint8Array()), OPTIONS)).rejects.toMatchObject({ code: 'document/empty' })
  await expect(resumableUpload(plain, PARAMETERS, fileOf(new Uint8Array(2_097_153)), OPTIONS)).rejects.toMatchObject({ code: 'request/too-large' })
  await expect(resumableUpload(plain, { database: 'nobody' }, fileOf(randomBytes(5)), OPTIONS)).rejects.toMatchObject({ code: 'database/not-found' })
  const gone = Object.assign(new Blob(['']), { arrayBuffer: async () => Promise.reject(new DOMException('changed', 'NotReadableError')) })
  const unreadable = { name: 'x', content: Object.assign(new Blob(['abc']), { slice: () => gone }) }
  await expect(resumableUpload(plain, PARAMETERS, unreadable, OPTIONS)).rejects.toMatchObject({ code: 'request/invalid', facts: { file: 'x' } })
})

/** A server that answers every request as it is told; a page when there is no body. */
async function replying(reply: (count: number) => readonly [status: number, body: unknown]) {
  let count = 0
  const odd: Server = createServer((_request, response) => {
    const [status, body] = reply(count)
    count += 1
    response.writeHead(status, { connection: 'close' }).end(body === undefined ? '<h1>Odd</h1>' : JSON.stringify(body))
  })
  await new Promise<void>((resolve) => odd.listen(0, '127.0.0.1', resolve))
  return {
    client: createClient({ address: `http://127.0.0.1:${(odd.address() as AddressInfo).port}`, token: TOKEN }),
    close: () => new Promise((resolve) => odd.close(resolve)),
  }
}
