import { randomBytes } from 'node:crypto'
import { test } from 'vitest'
import { serverForTest, TOKEN } from '../../test/server-fixture.ts'
import { createClient } from './client.ts'
import { resumableUpload } from './resumable.ts'
test('speed', async () => {
  const server = await serverForTest()
  const client = createClient({ address: server.address, token: TOKEN })
  await client.call('createDatabase', { body: { name: 'h' } })
  const content = new Blob([randomBytes(200_000_000)])
  for (const round of [1, 2]) {
    let t = performance.now()
    await client.upload('addDocuments', { parameters: { database: 'h' }, fields: {}, files: [{ name: `a${round}`, content }] })
    console.log('form', Math.round(performance.now() - t), 'ms')
    t = performance.now()
    await resumableUpload(client, { database: 'h' }, { name: `b${round}`, content })
    console.log('pieces', Math.round(performance.now() - t), 'ms')
  }
  await server.stop()
}, 60_000)
