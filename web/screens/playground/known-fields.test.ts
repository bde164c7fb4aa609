import { expect, test } from 'vitest'
import { knownFields } from './known-fields.ts'

test('fields with their type and values, then the built-in ones', () => {
  const fields = knownFields([
    { metadata: { year: 2023, tags: ['a', 'b'] } },
    { metadata: { year: 2024, tags: ['b'], mixed: 1 } },
    { metadata: { mixed: 'x', draft: true } },
  ])
  expect(fields.slice(0, 4)).toEqual([
    { name: 'draft', type: 'truth', values: ['true'] },
    { name: 'mixed', type: undefined, values: ['1', 'x'] },
    { name: 'tags', type: 'text', values: ['b', 'a'] },
    { name: 'year', type: 'number', values: ['2023', '2024'] },
  ])
  expect(fields.find(({ name }) => name === '@page')).toMatchObject({ type: 'number' })
})
