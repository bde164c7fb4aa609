import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { AppError } from './errors.ts'
import {
  ADDRESS_OF_KEY,
  CHAT_PROVIDERS,
  type ChosenModels,
  checkModelName,
  DEFAULT_ADDRESSES,
  type GivenModels,
  lastFour,
  MODEL_ADDRESSES,
  MODEL_CHOICES,
  MODEL_KEYS,
  MODEL_NAMES,
  providerOf,
  type SealedKey,
  settledModels,
} from './models.ts'

const place = fc.constantFrom(...Object.values(DEFAULT_ADDRESSES), 'http://10.0.0.1/v1', 'http://10.0.0.2/v1')
const name = fc.constantFrom('openai:a', 'anthropic:b', 'cohere:c', 'none')
const some = <T>(names: readonly string[], of: fc.Arbitrary<T>) => fc.record(Object.fromEntries(names.map((one) => [one, of])), { requiredKeys: [] })
const given = fc
  .tuple(some(MODEL_NAMES, name), some(MODEL_ADDRESSES, place), some(MODEL_KEYS, fc.constant('key of environment')))
  .map((parts) => Object.assign({}, ...parts) as GivenModels)
const chosen = fc
  .tuple(
    some(MODEL_NAMES, name),
    some(MODEL_ADDRESSES, place),
    some(MODEL_KEYS, fc.record({ sealed: fc.constantFrom('chosen key', 'of another secret'), address: place })),
  )
  .map(([names, addresses, keys]) => ({ values: { ...names, ...addresses }, keys }) as ChosenModels)
const unseal = ({ sealed }: SealedKey) => (sealed === 'of another secret' ? undefined : sealed)

test('the environment comes first, then what was chosen; and what is fixed is what the environment sets', () => {
  fc.assert(
    fc.property(given, chosen, (environment, kept) => {
      const settled = settledModels(environment, kept, unseal)
      const { chatModel, fallbackModel, rerankModel, embeddingModel, addresses } = settled
      const found = { CHAT_MODEL: chatModel, CHAT_FALLBACK_MODEL: fallbackModel, RERANK_MODEL: rerankModel, EMBEDDING_MODEL: embeddingModel, ...addresses }
      for (const choice of MODEL_CHOICES) {
        const key = MODEL_KEYS.find((one) => ADDRESS_OF_KEY[one] === choice)
        if (environment[choice] !== undefined) expect(found[choice]).toEqual({ value: environment[choice], from: 'environment', fixedBy: choice })
        else if (key !== undefined && environment[key] !== undefined)
          expect(found[choice]).toEqual({ value: DEFAULT_ADDRESSES[ADDRESS_OF_KEY[key]], from: 'default', fixedBy: key })
        else expect(found[choice]).toMatchObject({ from: kept.values[choice] === undefined ? 'default' : 'chosen', fixedBy: undefined })
      }
    }),
    { numRuns: 500 },
  )
})

test('no key ever goes to an address that it was not given for', () => {
  const counted = { sent: 0, kept: 0 }
  fc.assert(
    fc.property(given, chosen, (environment, stored) => {
      const { addresses, keys } = settledModels(environment, stored, unseal)
      for (const one of MODEL_KEYS) {
        const [address, key, sealed] = [addresses[ADDRESS_OF_KEY[one]], keys[one], stored.keys[one]]
        if (key.value === 'key of environment') expect(address.from).not.toBe('chosen')
        if (key.value === 'chosen key') expect(address.value).toBe(sealed?.address)
        if (key.value === undefined && sealed !== undefined) expect(key.unusable).toBeDefined()
        if (key.value !== undefined) expect(key.unusable).toBeUndefined()
        counted[key.value === undefined ? 'kept' : 'sent'] += 1
      }
    }),
    { numRuns: 1000 },
  )
  expect(Math.min(counted.sent, counted.kept)).toBeGreaterThan(100)
})

test.each([
  ['', undefined],
  ['short-key', undefined],
  ['exactly-15-long', undefined],
  ['exactly-16-chars', 'hars'],
  ['sk-proj-0123456789abcdef', 'cdef'],
])('of "%s" the last four are %s', (text, shown) => {
  expect(lastFour(text)).toBe(shown)
})

test.each(['openai:gpt-4o', 'ollama:qwen2.5:7b', 'bedrock:arn:aws:bedrock:us-east-1::foundation-model/x', 'sagemaker:my-endpoint'])('%s is a name', (model) => {
  expect(checkModelName(model, CHAT_PROVIDERS)).toBeUndefined()
  expect(CHAT_PROVIDERS).toContain(providerOf(model))
})

test.each(['', 'gpt-4o', 'openai:', ':x', 'acme:x', 'Openai:x', 'constructor:x', 'local:x'])('"%s" is none', (model) => {
  expect(() => checkModelName(model, CHAT_PROVIDERS)).toThrow(expect.objectContaining({ code: 'model/unknown' }) as AppError)
})
