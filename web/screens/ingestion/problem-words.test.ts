import { describe, expect, test } from 'vitest'
import { detailOf, sentenceOf } from './problem-words.ts'

describe('why a file failed', () => {
  test('the sentence without its facts', () => {
    expect(sentenceOf({ message: 'The document is damaged and cannot be read. reason=no readable page' })).toBe('The document is damaged and cannot be read.')
    expect(sentenceOf({ message: 'The document is protected by a password.' })).toBe('The document is protected by a password.')
    expect(sentenceOf({ message: 'a=b' })).toBe('a=b')
  })
  test('the facts in words', () => {
    expect(detailOf({ facts: { reason: 'no readable page', documentId: 'doc_1' } })).toBe('No readable page.')
    expect(detailOf({ facts: { limit: '50000000 characters of text' } })).toBe('The limit is 50,000,000 characters of text.')
    expect(detailOf({ facts: { size: 3, entries: ['a'], toString: 'x' } })).toBeUndefined()
  })
})
