import { expect, test } from 'vitest'
import { isNamed, NOTHING_COMPARED, settingOf } from './compared.ts'

test('what is left as it is takes no part; the writer counts for answers alone', () => {
  expect(settingOf(NOTHING_COMPARED, true)).toBeUndefined()
  const all = { version: 'ver_1', writer: 'other', model: ' openai:small ', dense: 0.7 } as const
  const weights = { dense: 0.7, lexical: 0.3 }
  expect(settingOf(all, true)).toEqual({ version: 'ver_1', chat_model: 'openai:small', weights })
  expect(settingOf(all, false)).toEqual({ version: 'ver_1', weights })
  expect(settingOf({ ...NOTHING_COMPARED, writer: 'none' }, true)).toEqual({ chat_model: 'extractive' })
  expect(settingOf({ ...NOTHING_COMPARED, writer: 'none' }, false)).toBeUndefined()
  expect(settingOf({ ...NOTHING_COMPARED, dense: 0 }, false)).toEqual({ weights: { dense: 0, lexical: 1 } })
})

test('another model needs its name', () => {
  const named = (model: string) => isNamed({ ...NOTHING_COMPARED, writer: 'other', model })
  expect([named(' openai:small '), named('cohere:a/b'), named('small'), named(''), named('openai:')]).toEqual([true, true, false, false, false])
  expect(isNamed(NOTHING_COMPARED)).toBe(true)
})
