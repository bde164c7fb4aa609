import { describe, expect, test } from 'vitest'
import { fileToShow, nameProblem, proposedName, usualOverlap, withFiles } from './draft.ts'
import { partsOf } from './overlap.ts'

function file(path: string, size = 3000): File {
  const made = new File([new Uint8Array(size)], path.split('/').at(-1) ?? '')
  Object.defineProperty(made, 'webkitRelativePath', { value: path.includes('/') ? path : '' })
  return made
}
const none: ReadonlySet<string> = new Set()

describe('the draft of a database', () => {
  test('is named after the folder, or after the file', () => {
    expect(proposedName([file('staff_handbook/a.pdf'), file('staff_handbook/b/c.pdf')], none, 'New')).toBe('staff handbook')
    expect(proposedName([file('leave-2026.pdf'), file('x.pdf')], none, 'New')).toBe('leave-2026')
    expect(proposedName([file('one/a.pdf'), file('two/b.pdf')], none, 'New')).toBe('a')
    expect(proposedName([], none, 'New')).toBe('New')
    expect(proposedName([file('docs/a.pdf')], new Set(['docs', 'docs 2']), 'New')).toBe('docs 3')
  })

  test('what is proposed can be used', () => {
    for (const name of ['​', 'a\\b.txt', `${'x'.repeat(300)}.pdf`, '.env.local', '  '])
      expect(nameProblem(proposedName([file(name)], none, 'New'), none)).toBeUndefined()
  })

  test('names are checked', () => {
    expect(nameProblem('  ', none)).toBe('empty')
    expect(nameProblem('a/b', none)).toBe('signs')
    expect(nameProblem('x'.repeat(101), none)).toBe('long')
    expect(nameProblem('docs', new Set(['docs']))).toBe('taken')
    expect(nameProblem('Docs & more', none)).toBeUndefined()
  })

  test('the same path counts once', () => {
    const newer = file('a.txt')
    expect(withFiles([file('a.txt'), file('b.txt')], [newer])).toEqual([newer, expect.anything()])
  })

  test('a text of some length is shown', () => {
    const good = file('b.pdf')
    expect(fileToShow([file('a.png'), good])).toBe(good)
    expect(fileToShow([file('empty.txt', 0)])).toBeUndefined()
  })

  test('the usual overlap fits every chunk', () => {
    expect([32, 256, 512, 8192].map(usualOverlap)).toEqual([8, 64, 64, 64])
  })
})

describe('what chunks share', () => {
  test('is the beginning that the one before ends with', () => {
    expect(partsOf({ text: 'cdef', start: 2, end: 6 }, { text: 'abcd', start: 0, end: 4 })).toEqual(['cd', 'ef'])
  })
  test('is nothing for the first, for neighbours and where the text is not the file’s own', () => {
    expect(partsOf({ text: 'ab', start: 0, end: 2 }, undefined)).toEqual(['', 'ab'])
    expect(partsOf({ text: 'cd', start: 2, end: 4 }, { text: 'ab', start: 0, end: 2 })).toEqual(['', 'cd'])
    expect(partsOf({ text: 'x', start: 0, end: 9 }, { text: 'ab', start: 0, end: 2 })).toEqual(['', 'x'])
  })
})
