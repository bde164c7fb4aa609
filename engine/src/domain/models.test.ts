import fc from 'fast-check'
import { expect, test } from 'vitest'
import { DEFAULT_OPENAI_BASE_URL, type GivenModels, lastFour, MODEL_CHOICES, MODEL_KEY, type ModelChoice, type SealedKey, settledModels } from './models.ts'

const PLACES = ['https://api.openai.com/v1', 'http://10.0.0.1/v1', 'http://10.0.0.2/v1'] as const
const place = fc.constantFrom(...PLACES)
const maybe = <T>(some: fc.Arbitrary<T>) => fc.option(some, { nil: undefined })
const given: fc.Arbitrary<GivenModels> = fc.record({
  CHAT_MODEL: maybe(fc.constant('openai:of-environment')),
  EMBEDDING_MODEL: maybe(fc.constant('openai:e-of-environment')),
  OPENAI_BASE_URL: maybe(place),
  OLLAMA_URL: maybe(place),
  OPENAI_API_KEY: maybe(fc.constant('key of environment')),
})
const values = fc.record(
  { CHAT_MODEL: fc.constant('openai:chosen'), EMBEDDING_MODEL: fc.constant('none'), OPENAI_BASE_URL: place, OLLAMA_URL: place },
  { requiredKeys: [] },
)
const key: fc.Arbitrary<SealedKey | undefined> = maybe(fc.record({ sealed: fc.constantFrom('chosen key', 'of another secret'), address: place }))
const unseal = ({ sealed }: SealedKey) => (sealed === 'of another secret' ? undefined : sealed)
const NAMES = { CHAT_MODEL: 'chatModel', EMBEDDING_MODEL: 'embeddingModel', OPENAI_BASE_URL: 'openaiBaseUrl', OLLAMA_URL: 'ollamaUrl' } as const

test('the environment comes first, then what was chosen; and what is fixed is what the environment sets', () => {
  fc.assert(
    fc.property(given, values, key, (environment, chosenValues, chosenKey) => {
      const settled = settledModels(environment, { values: chosenValues as Partial<Record<ModelChoice, string>>, key: chosenKey }, unseal)
      for (const name of MODEL_CHOICES) {
        const found = settled[NAMES[name]]
        if (environment[name] !== undefined) expect(found).toEqual({ value: environment[name], from: 'environment', fixedBy: name })
        else if (name === 'OPENAI_BASE_URL' && environment[MODEL_KEY] !== undefined)
          expect(found).toEqual({ value: DEFAULT_OPENAI_BASE_URL, from: 'default', fixedBy: MODEL_KEY })
        else expect(found).toMatchObject({ from: chosenValues[name] === undefined ? 'default' : 'chosen', fixedBy: undefined })
      }
    }),
    { numRuns: 1000 },
  )
})

test('no key ever goes to an address that it was not given for', () => {
  const counted = { sent: 0, kept: 0 }
  fc.assert(
    fc.property(given, values, key, (environment, chosenValues, chosenKey) => {
      const { openaiBaseUrl, openaiKey } = settledModels(environment, { values: chosenValues as Partial<Record<ModelChoice, string>>, key: chosenKey }, unseal)
      if (openaiKey.value === 'key of environment') expect(openaiBaseUrl.from).not.toBe('chosen')
      if (openaiKey.value === 'chosen key') expect(openaiBaseUrl.value).toBe(chosenKey?.address)
      if (openaiKey.value === undefined && chosenKey !== undefined) expect(openaiKey.unusable).toBeDefined()
      if (openaiKey.value !== undefined) expect(openaiKey.unusable).toBeUndefined()
      counted[openaiKey.value === undefined ? 'kept' : 'sent'] += 1
    }),
    { numRuns: 2000 },
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
