import { setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { AppError } from '../../domain/errors.ts'
import type { ServerEvent } from '../sse.ts'
import type { LiveEvent } from './events.ts'
import { type LivePlan, liveStream } from './stream.ts'

type Step = 'tick' | 'word' | 'large'

function planOf(source: LivePlan['source'], change: Partial<LivePlan> = {}): LivePlan {
  return {
    ...{ id: 'str_1', owner: 'o', publicationId: undefined, resumable: true, graceMs: 10_000, startedAt: 0, last: ['end', 'error'] },
    source,
    render: ({ data }) => JSON.stringify(data),
    failure: (fault) => ({ event: 'error', data: fault instanceof AppError ? fault.code : String(fault) }),
    ...change,
  }
}

async function* say(steps: readonly Step[], signal: AbortSignal): AsyncGenerator<ServerEvent> {
  for (const [index, step] of steps.entries()) {
    signal.throwIfAborted()
    if (step === 'tick') await sleep(0)
    yield { event: 'word', data: step === 'large' ? 'x'.repeat(100_000) : index }
  }
  yield { event: 'end', data: 'all' }
}

async function read(events: AsyncIterable<LiveEvent>, most = Number.POSITIVE_INFINITY): Promise<LiveEvent[]> {
  const got: LiveEvent[] = []
  if (most === 0) return got
  for await (const event of events) {
    got.push(event)
    if (got.length >= most) break
  }
  return got
}

const never = new AbortController().signal
const hang = (hears = true): LivePlan['source'] =>
  async function* (signal) {
    yield { event: 'word', data: 0 }
    await (hears ? sleep(600_000, undefined, { signal }) : new Promise(() => undefined))
  }

describe('a stream', () => {
  test('gives every reader each event once and in order, wherever it was cut and taken up again', async () => {
    const steps = fc.array(fc.constantFrom<Step>('tick', 'word', 'large'), { maxLength: 30 })
    const cuts = fc.array(fc.nat({ max: 8 }), { maxLength: 12 })
    await fc.assert(
      fc.asyncProperty(steps, fc.array(cuts, { minLength: 1, maxLength: 3 }), async (said, readers) => {
        const stream = liveStream(planOf((signal) => say(said, signal)))
        await stream.begun
        const all = await Promise.all(
          readers.map(async (pieces) => {
            const got: LiveEvent[] = []
            for (const most of [...pieces, Number.POSITIVE_INFINITY]) {
              if (got.at(-1)?.event === 'end') break
              got.push(...(await read(stream.follow(got.length, never), most)))
            }
            return got
          }),
        )
        for (const got of all) {
          expect(got.map(({ seq }) => seq)).toEqual(Array.from({ length: said.length + 1 }, (_, index) => index + 1))
          expect(got.filter(({ event }) => event === 'end' || event === 'error')).toHaveLength(1)
        }
        expect(stream.isDelivered).toBe(false)
        await stream.delivered()
        expect(stream.isDelivered).toBe(true)
      }),
      { numRuns: 60 },
    )
  })

  test('waits for its furthest reader, and holds no more than a window for it', async () => {
    let said = 0
    const source: LivePlan['source'] = async function* () {
      for (; said < 200; said += 1) yield { event: 'word', data: 'x'.repeat(50_000) }
      yield { event: 'end', data: '' }
    }
    for (const resumable of [true, false]) {
      said = 0
      const stream = liveStream(planOf(source, { resumable }))
      await stream.begun
      const slow = stream.follow(0, never)
      await slow.next()
      await sleep(20)
      expect(said).toBeLessThan(12)
      if (!resumable) expect((await read({ [Symbol.asyncIterator]: () => slow })).at(-1)?.event).toBe('end')
      else await slow.return()
      stream.end(new AppError('answer/stopped'))
      await stream.ended
    }
  })

  test('that is longer than it may be ends with one error', async () => {
    const source: LivePlan['source'] = async function* () {
      for (;;) yield { event: 'word', data: 'x'.repeat(200_000) }
    }
    const got = await read(liveStream(planOf(source)).follow(0, never))
    expect(got.at(-1)).toMatchObject({ event: 'error', text: '"answer/too-long"' })
    expect(got.filter(({ event }) => event === 'error')).toHaveLength(1)
  })

  test('ends with its reader when it may not be resumed, after the grace when it may', async () => {
    for (const [resumable, graceMs] of [
      [false, 600_000],
      [true, 20],
    ] as const) {
      const stream = liveStream(planOf(hang(), { resumable, graceMs }))
      await read(stream.follow(0, never), 1)
      await stream.ended
      if (resumable) expect(await read(stream.follow(0, never))).toMatchObject([{ event: 'word' }, { event: 'error', text: '"request/aborted"' }])
    }
  })

  test('a reader that comes back within the grace, or reads elsewhere, keeps it alive', async () => {
    const stream = liveStream(planOf(hang(), { graceMs: 60 }))
    let isEnded = false
    void stream.ended.then(() => {
      isEnded = true
    })
    await read(stream.follow(0, never), 1)
    for (let times = 0; times < 5; times += 1) {
      await sleep(20)
      stream.attend()
    }
    const reader = stream.follow(1, never)
    const next = reader.next()
    await sleep(100)
    expect(isEnded).toBe(false)
    await stream.stop()
    expect((await next).value).toMatchObject({ seq: 2, event: 'error', text: '"answer/stopped"' })
  })

  test('that is stopped while it is stored tells that it was stored', async () => {
    const { promise: stored, resolve: store } = Promise.withResolvers<void>()
    const source: LivePlan['source'] = async function* () {
      yield { event: 'word', data: 0 }
      await stored
      yield { event: 'end', data: 'stored' }
    }
    const stream = liveStream(planOf(source))
    await stream.begun
    await stream.stop()
    store()
    expect((await read(stream.follow(0, never))).map(({ event }) => event)).toEqual(['word', 'end'])
    // Whoever may no longer know is not told.
    const other = liveStream(planOf(source))
    await other.begun
    other.end(new AppError('auth/invalid'))
    expect((await read(other.follow(0, never))).map(({ text }) => text)).toEqual(['0', '"auth/invalid"'])
  })

  test('that is being stored is waited for, however long that takes; one that is not, for a second', async () => {
    for (const isStoring of [true, false]) {
      const stored = Promise.withResolvers<void>()
      const source: LivePlan['source'] = async function* (_, asks) {
        yield { event: 'word', data: 0 }
        if (isStoring) asks.storing()
        await stored.promise
        yield { event: 'end', data: 'stored' }
      }
      const stream = liveStream(planOf(source))
      await stream.begun
      await stream.stop()
      await sleep(1_200)
      stored.resolve()
      expect((await read(stream.follow(0, never))).map(({ event }) => event)).toEqual(['word', isStoring ? 'end' : 'error'])
    }
  })

  test('whose store fails when it was stopped was stopped', async () => {
    const stored = Promise.withResolvers<void>()
    const source: LivePlan['source'] = async function* (_, asks) {
      yield { event: 'word', data: 0 }
      asks.storing()
      await stored.promise
    }
    const stream = liveStream(planOf(source))
    await stream.begun
    await stream.stop()
    stored.reject(new Error('full'))
    expect((await read(stream.follow(0, never))).map(({ text }) => text)).toEqual(['0', '"answer/stopped"'])
  })

  test('gives a reader that claims to have seen more than there is what comes next, and one of what is told again the ending', async () => {
    let go = Promise.withResolvers<void>()
    const source: LivePlan['source'] = async function* () {
      yield { event: 'word', data: 0 }
      await go.promise
      yield { event: 'word', data: 1 }
      yield { event: 'end', data: '' }
    }
    for (const retells of [false, true]) {
      go = Promise.withResolvers()
      const stream = liveStream(planOf(source, { retells }))
      await stream.begun
      const reading = read(stream.follow(99_999, never))
      await sleep(0)
      go.resolve()
      const expected = retells
        ? [[100_000, 'end']]
        : [
            [2, 'word'],
            [3, 'end'],
          ]
      expect((await reading).map(({ seq, event }) => [seq, event])).toEqual(expected)
      expect([await stream.isOver(99_999), await stream.isOver(100_000)]).toEqual([!retells, true])
    }
  })

  test.each(['throws', 'ends early', 'does not listen'])('whose source %s ends once', async (how) => {
    const source: LivePlan['source'] =
      how === 'does not listen'
        ? hang(false)
        : async function* () {
            yield { event: 'word', data: 0 }
            if (how === 'throws') throw new Error('no')
          }
    const stream = liveStream(planOf(source))
    await stream.begun
    if (how === 'does not listen') stream.end(new AppError('server/closing'))
    expect((await read(stream.follow(0, never))).map(({ event }) => event)).toEqual(['word', 'error'])
    expect(await stream.isOver(2)).toBe(true)
    expect(await stream.isOver(1)).toBe(false)
  })

  test('with too many readers lets the first go, without an ending', async () => {
    const stream = liveStream(planOf(hang()))
    await stream.begun
    const readers = Array.from({ length: 5 }, () => stream.follow(0, never))
    for (const reader of readers) await reader.next()
    expect(await readers[0]?.next()).toEqual({ done: true, value: undefined })
    await stream.stop()
    expect((await readers[4]?.next())?.value).toMatchObject({ event: 'error' })
  })
})
