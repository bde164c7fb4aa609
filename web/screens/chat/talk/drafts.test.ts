import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { draftPlaces, forgetDrafts, moveDraft, readDraft, writeDraft } from './drafts.ts'
import { anotherNewChat, isNewChat, newChat } from './new-chats.ts'
import { noting, type Underway, underwayOf, writeUnderway } from './sent.ts'
import type { AnswerEvent } from './turn.ts'

class MemoryStorage {
  readonly kept = new Map<string, string>()
  get length() {
    return this.kept.size
  }
  key = (at: number) => [...this.kept.keys()][at] ?? null
  getItem = (name: string) => this.kept.get(name) ?? null
  setItem = (name: string, text: string) => void this.kept.set(name, text)
  removeItem = (name: string) => void this.kept.delete(name)
}

let storage: MemoryStorage
beforeEach(() => {
  storage = new MemoryStorage()
  vi.stubGlobal('sessionStorage', storage)
})
afterEach(() => {
  forgetDrafts()
  vi.unstubAllGlobals()
})

test('a draft that moves goes behind what stands there', () => {
  writeDraft('a:new-1', 'typed')
  moveDraft('a:new-1', 'a:c')
  expect([readDraft('a:new-1'), readDraft('a:c')]).toEqual(['', 'typed'])
  writeDraft('a:new-1', 'more')
  moveDraft('a:new-1', 'a:c')
  expect(readDraft('a:c')).toBe('typed\nmore')
  moveDraft('a:new-1', 'a:c')
  expect(readDraft('a:c')).toBe('typed\nmore')
})

test('all drafts are forgotten, and nothing else', () => {
  storage.setItem('other', 'stays')
  for (const place of ['a:c', 'a:c:sent', 'a:c:back', 'b:new-1']) writeDraft(place, 'typed')
  forgetDrafts()
  expect([...storage.kept]).toEqual([['other', 'stays']])
  expect(readDraft('a:c')).toBe('')
})

test('the drafts of one owner are forgotten; those of others stay', () => {
  for (const place of ['a:c', 'a:c:sent', 'ab:c', 'b:a:c']) writeDraft(place, 'typed')
  forgetDrafts('a')
  expect([...storage.kept.keys()]).toEqual(['quarry-draft:ab:c', 'quarry-draft:b:a:c'])
})

test('where storage is closed, the page forgets too', () => {
  vi.stubGlobal('sessionStorage', undefined)
  writeDraft('a:c', 'typed')
  expect(readDraft('a:c')).toBe('typed')
  forgetDrafts('a')
  expect(readDraft('a:c')).toBe('')
})

const underway: Underway = { stream: 'str_1', question: 'q', parent: 'start', conversation: undefined }
/** As a page that is loaded anew finds it: what the former one had in memory is gone, the storage of the tab is not. */
function reloaded() {
  const kept = [...storage.kept]
  forgetDrafts()
  for (const [name, text] of kept) storage.setItem(name, text)
}

test('what is under way is found after a reload, of its owner alone, and goes with the drafts', () => {
  writeUnderway('a:new-1', underway)
  writeUnderway('a:c', { ...underway, stream: 'str_2', conversation: 'c' })
  writeUnderway('b:c', { ...underway, stream: 'str_3' })
  writeDraft('a:c', 'typed')
  reloaded()
  expect([...underwayOf('a')].map(([place, { stream, conversation }]) => [place, stream, conversation])).toEqual([
    ['a:new-1', 'str_1', undefined],
    ['a:c', 'str_2', 'c'],
  ])
  writeUnderway('a:c', undefined)
  expect([...underwayOf('a').keys()]).toEqual(['a:new-1'])
  forgetDrafts('a')
  expect([draftPlaces('a'), [...underwayOf('b').keys()]]).toEqual([[], ['b:c']])
})

test.each(['', '{', 'null', '"x"', '{"stream":1}', '{"stream":"s","question":"q"}'])('%j is nothing under way', (text) => {
  storage.setItem('quarry-draft:a:c:stream', text)
  expect([...underwayOf('a')]).toEqual([])
})

test('the conversation that an answer names is kept with it, and nothing where nothing is under way', async () => {
  const start = (id: string | null): AnswerEvent => ({ event: 'answer-start', data: { conversation_id: id } })
  async function* events(): AsyncGenerator<AnswerEvent> {
    yield start('conv_1')
    yield { event: 'text-delta', data: { text: 'a' } }
  }
  writeUnderway('a:new-1', underway)
  const told: string[] = []
  for await (const { event } of noting(events(), 'a:new-1')) told.push(event)
  for await (const { event } of noting(events(), 'a:new-2')) told.push(event)
  expect([...underwayOf('a')]).toEqual([['a:new-1', { ...underway, conversation: 'conv_1' }]])
  expect(told).toEqual(['answer-start', 'text-delta', 'answer-start', 'text-delta'])
})

test('the new conversation is the same one after a reload', () => {
  expect(newChat('a')).toBe('new-1')
  expect(anotherNewChat('a')).toBe('new-2')
  reloaded()
  expect([newChat('a'), newChat('b'), isNewChat('new-2'), isNewChat('conv_new-2')]).toEqual(['new-2', 'new-1', true, false])
})
