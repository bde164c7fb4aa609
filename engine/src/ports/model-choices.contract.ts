import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { ChosenModels, ModelChoice } from '../domain/models.ts'
import type { ChosenModelsChange, ModelChoices } from './model-choices.ts'

/** The same choices over two connections. */
export interface ModelChoicesUnderTest {
  readonly choices: ModelChoices
  readonly other: ModelChoices
  close(): Promise<void>
}

const text = fc.constantFrom('openai:a', 'ollama:b', 'none', 'http://127.0.0.1:1/v1', "it's; -- \u{1f600}")
const value = fc.option(text, { nil: null })
const change: fc.Arbitrary<ChosenModelsChange> = fc
  .record(
    {
      values: fc.record({ CHAT_MODEL: value, EMBEDDING_MODEL: value, OPENAI_BASE_URL: value, OLLAMA_URL: value }, { requiredKeys: [] }),
      key: fc.option(fc.record({ sealed: text, address: text }), { nil: null }),
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
      expect(await store.choices.read()).toEqual({ values: {}, key: undefined })
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

function after(before: ChosenModels, { values, key }: ChosenModelsChange): ChosenModels {
  const merged: Record<string, string | null> = { ...before.values, ...values }
  const kept = Object.entries(merged).filter((entry): entry is [ModelChoice, string] => entry[1] !== null)
  return { values: Object.fromEntries(kept), key: key === undefined ? before.key : (key ?? undefined) }
}
