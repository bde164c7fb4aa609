import { describe, expect, test } from 'vitest'
import { costOf, searchesOf } from '../domain/prices.ts'
import { PRICE_LIST } from './price-list.ts'
import { modelPrices } from './prices.ts'

test('own prices come first, snapshots cost what their model costs, and models on this machine nothing', () => {
  const prices = modelPrices({ 'openai:gpt-4o': { input: 1, output: 2 }, 'ollama:rented': { input: 3, output: 4 } })
  expect(prices.of('openai:gpt-4o')).toEqual({ input: 1, output: 2 })
  expect(prices.of('openai:gpt-4o-2024-08-06')).toEqual({ input: 1, output: 2 })
  expect(modelPrices({}).of('openai:gpt-4o-2024-05-13')).toEqual({ input: 5, output: 15 })
  expect(prices.of('anthropic:claude-opus-4-0')).toEqual(prices.of('anthropic:claude-opus-4-20250514'))
  expect(prices.of('anthropic:claude-sonnet-4-0')).toEqual(prices.of('anthropic:claude-sonnet-4-20250514'))
  expect(prices.of('openai:gpt-4.1-mini-2025-04-14')).toEqual({ input: 0.4, output: 1.6 })
  expect(prices.of('anthropic:claude-sonnet-4-5-20250929')).toEqual({ input: 3, output: 15 })
  expect(prices.of('anthropic:claude-3-5-haiku-latest')).toEqual({ input: 0.8, output: 4 })
  expect(prices.of('ollama:llama3.2')).toEqual({ input: 0, output: 0 })
  expect(prices.of('local:potion-base-8m')).toEqual({ input: 0, output: 0 })
  expect(prices.of('ollama:rented')).toEqual({ input: 3, output: 4 })
})

test('what is not known stays so', () => {
  const prices = modelPrices({})
  for (const unknown of [
    'openai:gpt-4o-audio',
    'openai:gpt-5-imaginary',
    'fake:x',
    'constructor',
    '__proto__',
    'bedrock:',
    'bedrock:anthropic.claude-9-v1:0',
    'bedrock:arn:aws:bedrock:us-east-1:1:application-inference-profile/x',
    'sagemaker:my-endpoint',
    'cohere:rerank-v9',
  ]) {
    expect(prices.of(unknown), unknown).toBeUndefined()
  }
})

test.each([
  ['global.anthropic.claude-sonnet-4-5-20250929-v1:0', { input: 3, output: 15 }],
  ['us.anthropic.claude-sonnet-4-5-20250929-v1:0', { input: 3.3, output: 16.5 }],
  ['anthropic.claude-haiku-4-5-20251001-v1:0', { input: 1.1, output: 5.5 }],
  ['eu.anthropic.claude-opus-5-5', { input: 4.4, output: 22 }],
  ['anthropic.claude-3-haiku-20240307-v1:0', { input: 0.25, output: 1.25 }],
  ['apac.anthropic.claude-sonnet-4-20250514-v1:0', { input: 3, output: 15 }],
  ['us.anthropic.claude-opus-4-6-v1', { input: 5.5, output: 27.5 }],
  ['global.anthropic.claude-opus-4-6-v1:0', { input: 5, output: 25 }],
  ['anthropic.claude-3-5-sonnet-20240620-v1:0', { input: 3, output: 15 }],
  ['us.anthropic.claude-3-5-sonnet-20241022-v2:0', { input: 3, output: 15 }],
  ['amazon.nova-lite-v1', { input: 0.06, output: 0.24 }],
  ['amazon.nova-lite-v1:0', { input: 0.06, output: 0.24 }],
  ['eu.amazon.nova-lite-v1:0:300k', { input: 0.06, output: 0.24 }],
  ['global.amazon.nova-2-lite-v1:0', { input: 0.3, output: 2.5 }],
  ['us.amazon.nova-2-lite-v1:0', { input: 0.33, output: 2.75 }],
  ['amazon.titan-embed-text-v2:0', { input: 0.02, output: 0 }],
  ['amazon.titan-embed-text-v1', { input: 0.1, output: 0 }],
  ['cohere.embed-multilingual-v3', { input: 0.1, output: 0 }],
  ['cohere.embed-v4:0', { input: 0.12, output: 0 }],
  ['cohere.command-r-plus-v1:0', { input: 3, output: 15 }],
  ['cohere.rerank-v3-5:0', { input: 0, output: 0, perThousandSearches: 2 }],
  ['amazon.rerank-v1:0', { input: 0, output: 0, perThousandSearches: 1 }],
  ['us.meta.llama3-3-70b-instruct-v1:0', { input: 0.72, output: 0.72 }],
  ['openai.gpt-oss-20b-1:0', { input: 0.07, output: 0.3 }],
])('a name of Bedrock: %s', (name, price) => {
  expect(modelPrices({}).of(`bedrock:${name}`)).toEqual(price)
})

test('every entry of the list is found by its own name, is not free, and asks no less for what is written than for what is read', () => {
  const prices = modelPrices({})
  for (const [model, price] of Object.entries(PRICE_LIST)) {
    expect(model).toMatch(/^(?:openai|anthropic|cohere|bedrock):[a-z0-9][a-z0-9.-]+$/)
    expect(prices.of(model)).toBe(price)
    expect(costOf(price, { input: 1_000_000, output: 0, searches: 1000 })).toBeGreaterThan(0)
    if (price.output > 0) expect(price.output).toBeGreaterThanOrEqual(price.input)
  }
})

describe('a cost', () => {
  test('is never rounded down', () => {
    expect(costOf({ input: 0.15, output: 0.6 }, { input: 1, output: 0 })).toBe(1)
    expect(costOf({ input: 2.5, output: 10 }, { input: 1_000_000, output: 1_000_000 })).toBe(12_500_000)
    expect(costOf({ input: 0, output: 0 }, { input: 1e9, output: 1e9 })).toBe(0)
  })

  test('of searches is that of thousands of them', () => {
    expect(costOf({ input: 0, output: 0, perThousandSearches: 2 }, { input: 0, output: 0, searches: 1 })).toBe(2000)
    expect(costOf({ input: 0, output: 0, perThousandSearches: 2.5 }, { input: 9, output: 9, searches: 4 })).toBe(10_000)
    expect(costOf({ input: 0.05, output: 0 }, { input: 20_000, output: 0, searches: 1 })).toBe(1000)
  })

  test('of a long request is that of long ones, for all of it', () => {
    const price = { input: 0.1, output: 0.5, above: { tokens: 100_000, input: 0.5, output: 2.5 } }
    expect(costOf(price, { input: 100_000, output: 1000 })).toBe(10_500)
    expect(costOf(price, { input: 100_001, output: 1000 })).toBe(52_501)
  })
})

test.each([
  [10, [], 0],
  [10, [100], 1],
  [10, Array.from({ length: 100 }, () => 490), 1],
  [10, Array.from({ length: 100 }, () => 491), 2],
  [10, Array.from({ length: 101 }, () => 1), 2],
  [10, Array.from({ length: 40 }, () => 1400), 2],
])('a question of %i tokens: searches', (query, texts, count) => {
  expect(searchesOf(query, texts)).toBe(count)
})
