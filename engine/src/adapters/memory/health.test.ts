import { expect, test } from 'vitest'
import { AppError } from '../../domain/errors.ts'
import { isFailing, type PartNote } from '../../domain/health.ts'
import { memoryHealth } from './health.ts'

const fault = new AppError('model/unavailable', { reason: 'gone' })
const failing = (note: PartNote | undefined) => note !== undefined && isFailing(note)

test('the last result counts, and the last fault is kept beside it', () => {
  let time = 1000
  const health = memoryHealth(() => time)
  expect(health.last('chat')).toBeUndefined()
  health.bad('chat', fault)
  expect(health.last('chat')).toEqual({ part: 'chat', goodAt: undefined, fault: { at: 1000, error: fault.body() } })
  expect(failing(health.last('chat'))).toBe(true)
  time = 2000
  health.good('chat')
  expect(health.last('chat')).toEqual({ part: 'chat', goodAt: 2000, fault: { at: 1000, error: fault.body() } })
  expect(failing(health.last('chat'))).toBe(false)
  time = 3000
  health.bad('chat', new TypeError('a bug with a secret in it'))
  expect(health.last('chat')?.fault).toEqual({ at: 3000, error: new AppError('internal').body() })
  expect(failing(health.last('chat'))).toBe(true)
})

test('who stops a request is no fault of the part', () => {
  const health = memoryHealth(() => 1)
  health.bad('chat', new DOMException('stopped', 'AbortError'))
  health.bad('chat', AbortSignal.timeout(0).reason ?? new DOMException('late', 'TimeoutError'))
  expect(health.last('chat')).toBeUndefined()
})

test('another thread hears of each change and each fault, and of a million good calls now and then', () => {
  let time = 1
  const told: PartNote[] = []
  const health = memoryHealth(
    () => time,
    (note) => told.push(note),
  )
  for (let call = 0; call < 1000; call += 1) health.good('chunks')
  expect(told).toHaveLength(1)
  time = 2
  health.bad('chunks', fault)
  health.bad('chunks', fault)
  expect(told).toHaveLength(3)
  time = 3
  for (let call = 0; call < 1000; call += 1) health.good('chunks')
  expect(told).toHaveLength(4)
  time += 60_001
  health.good('chunks')
  expect(told).toHaveLength(5)
  expect(failing(told.at(-1))).toBe(false)
})

test('notes of two threads become one, whatever the order that they come in', () => {
  const notes: PartNote[] = [
    { part: 'chat', goodAt: 10, fault: undefined },
    { part: 'chat', goodAt: undefined, fault: { at: 20, error: fault.body() } },
    { part: 'chat', goodAt: 15, fault: { at: 5, error: new AppError('model/refused').body() } },
  ]
  for (const order of [
    [0, 1, 2],
    [2, 1, 0],
    [1, 0, 2],
    [1, 2, 0],
    [0, 2, 1],
    [2, 0, 1],
  ]) {
    const health = memoryHealth(() => 1)
    for (const index of order) if (notes[index] !== undefined) health.take(notes[index])
    expect(health.last('chat')).toEqual({ part: 'chat', goodAt: 15, fault: { at: 20, error: fault.body() } })
  }
})

test('parts are told by the beginning of their name, forgotten by it, and never too many', () => {
  const health = memoryHealth(() => 1)
  for (const part of ['embedder:b', 'embedder:a', 'chat']) health.good(part)
  expect(health.all('embedder:').map(({ part }) => part)).toEqual(['embedder:a', 'embedder:b'])
  health.forget('embedder:a')
  expect(health.all('').map(({ part }) => part)).toEqual(['chat', 'embedder:b'])
  for (let number = 0; number < 2000; number += 1) health.good(`embedder:${number}`)
  expect(health.all('').length).toBeLessThanOrEqual(500)
  expect(health.last('embedder:1999')).toBeDefined()
})
