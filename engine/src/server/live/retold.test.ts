import fc from 'fast-check'
import { afterEach, expect, test } from 'vitest'
import { memoryCache } from '../../adapters/memory/cache.ts'
import type { Followable } from './events.ts'
import { logOf, metaOf, packed, sharedStreams } from './shared.ts'
import { liveStream } from './stream.ts'

// Streams that a process tells from the first event on again, because the one before is gone: they may be shorter than what was seen.

const never = new AbortController().signal
const say = () => undefined
const SILENT = { debug: say, info: say, warn: say, error: say }
const LAST = ['end', 'error']
const ends: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const end of ends.splice(0)) await end()
})

async function told(stream: Followable, after: number): Promise<readonly (readonly [number, string])[]> {
  const all: [number, string][] = []
  if (await stream.isOver(after)) return all
  for await (const { seq, event } of stream.follow(after, never)) all.push([seq, event])
  return all
}

const wordsTo = (count: number, ending: string) => [...Array.from({ length: count - 1 }, () => 'word'), ending]
const lengths = fc.record({ before: fc.integer({ min: 1, max: 6 }), now: fc.integer({ min: 1, max: 6 }) })

test('whoever has seen events of the process before is told the ending of this one, once, whoever else was told it', async () => {
  await fc.assert(
    fc.asyncProperty(lengths, fc.array(fc.integer({ min: 0, max: 6 }), { maxLength: 4 }), async ({ before, now }, others) => {
      const stream = liveStream({
        ...{ id: 's', owner: 'o', publicationId: undefined, resumable: true, retells: true, failed: 'error', graceMs: 5_000, startedAt: 0, last: LAST },
        async *source() {
          for (const event of wordsTo(now, 'error')) yield { event, data: '' }
        },
        render: () => '""',
        failure: () => ({ event: 'error', data: '' }),
      })
      await stream.ended
      for (const after of others.filter((number) => number < now)) await told(stream, after)
      const got = await told(stream, before)
      expect(got.map(([seq]) => seq)).toEqual(Array.from({ length: Math.max(1, now - before) }, (_, index) => before + index + 1))
      expect(got.map(([, event]) => event)).toEqual(wordsTo(got.length, 'error'))
      const last = got.at(-1)?.[0] ?? 0
      // As many as there are may have been seen of the process before.
      if (last > now) expect(await told(stream, last)).toEqual([])
      else expect((await told(stream, last)).length).toBe(1)
    }),
  )
})

test('and so is whoever reads it at another process, from the log of both', async () => {
  await fc.assert(
    fc.asyncProperty(lengths, fc.nat(), async ({ before, now }, given) => {
      const cache = { ...memoryCache(), isShared: true }
      const id = 'str_0'
      const facts = { owner: 'o', process: 'proc_there', databaseIds: [], startedAt: 0 }
      await cache.set(metaOf(id), JSON.stringify(facts), 60_000)
      await cache.set('live:process:proc_there', 'alive', 60_000)
      const log = [Array.from({ length: before }, () => 'word'), wordsTo(now, 'end')]
      for (const events of log)
        await cache.append(
          logOf(id),
          events.flatMap((event, index) => packed({ seq: index + 1, event, text: '' })),
          60_000,
        )
      const shared = sharedStreams({
        world: { cache, hash: (text) => text, newId: () => 'proc_here', log: SILENT },
        ...{ keepMs: 60_000, graceMs: 5_000, leaseMs: 60_000, last: LAST, closing: never },
        ...{ local: () => undefined, stop: async () => undefined, forgotten: () => undefined, abandoned: async () => 'left' as const },
        interrupted: () => ({ event: 'error', text: '' }),
      })
      ends.push(shared.close)
      const stream = await shared.find(id)
      if (stream === undefined) throw new Error('not found')
      const after = given % (before + 1)
      const got = await told(stream, after)
      expect(got.map(([seq]) => seq)).toEqual(got.map((_, index) => after + index + 1))
      expect(got.filter(([, event]) => event === 'end')).toHaveLength(1)
      expect(got.at(-1)?.[1]).toBe('end')
      const last = got.at(-1)?.[0] ?? 0
      expect(await told(stream, last)).toEqual([])
    }),
    { numRuns: 50 },
  )
})
