import { expect, test } from 'vitest'
import { type Field, type FieldType, fieldsOf, LIMITS, metadataOf, problemsOf, withType } from './metadata-form.ts'

const field = (type: FieldType, text: string, key = 'k', id = 0): Field => ({ id, key, type, text })

test('what is shown unchanged is saved unchanged', () => {
  const metadata = { year: 2026, 'team.name': 'people', open: false, tags: ['a', 'b c'], sizes: [1, 2.5, -3e7], none: [], empty: '', line: ' kept ' }
  const fields = fieldsOf(metadata)
  expect(problemsOf(fields).size).toBe(0)
  expect(metadataOf(fields)).toEqual(metadata)
})

test.each([
  ['', /name/],
  ['a b', /Letters/],
  ['x'.repeat(65), /64/],
  ['@page', /Letters/],
])('the name %j is refused', (key, problem) => expect(problemsOf([field('text', 'x', key)]).get(0)?.key).toMatch(problem))

test('a name that stands twice is told at the second', () => {
  const problems = problemsOf([field('text', 'x', 'a', 1), field('text', 'y', 'a', 2)])
  expect([...problems.keys()]).toEqual([2])
})

test.each([
  ['number', 'twelve'],
  ['number', ''],
  ['number', '1e999'],
  ['numbers', '1\n2\nthree'],
  ['text', 'x'.repeat(LIMITS.text + 1)],
  ['texts', 'y\n'.repeat(LIMITS.list + 1)],
  ['texts', 'x'.repeat(LIMITS.text + 1)],
] as const)('a value of %s is checked', (type, text) => expect(problemsOf([field(type, text)]).get(0)?.value).toBeTruthy())

test('the line of a wrong number is told', () => expect(problemsOf([field('numbers', '1\n2\nthree')]).get(0)?.value).toContain('3'))

test('lists are read by lines, without empty ones', () => {
  expect(metadataOf([field('texts', ' a \n\nb\n'), field('numbers', '1\n 2 ', 'n', 1)])).toEqual({ k: ['a', 'b'], n: [1, 2] })
})

test('another type keeps what makes sense', () => {
  expect(withType(field('text', 'Yes'), 'boolean').text).toBe('true')
  expect(withType(field('text', 'other'), 'boolean').text).toBe('false')
  expect(withType(field('texts', 'a\nb'), 'text').text).toBe('a b')
  expect(withType(field('number', '12'), 'numbers').text).toBe('12')
})
