import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { forgetDrafts, moveDraft, readDraft, writeDraft } from './drafts.ts'

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
