import { expect, test } from 'vitest'
import { costOf } from '../domain/prices.ts'
import { modelPrices } from './prices.ts'

test('own prices come first, snapshots cost what their model costs, and models on this machine nothing', () => {
  const prices = modelPrices({ 'openai:gpt-4o': { input: 1, output: 2 }, 'ollama:rented': { input: 3, output: 4 } })
  expect(prices.of('openai:gpt-4o')).toEqual({ input: 1, output: 2 })
  expect(prices.of('openai:gpt-4o-2024-08-06')).toEqual({ input: 1, output: 2 })
  expect(prices.of('openai:gpt-4.1-mini-2025-04-14')).toEqual({ input: 0.4, output: 1.6 })
  expect(prices.of('ollama:llama3.2')).toEqual({ input: 0, output: 0 })
  expect(prices.of('local:potion-base-8m')).toEqual({ input: 0, output: 0 })
  expect(prices.of('ollama:rented')).toEqual({ input: 3, output: 4 })
  for (const unknown of ['openai:gpt-4o-audio', 'fake:x', 'constructor', '__proto__']) expect(prices.of(unknown)).toBeUndefined()
})

test('a cost is never rounded down', () => {
  expect(costOf({ input: 0.15, output: 0.6 }, { input: 1, output: 0 })).toBe(1)
  expect(costOf({ input: 2.5, output: 10 }, { input: 1_000_000, output: 1_000_000 })).toBe(12_500_000)
  expect(costOf({ input: 0, output: 0 }, { input: 1e9, output: 1e9 })).toBe(0)
})
