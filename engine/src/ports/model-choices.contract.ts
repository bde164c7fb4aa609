import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type ChosenModels, MODEL_CHOICES, MODEL_KEYS } from '../domain/models.ts'
import type { ChosenModelsChange, ModelChoices } from './model-choices.ts'

/** The same choices over two connections. */
export interface ModelChoicesUnderTest {
  readonly choices: ModelChoices
  readonly other: ModelChoices
  close(): Promise<void>
}

const text = fc.constantFrom('openai:a', 'anthropic:b', 'none', 'http://127.0.0.1:1/v1', "it's; -- \u{1f600}")
const value = fc.option(text, { nil: null })
const someOf = <T>(names: readonly string[], of: fc.Arbitrary<T>) => fc.record(Object.fromEntries(names.map((name) => [name, of])), { requiredKeys: [] })
const change: fc.Arbitrary<ChosenModelsChange> = fc
  .record(
    {
      values: someOf(MODEL_CHOICES, value),
      keys: someOf(MODEL_KEYS, fc.option(fc.record({ sealed: text, address: text }), { nil: null })),
    },
    { requiredKeys: ['values'] },
  )
  .map((one) => one as ChosenModelsChange)

/** What every adapter of `ModelChoices` keeps. */
export function modelChoicesContract(name: string, open: () => Promise<ModelChoicesUnderTest>): void {
  describe(`${name} keeps the promises of ModelChoices`, () => {
    let store: ModelChoicesUnderTest
    beforeEach(async () => {
      store = await open()
    })
    afterEach(() => store.close())

    test('nothing is chosen at first', async () => {
      expect(await store.choices.read()).toEqual({ values: {}, keys: {} })
    })

    test('what is named changes, null takes it back, the rest stays; every connection reads it at once', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 8 }), async (changes) => {
          let expected = await store.choices.read()
          for (const [index, one] of changes.entries()) {
            expected = after(expected, one)
            expect(await (index % 2 === 0 ? store.choices : store.other).change(one)).toEqual(expected)
            expect(await store.choices.read()).toEqual(expected)
            expect(await store.other.read()).toEqual(expected)
          }
        }),
        { numRuns: 50 },
      )
    })
  })
}

function after(before: ChosenModels, { values, keys }: ChosenModelsChange): ChosenModels {
  const merged = <T extends object>(one: T, two: object | undefined) =>
    Object.fromEntries(Object.entries({ ...one, ...two }).filter(([, kept]) => kept !== null))
  return { values: merged(before.values, values), keys: merged(before.keys, keys) }
}
