import { expect, test } from 'vitest'
import { type AnswerDraft, type Answers, changeOf, draftOf, isNamed } from './answer-draft.ts'

const DEFAULT: Answers = { chat_model: null, rerank_model: null, voice: null, strictness: 'mark' }
const SET: Answers = { chat_model: 'extractive', rerank_model: 'cohere:r', voice: 'Short.', strictness: 'withhold' }

test.each([DEFAULT, SET])('what is saved changes nothing', (saved) => {
  expect(changeOf(draftOf(saved), saved)).toEqual({})
})

test('only what differs is told, and what is emptied is taken back', () => {
  const draft: AnswerDraft = {
    chat: { choice: 'own', name: ' openai:a ' },
    reranker: { choice: 'server', name: 'cohere:r' },
    voice: '  ',
    strictness: 'withhold',
  }
  expect(changeOf(draft, SET)).toEqual({ chat_model: 'openai:a', rerank_model: null, voice: null })
  expect(changeOf({ ...draftOf(DEFAULT), reranker: { choice: 'none', name: '' }, strictness: 'remove' }, DEFAULT)).toEqual({
    rerank_model: 'none',
    strictness: 'remove',
  })
})

test('a model of its own needs a name', () => {
  for (const name of ['', 'gpt', 'openai:', 'a b:c']) expect(isNamed({ choice: 'own', name }), name).toBe(false)
  expect(isNamed({ choice: 'own', name: ' ollama:qwen2.5:7b ' })).toBe(true)
  expect(isNamed({ choice: 'server', name: '' })).toBe(true)
})
