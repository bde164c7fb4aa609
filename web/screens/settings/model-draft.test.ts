import { describe, expect, test } from 'vitest'
import { changeOf, draftOf, KEY_FIELDS, type ModelDraft, type ModelSettings, problemsOf } from './model-draft.ts'

const unset = { from: 'default', fixed_by: null } as const
const noKey = { set: false, last_four: null, from: null, fixed_by: null, problem: null }
const settings: ModelSettings = {
  chat_model: { value: null, ...unset },
  chat_fallback_model: { value: null, ...unset },
  rerank_model: { value: 'cohere:r', from: 'stored', fixed_by: null },
  embedding_model: { value: 'none', ...unset },
  openai_base_url: { value: 'https://models.example/v1', from: 'stored', fixed_by: null },
  anthropic_base_url: { value: 'https://api.anthropic.com', ...unset },
  cohere_base_url: { value: 'https://api.cohere.com', ...unset },
  ollama_url: { value: 'http://127.0.0.1:11434', ...unset },
  openai_api_key: { set: true, last_four: '1234', from: 'stored', fixed_by: null, problem: null },
  anthropic_api_key: noKey,
  cohere_api_key: noKey,
  aws_region: null,
}
const draft = draftOf(settings)
const texts = (change: Partial<ModelDraft['texts']>): ModelDraft => ({ ...draft, texts: { ...draft.texts, ...change } })

describe('a draft of the model settings', () => {
  test('leaves empty what nobody chose, and never holds a key', () => {
    expect(Object.entries(draft.texts).filter(([, text]) => text !== '')).toEqual([
      ['rerank_model', 'cohere:r'],
      ['openai_base_url', 'https://models.example/v1'],
    ])
    expect(Object.values(draft.keys)).toEqual(['', '', ''])
  })

  test('changes nothing as long as nothing was changed', () => expect(changeOf(draft, settings)).toEqual({}))

  test('tells what differs, and takes back what was emptied', () =>
    expect(changeOf(texts({ chat_model: ' openai:small ', openai_base_url: '', rerank_model: 'none' }), settings)).toEqual({
      chat_model: 'openai:small',
      openai_base_url: null,
      rerank_model: 'none',
    }))

  test.each(KEY_FIELDS)('a new %s wins over forgetting the old one, and touches no other', (name) => {
    const forgotten: ModelDraft = { ...draft, forgotten: new Set([name]) }
    expect(changeOf(forgotten, settings)).toEqual({ [name]: null })
    expect(changeOf({ ...forgotten, keys: { ...draft.keys, [name]: ' another-key ' } }, settings)).toEqual({ [name]: 'another-key' })
  })

  test('what cannot be right is told before it is sent', () => {
    const wrong = {
      chat_model: 'gpt',
      chat_fallback_model: 'none',
      rerank_model: 'best',
      embedding_model: 'a b',
      openai_base_url: 'file:///x',
      anthropic_base_url: 'x',
      cohere_base_url: 'ftp://x',
      ollama_url: 'x',
    }
    const problems = problemsOf({ ...texts(wrong), keys: { openai_api_key: 'short', anthropic_api_key: 'with a blank', cohere_api_key: '' } })
    expect(Object.keys(problems).sort()).toEqual([...Object.keys(wrong), 'openai_api_key', 'anthropic_api_key'].sort())
    expect(problemsOf(draft)).toEqual({})
  })
})
