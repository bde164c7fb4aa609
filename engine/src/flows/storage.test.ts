import { afterEach, beforeEach, expect, test } from 'vitest'
import { CALLER, storeWorld } from '../../test/store-world.ts'
import { NO_LIMITS } from '../domain/limits.ts'
import { code, newUpload } from '../ports/catalog.contract.ts'
import { accepted, assertUploadFits } from './storage.ts'
import { uploadFile } from './upload.ts'

let store: ReturnType<typeof storeWorld>
let databaseId: string
beforeEach(async () => {
  store = storeWorld()
  databaseId = (await store.make()).id
})
afterEach(() => store.close())

async function room(bytes: number | undefined): Promise<void> {
  await store.world.ledger.updatePlan('plan_people', { limits: { ...NO_LIMITS, storedBytes: bytes } })
  store.clock.now += 2000
}
const upload = (name: string, text: string) => code(store.upload(databaseId, name, text))

test('what is uploaded counts at once, read or not, and beyond the plan nothing is taken', async () => {
  await room(100)
  expect(await upload('a', 'x'.repeat(60))).toBe('no error')
  expect(await upload('b', 'y'.repeat(41))).toBe('limit/storage')
  expect(await upload('b', `!${'y'.repeat(39)}`)).toBe('no error')
  await store.runAll()
  expect((await store.world.catalog.document('o', databaseId, 'b')).state).toBe('failed')
  expect(await upload('c', 'z')).toBe('limit/storage')
  expect(await store.world.ledger.storedBytes('o')).toBe(100)
  await room(undefined)
  expect(await upload('c', 'z')).toBe('no error')
})

test('the stream is stopped where the room ends, and none of it stays', async () => {
  await room(1000)
  let given = 0
  async function* endless(): AsyncIterable<Uint8Array> {
    for (;;) {
      given += 500
      yield new Uint8Array(500)
    }
  }
  const input = { name: 'long', mediaType: 'text/plain', metadata: {}, content: endless(), maxBytes: 1_000_000_000 }
  expect(await code(uploadFile(store.world, CALLER, databaseId, input, new AbortController().signal))).toBe('limit/storage')
  expect(given).toBeLessThanOrEqual(2000)
  const blobs: string[] = []
  for await (const { sha256 } of store.world.blobs.keys()) blobs.push(sha256)
  expect(blobs).toEqual([])
})

test('the same again takes no room, and what takes the place of a document may be as large as that', async () => {
  await room(100)
  await upload('a', 'x'.repeat(100))
  expect(await upload('a', 'x'.repeat(100))).toBe('no error')
  expect(await upload('a', 'y'.repeat(100))).toBe('no error')
  expect(await upload('a', 'y'.repeat(101))).toBe('limit/storage')
  await room(50)
  expect(await upload('a', 'y'.repeat(100))).toBe('no error')
  expect(await upload('a', 'z'.repeat(99))).toBe('no error')
})

test('of many uploads at once no more are taken than fit together', async () => {
  await room(100)
  const all = await Promise.all(Array.from({ length: 20 }, (_, index) => upload(`f${index}`, `${index}`.padEnd(30, 'x'))))
  expect(all.filter((one) => one === 'no error')).toHaveLength(3)
  expect(await store.world.ledger.storedBytes('o')).toBe(90)
})

test('uploads that end at the same moment are measured one after the other', async () => {
  await room(100)
  const commit = (externalId: string) => async () => {
    await new Promise((resolve) => setImmediate(resolve))
    return store.world.catalog.acceptUpload(newUpload('o', databaseId, externalId, externalId, { size: 30 }))
  }
  const one = (externalId: string) => accepted(store.world, CALLER, { databaseId, externalId }, { sha256: externalId, size: 30 }, commit(externalId))
  const all = await Promise.all(Array.from({ length: 20 }, (_, index) => code(one(`f${index}`))))
  expect(all.filter((each) => each === 'no error')).toHaveLength(3)
  expect(new Set(all)).toEqual(new Set(['no error', 'limit/storage']))
})

test('an archive whose entries do not fit fails as a whole', async () => {
  await room(100)
  expect(await upload('a.zip', `zip:one=${'x'.repeat(30)}\ntwo=${'y'.repeat(30)}`)).toBe('no error')
  await store.runAll()
  const archive = await store.world.catalog.document('o', databaseId, 'a.zip')
  expect([archive.state, archive.error?.code]).toEqual(['failed', 'limit/storage'])
  expect(await store.world.catalog.entries(archive.id)).toEqual([])
})

test('a size that is told before is refused before; the operator is not limited', async () => {
  await room(100)
  const place = { databaseId, externalId: 'a' }
  expect(await code(assertUploadFits(store.world, CALLER, place, 100))).toBe('no error')
  expect(await code(assertUploadFits(store.world, CALLER, place, 101))).toBe('limit/storage')
  expect(await code(assertUploadFits(store.world, { ...CALLER, kind: 'operator' }, place, 101))).toBe('no error')
})
