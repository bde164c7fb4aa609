import { describe, expect, test } from 'vitest'
import { changeOf, draftOf, type ModelSettings, problemsOf } from './model-draft.ts'

const unset = { from: 'default', fixed_by: null } as const
const settings: ModelSettings = {
  chat_model: { value: null, ...unset },
  embedding_model: { value: 'none', ...unset },
  openai_base_url: { value: 'https://models.example/v1', from: 'stored', fixed_by: null },
  ollama_url: { value: 'http://127.0.0.1:11434', ...unset },
  openai_api_key: { set: true, last_four: '1234', from: 'stored', fixed_by: null, problem: null },
}

describe('a draft of the model settings', () => {
  test('leaves empty what nobody chose, and never holds a key', () =>
    expect(draftOf(settings)).toEqual({ chat: '', embedder: '', openaiUrl: 'https://models.example/v1', ollamaUrl: '', key: '', isKeyForgotten: false }))

  test('changes nothing as long as nothing was changed', () => expect(changeOf(draftOf(settings), settings)).toEqual({}))

  test('tells what differs, and takes back what was emptied', () =>
    expect(changeOf({ ...draftOf(settings), chat: ' openai:small ', openaiUrl: '' }, settings)).toEqual({ chat_model: 'openai:small', openai_base_url: null }))

  test('a new key wins over forgetting the old one', () => {
    expect(changeOf({ ...draftOf(settings), isKeyForgotten: true }, settings)).toEqual({ openai_api_key: null })
    expect(changeOf({ ...draftOf(settings), isKeyForgotten: true, key: 'another-key' }, settings)).toEqual({ openai_api_key: 'another-key' })
  })

  test('what cannot be right is told before it is sent', () => {
    const { chat, embedder, openaiUrl, ollamaUrl, key } = problemsOf({
      chat: 'gpt',
      embedder: 'a b',
      openaiUrl: 'file:///x',
      ollamaUrl: 'x',
      key: 'short',
      isKeyForgotten: false,
    })
    for (const problem of [chat, embedder, openaiUrl, ollamaUrl, key]) expect(problem).toBeTypeOf('string')
    expect(problemsOf(draftOf(settings))).toEqual({})
  })
})
