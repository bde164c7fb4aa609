import { expect, test } from 'vitest'
import { draftOf, firstRow, noFilter, switched, textOf } from './filter-draft.ts'

const typed = (text: string) => ({ ...noFilter(), mode: text.startsWith('{') ? ('json' as const) : ('text' as const), text })

test('the meaning stays from one way of writing to the next and back', () => {
  const rows = draftOf('year >= 2023 and team = "people ops"')
  expect(rows.mode).toBe('rows')
  const json = switched(rows, 'json')
  expect('draft' in json && json.draft.text).toBe('{\n  "year": {\n    "$gte": 2023\n  },\n  "team": "people ops"\n}')
  const text = 'draft' in json ? switched(json.draft, 'text') : json
  expect('draft' in text && text.draft.text).toBe('year >= 2023 and team = "people ops"')
})

test('what is in the way of a switch is told', () => {
  expect(switched(typed('year >='), 'rows')).toMatchObject({ fault: { kind: 'told', fault: { facts: { at: 'character 8' } } } })
  expect(switched(typed('{"a": }'), 'text')).toMatchObject({ fault: { kind: 'not-json' } })
  expect(switched(typed('a in [1, x]'), 'rows')).toEqual({ fault: { kind: 'not-rows' } })
  expect(switched(firstRow(), 'text')).toEqual({ fault: { kind: 'unfinished' } })
})

test('an empty filter switches freely and says nothing', () => {
  expect(textOf(noFilter())).toEqual({ text: '' })
  expect(switched(noFilter(), 'json')).toMatchObject({ draft: { mode: 'json', text: '' } })
})

test('a filter that cannot be read stays as it was typed', () => {
  expect(draftOf('year >=')).toMatchObject({ mode: 'text', text: 'year >=' })
})
