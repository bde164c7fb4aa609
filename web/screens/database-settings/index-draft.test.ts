import { expect, test } from 'vitest'
import { changeOf, draftOf, problemsOf } from './index-draft.ts'

const model = (name: string) => ({ name, where: 'remote' as const, ready: true, note: '' })
const models = [model('openai:'), model('local:small')]
const live = { model: 'openai:text-embedding-3-small', chunk_size: 512, chunk_overlap: 64 }

test('a model of a provider is told by its name, a listed one is chosen', () => {
  expect(draftOf(live, models)).toMatchObject({ choice: 'openai:', name: 'text-embedding-3-small' })
  expect(draftOf({ ...live, model: 'local:small' }, models)).toMatchObject({ choice: 'local:small', name: '' })
  expect(draftOf({ ...live, model: 'fake:test' }, models)).toMatchObject({ choice: 'fake:test', name: '' })
})

test('only a change that holds together is one', () => {
  const draft = draftOf(live, models)
  expect(changeOf(draft, live)).toBeUndefined()
  expect(changeOf({ ...draft, chunkSize: '256' }, live)).toEqual({ ...live, chunk_size: 256 })
  expect(changeOf({ ...draft, chunkSize: '100' }, live)).toBeUndefined()
  expect(problemsOf({ ...draft, chunkSize: '100' })).toEqual({ name: false, chunkSize: false, overlap: true })
  expect(problemsOf({ ...draft, name: ' ', chunkSize: '', overlap: '0' })).toEqual({ name: true, chunkSize: true, overlap: false })
})
