import { expect, it } from 'vitest'
import { tokenOf } from './token.ts'

it('finds the token of a link', () => {
  expect(tokenOf('#ql_abc-_1')).toBe('ql_abc-_1')
  expect(tokenOf('#shared=ql_abc')).toBe('ql_abc')
  expect(tokenOf('#')).toBeUndefined()
  expect(tokenOf('')).toBeUndefined()
  expect(tokenOf('#other=1')).toBeUndefined()
})
