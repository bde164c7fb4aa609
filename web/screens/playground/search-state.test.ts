import fc from 'fast-check'
import { expect, test } from 'vitest'
import { searchOf, stateOf } from './search-state.ts'

const share = fc.option(
  fc.integer({ min: 0, max: 100 }).map((hundredths) => hundredths / 100),
  { nil: undefined },
)
const name = fc.option(fc.string({ minLength: 1, maxLength: 30 }), { nil: undefined })

test('the address holds the whole state', () => {
  const states = fc.record({
    question: fc.string({ maxLength: 200 }),
    n: fc.integer({ min: 1, max: 100 }),
    filter: fc.string().filter((text) => text === '' || text.trim() !== ''),
    threshold: share,
    dense: share,
    version: name,
    against: name,
  })
  fc.assert(fc.property(states, (state) => void expect(stateOf(new URLSearchParams(searchOf(state)))).toEqual(state)))
})

test('what does not fit is left out', () => {
  const state = stateOf(new URLSearchParams('q=x&n=1000&threshold=2&dense=abc&version='))
  expect(state).toEqual({ question: 'x', n: 5, filter: '', threshold: undefined, dense: undefined, version: undefined, against: undefined })
  expect(searchOf(stateOf(new URLSearchParams()))).toBe('')
})
