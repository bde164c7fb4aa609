import { expect, test } from 'vitest'
import type { Embedder } from '../ports/embedder.ts'
import { embedders, type ModelProvider } from './embedders.ts'

const never = new AbortController().signal

function provider(address: string, opened: string[]): ModelProvider {
  return {
    async open(model) {
      opened.push(`${model} at ${address}`)
      await new Promise((resolve) => setImmediate(resolve))
      if (model === 'broken') throw new Error(`${address} is broken`)
      return {
        name: `x:${model}`,
        dimensions: 2,
        where: 'remote',
        embed: async (texts: readonly string[]) => texts.map(() => Float32Array.of(1, address.length)),
      }
    },
    list: async () => [{ name: address, where: 'remote', ready: true, note: '' }],
    close: async () => undefined,
  }
}

test('a provider that changes is asked at each opening, and what the former one opened is not given out any more', async () => {
  const opened: string[] = []
  let now = provider('first', opened)
  const all = embedders({ x: async () => now })
  const [one, same] = await Promise.all([all.open('x:a', never), all.open('x:a', never)])
  expect(same).toBe(one)
  expect(opened).toEqual(['a at first'])
  now = provider('second address', opened)
  const other: Embedder = await all.open('x:a', never)
  expect((await other.embed(['t'], 'query', never))[0]?.[1]).toBe('second address'.length)
  expect(await all.open('x:a', never)).toBe(other)
  expect(opened).toEqual(['a at first', 'a at second address'])
  // Who has the former one in hand goes on with it.
  expect((await one.embed(['t'], 'query', never))[0]?.[1]).toBe('first'.length)
  expect((await all.list()).map(({ name }) => name)).toEqual(['second address'])
})

test('an opening that failed is tried anew, also when the provider changed meanwhile', async () => {
  const opened: string[] = []
  let now = provider('first', opened)
  const all = embedders({ x: async () => now })
  const failing = all.open('x:broken', never)
  now = provider('second', opened)
  await expect(failing).rejects.toThrow('first is broken')
  await expect(all.open('x:broken', never)).rejects.toThrow('second is broken')
  await expect(all.open('x:broken', never)).rejects.toThrow('second is broken')
  expect(opened).toHaveLength(3)
})

test('what names no provider is unknown', async () => {
  const all = embedders({ x: provider('first', []) })
  for (const name of ['', 'a', ':a', 'x:', 'y:a', 'toString:a', '__proto__:a'])
    await expect(all.open(name, never), name).rejects.toMatchObject({ code: 'model/unknown' })
})
