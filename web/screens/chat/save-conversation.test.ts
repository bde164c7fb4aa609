import fc from 'fast-check'
import { expect, it } from 'vitest'
import { fileName } from './save-conversation.ts'

it('names files as every file system takes them', () => {
  expect(fileName('What is free culture?')).toBe('What is free culture')
  expect(fileName('../../etc/passwd')).toBe('etc passwd')
  expect(fileName(' ?? ')).toBe('conversation')
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (title) => {
      const name = fileName(title)
      expect(name).not.toMatch(/[<>:"/\\|?*\p{C}]|^\.|\.$/u)
      expect(name.length).toBeGreaterThan(0)
    }),
  )
})
