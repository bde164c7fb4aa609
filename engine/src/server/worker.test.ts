import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, test, vi } from 'vitest'
import { storeWorld } from '../../test/store-world.ts'
import { readSettings } from '../settings.ts'
import { startWorkerThread } from './worker.ts'
import { startWorkerLoop } from './worker-loop.ts'

test('a job whose lease ended while the thread was held up goes on and is not begun a second time beside itself', async () => {
  let [reads, claims] = [0, 0]
  const { promise: goOn, resolve: release } = Promise.withResolvers<void>()
  const stores = storeWorld()
  const { queue, extractor } = stores.world
  const world: typeof stores.world = {
    ...stores.world,
    queue: {
      ...queue,
      claim(...given) {
        claims += 1
        return queue.claim(...given)
      },
    },
    extractor: {
      ...extractor,
      async extract(...given) {
        reads += 1
        await goOn
        return extractor.extract(...given)
      },
    },
  }
  const { id } = await stores.make()
  const { document } = await stores.upload(id, 'leave.txt', 'Leave is requested in the portal.')
  const loop = startWorkerLoop(world, { concurrency: 4, pollMs: 2 })
  await vi.waitFor(() => expect(reads).toBe(1), 10_000)
  stores.clock.now += 40_000
  const before = claims
  await vi.waitFor(() => expect(claims).toBeGreaterThan(before + 5), 10_000)
  expect(reads).toBe(1)
  release()
  await vi.waitFor(async () => expect((await world.catalog.documentById(document.id))?.state).toBe('ready'), 10_000)
  await loop.close()
  expect(stores.logged.filter(({ event }) => event !== 'swept')).toEqual([])
  await stores.close()
})

test('a job that somebody wished to end before its worker was killed is not begun again', async () => {
  const stores = storeWorld()
  const extract = vi.spyOn(stores.world.extractor, 'extract')
  const { id } = await stores.make()
  await stores.upload(id, 'leave.txt', 'Leave is requested in the portal.')
  const job = await stores.claim()
  await stores.world.queue.requestCancel('o', job?.id ?? '')
  const loop = startWorkerLoop(stores.world, { concurrency: 1, pollMs: 2 })
  await vi.waitFor(async () => expect((await stores.world.queue.job('o', job?.id ?? '')).state).toBe('cancelled'), 10_000)
  expect(extract).not.toHaveBeenCalled()
  await loop.close()
  await stores.close()
})

test('a thread that crashes is started again until it runs, and closing never waits for one that is gone', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'quarry-worker-'))
  const entry = join(folder, 'thread.mjs')
  // Ends when woken; as long as the file `broken` holds `yes`, it does not even start.
  writeFileSync(
    entry,
    `import { readFileSync } from 'node:fs'
     import { parentPort } from 'node:worker_threads'
     if (readFileSync(new URL('./broken', import.meta.url), 'utf8') === 'yes') throw new Error('cannot start')
     parentPort.postMessage('started')
     parentPort.on('message', (message) => { if (message === 'wake') throw new Error('crash'); parentPort.close() })`,
  )
  const broken = (text: string) => writeFileSync(join(folder, 'broken'), text)
  broken('no')
  const events: string[] = []
  const note = (event: string) => void events.push(event)
  const { settings } = readSettings({ QUARRY_DATA: folder })
  const worker = await startWorkerThread(
    { settings, concurrency: 1 },
    { info: note, warn: note, error: note },
    { entry: new URL(`file://${entry}`), restartMs: 5 },
  )
  const count = (event: string) => events.filter((one) => one === event).length
  broken('yes')
  worker.wake()
  await vi.waitFor(() => expect(count('worker-thread-not-started')).toBeGreaterThan(1), 20_000)
  broken('no')
  await vi.waitFor(() => expect(count('worker-thread-restarted')).toBe(1), 20_000)
  broken('yes')
  worker.wake()
  await vi.waitFor(() => expect(count('worker-thread-crashed')).toBe(2), 20_000)
  await worker.close()
  rmSync(folder, { recursive: true })
})

test('after some work and a rest the loop says once that it is idle', async () => {
  const stores = storeWorld()
  const { id } = await stores.make()
  const idle = vi.fn()
  const loop = startWorkerLoop(stores.world, { concurrency: 2, pollMs: 2, idleMs: 30, onIdle: idle })
  await new Promise((resolve) => setTimeout(resolve, 120))
  expect(idle, 'nothing was done yet').not.toHaveBeenCalled()
  const { document } = await stores.upload(id, 'leave.txt', 'Leave is requested in the portal.')
  loop.wake()
  await vi.waitFor(async () => expect((await stores.world.catalog.documentById(document.id))?.state).toBe('ready'), 10_000)
  await vi.waitFor(() => expect(idle).toHaveBeenCalledOnce(), 10_000)
  await new Promise((resolve) => setTimeout(resolve, 120))
  expect(idle).toHaveBeenCalledOnce()
  await loop.close()
  await stores.close()
})

test('an idle thread gives its place to a fresh one at once', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'quarry-worker-'))
  const entry = join(folder, 'thread.mjs')
  writeFileSync(
    entry,
    `import { appendFileSync } from 'node:fs'
     import { parentPort } from 'node:worker_threads'
     appendFileSync(new URL('./starts', import.meta.url), '.')
     parentPort.postMessage('started')
     parentPort.on('message', (message) => (message === 'wake' ? parentPort.postMessage('idle') : parentPort.close()))`,
  )
  const logged: string[] = []
  const note = (event: string) => void logged.push(event)
  const { settings } = readSettings({})
  const worker = await startWorkerThread(
    { settings, concurrency: 1 },
    { info: note, warn: note, error: note },
    { entry: pathToFileURL(entry), restartMs: 60_000 },
  )
  worker.wake()
  await vi.waitFor(() => expect(readFileSync(join(folder, 'starts'), 'utf8')).toBe('..'), 10_000)
  await worker.close()
  expect(logged).toEqual([])
  rmSync(folder, { recursive: true })
})
