import { expect, test } from 'vitest'
import { linesOf, opens, wrongOrigin } from './made-key.ts'

test('origins, one on each line', () => {
  expect(linesOf(' https://a.example/ \n\nhttp://localhost:3000')).toEqual(['https://a.example', 'http://localhost:3000'])
  expect(wrongOrigin('https://a.example\nhttp://localhost:3000')).toBeUndefined()
  expect(wrongOrigin('https://a.example/shop')).toBe('https://a.example/shop')
  expect(wrongOrigin('example.com')).toBe('example.com')
})

test('which keys open a database', () => {
  expect(opens({ databases: 'all' }, 'db_1')).toBe(true)
  expect(opens({ databases: ['db_2'] }, 'db_1')).toBe(false)
})
