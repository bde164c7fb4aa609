import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { AppError } from '../domain/errors.ts'
import { type NewResumableUpload, OPEN_UPLOADS, type TakenIn, UPLOAD_KEPT_MS, type Uploads } from './uploads.ts'

export interface UploadsUnderTest {
  readonly uploads: Uploads
  readonly clock: { now: number }
  /** The same store as another process finds it after this one was killed. */
  restarted(): Uploads
  /** How many things are kept. */
  leftovers(): Promise<number>
  close(): Promise<void>
}

const ACCOUNT = 'acc_1'
const DATABASE = 'db_1'
export const NEW_UPLOAD: NewResumableUpload = {
  accountId: ACCOUNT,
  databaseId: DATABASE,
  ownerId: 'acc_owner',
  name: 'a/../b.pdf',
  size: 10,
  mediaType: 'application/pdf',
  externalId: undefined,
  title: undefined,
  metadata: { year: 2026, '1': ['x'] },
  fingerprint: undefined,
}
const TAKEN: TakenIn = { documentId: 'doc_1', outcome: 'created', jobId: 'job_1' }

export async function* streamOf(...pieces: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* pieces
}
/** Gives what it has, and then fails as a cut connection does. */
export async function* cutAfter(...pieces: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* pieces
  throw new AppError('request/aborted')
}
async function bytesOf(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = []
  for await (const piece of stream) pieces.push(piece)
  return Buffer.concat(pieces)
}
const faultOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'no error',
    (error: unknown) => (error instanceof AppError ? error.code : String(error)),
  )
const finished = async (uploads: Uploads, id: string, accountId = ACCOUNT): Promise<Buffer> => {
  let content: Buffer = Buffer.alloc(0)
  await uploads.finish(accountId, DATABASE, id, async (_upload, stream) => {
    content = await bytesOf(stream)
    return TAKEN
  })
  return content
}

export function uploadsContract(name: string, open: () => Promise<UploadsUnderTest>): void {
  describe(`${name} keeps the promises of Uploads`, () => {
    let store: UploadsUnderTest
    beforeEach(async () => {
      store = await open()
    })
    afterEach(() => store.close())

    test('pieces of any size, cut anywhere, sent again, across restarts: the content is what was sent', async () => {
      const step = fc.record({
        length: fc.nat(60),
        how: fc.constantFrom('whole', 'cut', 'too long', 'wrong offset', 'restart', 'again'),
        shift: fc.integer({ min: -70, max: 70 }),
      })
      await fc.assert(
        fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), fc.array(step, { maxLength: 12 }), async (whole, steps) => {
          let { uploads } = store
          const { id } = await uploads.begin({ ...NEW_UPLOAD, size: whole.length })
          let at = 0
          for (const { length, how, shift } of steps) {
            const end = Math.min(whole.length, at + length)
            const half = at + Math.floor((end - at) / 2)
            const pieces = [whole.subarray(at, half), whole.subarray(half, end)]
            if (how === 'restart') uploads = store.restarted()
            if (how === 'whole') at = (await uploads.append(ACCOUNT, DATABASE, id, at, streamOf(...pieces))).offset
            if (how === 'cut') expect(await faultOf(uploads.append(ACCOUNT, DATABASE, id, at, cutAfter(...pieces)))).toBe('request/aborted')
            if (how === 'too long') {
              const much = [...pieces, randomBytes(whole.length - end + 1)]
              expect(await faultOf(uploads.append(ACCOUNT, DATABASE, id, at, streamOf(...much)))).toBe('request/too-large')
            }
            if ((how === 'wrong offset' || how === 'again') && shift !== 0) {
              await expect(uploads.append(ACCOUNT, DATABASE, id, at + shift, streamOf(randomBytes(5)))).rejects.toMatchObject({
                code: 'upload/offset',
                facts: { offset: at },
              })
            }
            if (how === 'whole' || how === 'cut') at = end
            expect((await uploads.upload(ACCOUNT, DATABASE, id)).offset, how).toBe(at)
          }
          if (at < whole.length) expect(await faultOf(finished(uploads, id))).toBe('upload/offset')
          await uploads.append(ACCOUNT, DATABASE, id, at, streamOf(whole.subarray(at)))
          expect(await finished(uploads, id)).toEqual(Buffer.from(whole))
        }),
        { numRuns: 25 },
      )
    })

    test('what was told at the beginning is told again, also after a restart', async () => {
      const told = { ...NEW_UPLOAD, externalId: '../../etc/passwd', title: 'Ä\0"', fingerprint: 'f'.repeat(64) }
      const { id } = await store.uploads.begin(told)
      for (const uploads of [store.uploads, store.restarted()]) {
        expect(await uploads.upload(ACCOUNT, DATABASE, id)).toEqual({
          ...told,
          id,
          offset: 0,
          taken: undefined,
          createdAt: store.clock.now,
          expiresAt: store.clock.now + UPLOAD_KEPT_MS,
        })
      }
    })

    test('the same fingerprint finds the open upload, whatever else was told of it; anything else begins a new one', async () => {
      const { uploads } = store
      const known = { ...NEW_UPLOAD, fingerprint: 'f1' }
      const first = await uploads.begin(known)
      await uploads.append(ACCOUNT, DATABASE, first.id, 0, streamOf(Buffer.from('four')))
      for (const place of [uploads, store.restarted()]) {
        expect(await place.begin({ ...known, title: 'new', metadata: { a: 1 } })).toMatchObject({ id: first.id, offset: 4, title: 'new', metadata: { a: 1 } })
        const others = [
          { accountId: 'acc_2' },
          { databaseId: 'db_2' },
          { name: 'c' },
          { size: 11 },
          { externalId: 'e' },
          { fingerprint: 'f2' },
          { fingerprint: undefined },
        ]
        for (const other of others) {
          const begun = await place.begin({ ...known, ...other })
          expect(begun, JSON.stringify(other)).toMatchObject({ offset: 0 })
          expect(begun.id).not.toBe(first.id)
        }
      }
      const [one, two] = await Promise.all([uploads.begin({ ...known, fingerprint: 'f3' }), uploads.begin({ ...known, fingerprint: 'f3' })])
      expect(one?.id).toBe(two?.id)
    })

    test('a finished and a given up upload are not found again by their fingerprint', async () => {
      const { uploads } = store
      const known = { ...NEW_UPLOAD, size: 0, fingerprint: 'f' }
      const first = await uploads.begin(known)
      await finished(uploads, first.id)
      const second = await uploads.begin(known)
      expect(second.id).not.toBe(first.id)
      expect(await uploads.discard(ACCOUNT, DATABASE, second.id)).toBe(true)
      const third = await uploads.begin(known)
      expect(third.id).not.toBe(second.id)
      store.clock.now += UPLOAD_KEPT_MS
      expect((await uploads.begin(known)).id).not.toBe(third.id)
    })

    test('an id of another account, of another database and none at all are told alike', async () => {
      const { uploads } = store
      const { id } = await uploads.begin(NEW_UPLOAD)
      const shown = async (promise: Promise<unknown>, wanted: string) => {
        const fault = await promise.then(
          () => undefined,
          (error: unknown) => error,
        )
        return fault instanceof AppError ? JSON.stringify(fault.body()).replaceAll(wanted, 'ID') : 'no error'
      }
      const unknown = `up_${'0'.repeat(32)}`
      const expected = await shown(uploads.upload(ACCOUNT, DATABASE, unknown), unknown)
      expect(expected).toContain('upload/not-found')
      const cases: [string, string, string][] = [
        ['acc_2', DATABASE, id],
        [ACCOUNT, 'db_2', id],
        ['acc_owner', DATABASE, id],
        ...['../secret', 'up_x', id.toUpperCase(), `${id}/`, `${id}.json`, `${id}\0`, 'x'.repeat(64), '__proto__'].map((odd): [string, string, string] => [
          ACCOUNT,
          DATABASE,
          odd,
        ]),
      ]
      for (const [account, database, one] of cases) {
        const told = JSON.stringify(one).slice(1, -1)
        expect(await shown(uploads.upload(account, database, one), told)).toBe(expected)
        expect(await shown(uploads.append(account, database, one, 0, streamOf(Buffer.from('x'))), told)).toBe(expected)
        expect(
          await shown(
            uploads.finish(account, database, one, async () => TAKEN),
            told,
          ),
        ).toBe(expected)
        expect(await uploads.discard(account, database, one)).toBe(false)
      }
      expect((await uploads.upload(ACCOUNT, DATABASE, id)).offset).toBe(0)
    })

    test('of pieces at the same time one is written, and the others are told where it is', async () => {
      const { uploads } = store
      const { id } = await uploads.begin({ ...NEW_UPLOAD, size: 1000 })
      const whole = randomBytes(1000)
      for (let at = 0; at < 1000; at += 100) {
        const told = await Promise.all(
          Array.from({ length: 8 }, () =>
            faultOf(uploads.append(ACCOUNT, DATABASE, id, at, streamOf(whole.subarray(at, at + 50), whole.subarray(at + 50, at + 100)))),
          ),
        )
        expect(told.filter((one) => one === 'no error')).toHaveLength(1)
        expect(told.filter((one) => one === 'upload/offset')).toHaveLength(7)
      }
      expect(await finished(uploads, id)).toEqual(whole)
    })

    test('a piece that is slow holds up no other upload, and is not taken for finished', async () => {
      const { uploads } = store
      const [slow, other] = [await uploads.begin({ ...NEW_UPLOAD, size: 4 }), await uploads.begin({ ...NEW_UPLOAD, size: 4 })]
      const { promise: gate, resolve: go } = Promise.withResolvers<void>()
      async function* slowly(): AsyncGenerator<Uint8Array> {
        yield Buffer.from('ab')
        await gate
        yield Buffer.from('cd')
      }
      const writing = uploads.append(ACCOUNT, DATABASE, slow.id, 0, slowly())
      await uploads.append(ACCOUNT, DATABASE, other.id, 0, streamOf(Buffer.from('efgh')))
      expect(String(await finished(uploads, other.id))).toBe('efgh')
      expect(await faultOf(finished(uploads, slow.id))).toBe('upload/offset')
      go()
      await writing
      expect(String(await finished(uploads, slow.id))).toBe('abcd')
    })

    test('many that finish take in once and are told the same; one that failed may be finished again', async () => {
      const { uploads } = store
      const { id } = await uploads.begin({ ...NEW_UPLOAD, size: 3 })
      await uploads.append(ACCOUNT, DATABASE, id, 0, streamOf(Buffer.from('abc')))
      expect(await faultOf(uploads.finish(ACCOUNT, DATABASE, id, async () => Promise.reject(new AppError('store/full'))))).toBe('store/full')
      let times = 0
      const take = async () => {
        times += 1
        await Promise.resolve()
        return { ...TAKEN, jobId: undefined }
      }
      const all = await Promise.all(Array.from({ length: 6 }, () => uploads.finish(ACCOUNT, DATABASE, id, take)))
      expect(all).toEqual(all.map(() => ({ ...TAKEN, jobId: undefined })))
      expect(await store.restarted().finish(ACCOUNT, DATABASE, id, take)).toMatchObject({ documentId: 'doc_1' })
      expect(times).toBe(1)
      expect(await store.restarted().upload(ACCOUNT, DATABASE, id)).toMatchObject({ offset: 3, taken: { documentId: 'doc_1' } })
      expect(await faultOf(uploads.append(ACCOUNT, DATABASE, id, 3, streamOf()))).toBe('upload/not-found')
      store.clock.now += UPLOAD_KEPT_MS
      expect(await faultOf(uploads.finish(ACCOUNT, DATABASE, id, take))).toBe('upload/not-found')
      expect(await uploads.sweep()).toBe(1)
      expect(await store.leftovers()).toBe(0)
    })

    test('what was given up goes a day after its last piece, not earlier', async () => {
      const { uploads, clock } = store
      const { id } = await uploads.begin(NEW_UPLOAD)
      clock.now += UPLOAD_KEPT_MS - 1
      await uploads.append(ACCOUNT, DATABASE, id, 0, streamOf(Buffer.from('a')))
      clock.now += UPLOAD_KEPT_MS - 1
      expect(await uploads.sweep()).toBe(0)
      expect((await uploads.upload(ACCOUNT, DATABASE, id)).offset).toBe(1)
      clock.now += 1
      expect(await faultOf(uploads.upload(ACCOUNT, DATABASE, id))).toBe('upload/not-found')
      expect([await store.restarted().sweep(), await store.leftovers()]).toEqual([1, 0])
    })

    test('with an account go its uploads and those into its databases, the one being written too; the others stay', async () => {
      const { uploads } = store
      const begun = await Promise.all([
        uploads.begin({ ...NEW_UPLOAD, accountId: 'gone', ownerId: 'x' }),
        uploads.begin({ ...NEW_UPLOAD, ownerId: 'gone' }),
        uploads.begin(NEW_UPLOAD),
      ])
      const [, written, stays] = begun
      async function* meanwhile(): AsyncGenerator<Uint8Array> {
        yield Buffer.from('ab')
        expect(await uploads.sweep('gone')).toBe(2)
        yield Buffer.from('cd')
      }
      expect(await faultOf(uploads.append(ACCOUNT, DATABASE, written?.id ?? '', 0, meanwhile()))).toBe('upload/not-found')
      expect((await uploads.upload(ACCOUNT, DATABASE, stays?.id ?? '')).offset).toBe(0)
      await uploads.discard(ACCOUNT, DATABASE, stays?.id ?? '')
      expect(await store.leftovers()).toBe(0)
    })

    test('an account has so many open uploads and no more; those of others do not count', async () => {
      const { uploads, clock } = store
      const begun = []
      for (let count = 0; count < OPEN_UPLOADS; count += 1) begun.push(await uploads.begin(NEW_UPLOAD))
      expect(await faultOf(uploads.begin(NEW_UPLOAD))).toBe('limit/storage')
      await uploads.begin({ ...NEW_UPLOAD, accountId: 'acc_2' })
      await uploads.discard(ACCOUNT, DATABASE, begun[0]?.id ?? '')
      await uploads.begin(NEW_UPLOAD)
      expect(await faultOf(uploads.begin(NEW_UPLOAD))).toBe('limit/storage')
      clock.now += UPLOAD_KEPT_MS
      expect(await store.restarted().sweep()).toBe(OPEN_UPLOADS + 1)
      expect(await faultOf(uploads.begin(NEW_UPLOAD))).toBe('no error')
    })
  })
}
