import fc from 'fast-check'
import { expect, test } from 'vitest'
import { markedPieces } from './marked-terms.ts'

const marked = (text: string, ...terms: string[]) =>
  markedPieces(text, terms)
    .filter((piece) => piece.isMarked)
    .map((piece) => piece.text)

test.each<[string, string[], string[]]>([
  ['Policies and a policy', ['polici'], ['Policies', 'policy']],
  ['Requesting leave: requests', ['request', 'leav'], ['Requesting', 'leave', 'requests']],
  ['a cat catastrophe', ['cat'], ['cat']],
  ['Café CAFÉ', ['cafe'], ['Café', 'CAFÉ']],
  ['a well-known name', ['known'], ['known']],
  ['max_tokens of it', ['max_tokens'], ['max_tokens']],
  ['東京タワー', ['東京'], ['東京']],
  ['nothing here', ['else'], []],
])('%s', (text, terms, expected) => {
  expect(marked(text, ...terms)).toEqual(expected)
})

test('the pieces are the text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.array(fc.string({ unit: 'grapheme', maxLength: 4 })), (text, terms) => {
      expect(
        markedPieces(text, terms)
          .map((piece) => piece.text)
          .join(''),
      ).toBe(text)
    }),
  )
})
