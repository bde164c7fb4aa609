import { expect, test } from 'vitest'
import { AppError } from '../domain/errors.ts'
import { BREAKER_FAULTS, BREAKER_REST_MS } from './breaker.ts'
import { type HttpCall, type HttpClock, httpClient } from './http.ts'

const never = new AbortController().signal
const CALL: HttpCall = { method: 'GET', path: '/', timeoutMs: 5000, retries: 0, signal: never }

type Answer = () => Response | Promise<Response>

/** A service whose answers are made here, and how often it was asked. */
function service() {
  const state = { asked: 0, answer: (() => Response.json({})) as Answer, time: 0, waits: [] as number[] }
  const clock: HttpClock = {
    now: () => state.time,
    random: () => 0.5,
    async sleep(ms) {
      await new Promise(setImmediate) // as long as others need to get where we are
      state.waits.push(ms)
    },
  }
  const http = httpClient({
    ...{ baseUrl: 'http://service.test', service: 'service', faults: { unavailable: 'model/unavailable', refused: 'model/refused' }, clock },
    fetch: async () => {
      state.asked += 1
      return state.answer()
    },
  })
  const ask = (facts: Partial<HttpCall> = {}) => http.json({ ...CALL, ...facts }, () => 'well')
  const down: Answer = () => new Response('', { status: 500 })
  const fail = async () => {
    state.answer = down
    for (let call = 0; call < BREAKER_FAULTS; call += 1) await expect(ask()).rejects.toThrow()
    state.asked = 0
  }
  return { state, http, ask, down, fail }
}

const outcomes = async (calls: readonly Promise<unknown>[]) => (await Promise.allSettled(calls)).filter(({ status }) => status === 'fulfilled').length

test('many calls that are told to wait at the same time all wait and are sent again', async () => {
  const { state, ask } = service()
  state.answer = () => (state.asked <= 8 ? new Response('', { status: 429, headers: { 'retry-after': '1' } }) : Response.json({}))
  expect(await outcomes(Array.from({ length: 8 }, () => ask({ retries: 1 })))).toBe(8)
  expect([state.asked, state.waits]).toEqual([16, Array(8).fill(1000)])
})

test('who asks us to wait again and again is not left alone', async () => {
  const { state, ask } = service()
  state.answer = () => new Response('', { status: 429 })
  for (let call = 0; call < 3 * BREAKER_FAULTS; call += 1) await expect(ask()).rejects.toThrow()
  expect(state.asked).toBe(3 * BREAKER_FAULTS)
})

test('calls that have begun go on when others find that the service fails, and what they find counts once for each', async () => {
  const { state, ask, down } = service()
  state.answer = down
  expect(await outcomes(Array.from({ length: BREAKER_FAULTS + 1 }, () => ask({ retries: 2 })))).toBe(0)
  expect(state.asked).toBe(3 * (BREAKER_FAULTS + 1))
  await expect(ask()).rejects.toThrow(/left alone/)
  const other = service()
  other.state.answer = down
  await expect(other.ask({ retries: BREAKER_FAULTS + 1 })).rejects.toThrow()
  other.state.answer = () => Response.json({})
  expect(await other.ask()).toBe('well')
})

test('after its rest one of many calls tries; the others are sent when that went well', async () => {
  const { state, ask, down, fail } = service()
  await fail()
  expect(await outcomes(Array.from({ length: 100 }, () => ask()))).toBe(0)
  expect(state.asked).toBe(0)
  for (const [answer, well] of [
    [down, 0],
    [() => Response.json({}), 1],
  ] as const) {
    state.time += BREAKER_REST_MS
    state.asked = 0
    state.answer = answer
    expect(await outcomes(Array.from({ length: 100 }, () => ask()))).toBe(well)
    expect(state.asked).toBe(1)
  }
  expect(await outcomes(Array.from({ length: 100 }, () => ask()))).toBe(100)
})

test.each([
  [400, true],
  [401, true],
  [404, true],
  [422, true],
  [408, false],
  [425, false],
  [429, false],
  [501, false],
])('a reply with status %i between faults ends their row: %s', async (status, ends) => {
  const { state, ask, down } = service()
  for (let call = 0; call < BREAKER_FAULTS; call += 1) {
    state.answer = call === BREAKER_FAULTS - 1 ? () => new Response('', { status }) : down
    await expect(ask()).rejects.toThrow()
  }
  state.answer = down
  await expect(ask()).rejects.toThrow()
  state.asked = 0
  await expect(ask()).rejects.toThrow()
  expect(state.asked).toBe(ends ? 1 : 0)
})

test.each([
  ['is stopped', { answer: () => Promise.reject(new Error('aborted')), signal: AbortSignal.abort() }],
  ['is refused', { answer: () => new Response('', { status: 400 }), signal: never }],
  ['is told to wait', { answer: () => new Response('', { status: 429 }), signal: never }],
])('the one that tries %s: the next one does', async (_, { answer, signal }) => {
  const { state, ask, fail } = service()
  await fail()
  state.time += BREAKER_REST_MS
  state.answer = answer
  await expect(ask({ signal })).rejects.toThrow()
  state.answer = () => Response.json({})
  expect(await ask()).toBe('well')
})

test('the one that tries is never heard of again: after the same time another one does', async () => {
  const { state, http, ask, fail } = service()
  await fail()
  state.time += BREAKER_REST_MS
  state.answer = () => Response.json({})
  const reply = await http.open(CALL)
  await expect(ask()).rejects.toThrow(/left alone/)
  state.time += BREAKER_REST_MS
  expect(await ask()).toBe('well')
  reply.close()
})

test('a streamed reply tries until it was judged, or left by its reader', async () => {
  const { state, http, ask, fail } = service()
  for (const end of ['judge', 'leave'] as const) {
    await fail()
    state.time += BREAKER_REST_MS
    state.answer = () => new Response('abc')
    const reply = await http.open(CALL)
    await expect(ask()).rejects.toThrow(/left alone/)
    if (end === 'judge') reply.judge(true)
    else for await (const _piece of reply.content) break
    state.answer = () => Response.json({})
    expect(await ask()).toBe('well')
  }
})

test('what does not come because we let go of it is no fault of the service', async () => {
  const { state, http, ask } = service()
  for (let call = 0; call < BREAKER_FAULTS; call += 1) {
    let over: (() => void) | undefined
    state.answer = () =>
      new Response(
        new ReadableStream({
          start(controller) {
            controller.enqueue(new Uint8Array([1]))
            over = () => controller.error(new Error('aborted'))
          },
        }),
      )
    const reply = await http.open(CALL)
    await expect(
      (async () => {
        for await (const _piece of reply.content) {
          reply.close()
          over?.()
        }
      })(),
    ).rejects.toThrow()
  }
  state.answer = () => Response.json({})
  expect(await ask()).toBe('well')
})

test('no attempt begins when patience is at its end, however the time went by', async () => {
  const { state, ask } = service()
  const wait = (seconds: number) => () => new Response('', { status: 429, headers: { 'retry-after': String(seconds) } })
  state.answer = wait(9)
  const error = await ask({ retries: 5, patienceMs: 8000 }).catch((caught: unknown) => caught)
  expect(error).toBeInstanceOf(AppError)
  expect(error).toMatchObject({ code: 'model/unavailable', facts: { retryAfterSeconds: 9 } })
  expect([state.asked, state.waits]).toEqual([1, []])
  state.answer = () => {
    state.time += 3000
    return wait(1)()
  }
  await expect(ask({ retries: 5, patienceMs: 8000 })).rejects.toThrow()
  expect(state.asked).toBe(1 + 3)
})
