import { expect, test } from 'vitest'
import { indexedTitle } from './chunk.ts'

test.each([
  ['Apple Inc.', '2023 Q1 AAPL.pdf', 'Apple Inc. 2023 Q1 AAPL'],
  ['Travel policy', 'hr/travel-policy.docx', 'Travel policy travel-policy'],
  ['Leave', 'leave.md', 'Leave'],
  [undefined, '会议记录 2024.txt', '会议记录 2024'],
  [undefined, '8f14e45fceea167a.pdf', ''],
  ['Scan', '000123.tif', 'Scan'],
  ['Note', 'p00-0.txt', 'Note'],
  [undefined, '2023-10-04.csv', '2023-10-04'],
])('the title %s of %s is indexed as "%s"', (title, name, expected) => {
  expect(indexedTitle(title, name)).toBe(expected)
})
