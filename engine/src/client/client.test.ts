import { mkdtempSync, openAsBlob, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { serverForTest, type TestServer, TOKEN } from '../../test/server-fixture.ts'
import { AppError } from '../domain/errors.ts'
import { type Client, createClient } from './client.ts'

let server: TestServer
let client: Client
beforeAll(async () => {
  server = await serverForTest()
  client = createClient({ address: `${server.address}/`, token: TOKEN })
})
afterAll(() => server.stop())

test('calls, uploads from files, lists with a query, streams and reads back', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'quarry-client-'))
  try {
    writeFileSync(join(folder, 'a.txt'), 'from a file')
    const content = await openAsBlob(join(folder, 'a.txt'))
    const file = { name: 'sub folder/ä.txt', content, metadata: { year: 2026, tags: ['x', 'y'] }, title: 'Ä' }
    const made = await client.upload('createDatabaseFromFiles', {
      fields: { name: 'Ein Name & mehr', chunk_size: 128 },
      files: [file, { name: 'b', content: new Blob(['b']), externalId: 'b-1' }],
    })
    expect(made.database.settings.chunk_size).toBe(128)
    expect(made.documents.map(({ document }) => [document.external_id, document.title])).toEqual([
      ['sub folder/ä.txt', 'Ä'],
      ['b-1', null],
    ])
    expect(made.documents[0]?.document.metadata).toMatchObject({ year: 2026, tags: ['x', 'y'] })
    const parameters = { database: 'Ein Name & mehr' }
    const page = await client.call('listDocuments', { parameters, query: { limit: 1 } })
    expect([page.documents.length, typeof page.next_cursor]).toEqual([1, 'string'])
    const rest = await client.call('listDocuments', { parameters, query: { limit: 1, cursor: page.next_cursor ?? '' } })
    expect(rest.documents[0]?.id).not.toBe(page.documents[0]?.id)
    const read = await client.content({ ...parameters, document: 'sub folder/ä.txt' })
    expect(await new Response(read).text()).toBe('from a file')
  } finally {
    rmSync(folder, { recursive: true })
  }
})

describe('errors', () => {
  test('are the AppErrors that the server told, with their facts', async () => {
    const asked = client.call('getDatabase', { parameters: { database: 'nobody' } })
    await expect(asked).rejects.toBeInstanceOf(AppError)
    await expect(asked).rejects.toMatchObject({ code: 'database/not-found', status: 404 })
    const wrong = createClient({ address: server.address, token: 'wrong' }).call('listDatabases', {})
    await expect(wrong).rejects.toMatchObject({ code: 'auth/invalid' })
    const invalid = client.call('query', { parameters: { database: 'nobody' }, body: { query: '', n_results: 0 } })
    await expect(invalid).rejects.toMatchObject({ code: 'database/not-found' })
  })

  test('a server that is not there, an abort, and replies that are not ours', async () => {
    const odd = createServer((request, response) => {
      if (request.url?.startsWith('/api/v1/models')) response.end('{"models":5}')
      else if (request.url?.includes('/events')) response.writeHead(200, { 'content-type': 'text/event-stream' }).end('event: unknown\ndata: {}\n\n')
      else response.writeHead(502).end('<h1>Bad gateway</h1>')
    })
    await new Promise<void>((resolve) => odd.listen(0, '127.0.0.1', resolve))
    const address = `http://127.0.0.1:${(odd.address() as AddressInfo).port}`
    const strange = createClient({ address, token: undefined })
    await expect(strange.call('listDatabases', {})).rejects.toMatchObject({ code: 'internal', facts: { status: 502 } })
    await expect(strange.call('listModels', {})).rejects.toMatchObject({ code: 'internal' })
    const cut = async () => {
      for await (const _ of strange.stream('jobEvents', { parameters: { job: 'x' } }));
    }
    await expect(cut()).rejects.toMatchObject({ code: 'server/unreachable' })
    await new Promise((resolve) => odd.close(resolve))
    await expect(strange.call('listDatabases', {})).rejects.toMatchObject({ code: 'server/unreachable' })
    const signal = AbortSignal.abort(new Error('no more'))
    await expect(client.call('listDatabases', { signal })).rejects.toThrow('no more')
  })
})
