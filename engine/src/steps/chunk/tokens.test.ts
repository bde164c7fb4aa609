import fc from 'fast-check'
import { countTokens as reference } from 'gpt-tokenizer/encoding/o200k_base'
import { expect, test } from 'vitest'
import { countTokens } from './tokens.ts'

const exact = (text: string) => (text === '' ? 0 : reference(text, { disallowedSpecial: new Set() }))
const piece = fc.oneof(
  fc.constantFrom(' ', '  ', '\n', ' \n', '\r\n', '\t', '\u00a0', '\u3000', '\ufeff', '/', "'ll", '12', '1234', '<|endoftext|>', '—', '.', ' .', '('),
  fc.stringMatching(/^[A-Za-z]{1,12}$/),
  fc.string({ unit: 'grapheme', maxLength: 6 }),
)

test('counting word by word gives what the encoding gives for the whole text', () => {
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
      const text = pieces.join('')
      expect(countTokens(text)).toBe(exact(text))
    }),
    { numRuns: 3_000 },
  )
})

test('a long run without a blank is counted within a few hundredths', () => {
  const text = `before ${'abcdefgh'.repeat(500)} after`
  expect(Math.abs(countTokens(text) - exact(text))).toBeLessThan(exact(text) * 0.05)
})
