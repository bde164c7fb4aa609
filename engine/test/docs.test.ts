import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { apiManual, errorsManual, settingsManual } from '../src/api/manual.ts'
import { ROUTES } from '../src/api/routes.ts'
import { ERRORS } from '../src/domain/errors.ts'
import { SETTINGS } from '../src/settings.ts'

const DOCS = resolve(import.meta.dirname, '../../docs')
const read = (name: string) => readFileSync(resolve(DOCS, name), 'utf8')
const headings = (text: string) => [...text.matchAll(/^### (.+)$/gm)].map((match) => match[1] ?? '')

const PAGES: [string, object, string][] = [
  ['settings.md', SETTINGS, settingsManual(SETTINGS)],
  ['errors.md', ERRORS, errorsManual()],
  ['api.md', ROUTES, apiManual()],
]

describe.each(PAGES)('%s', (name, table, made) => {
  test('names exactly what the code has', () => {
    expect(headings(read(name)).sort()).toEqual(Object.keys(table).sort())
  })

  test('is what "npm run docs" makes', () => {
    expect(read(name)).toBe(made)
  })
})

test('every error that a route names exists, and says and hints in whole sentences', () => {
  for (const [code, row] of Object.entries(ERRORS)) {
    expect(row.says, code).toMatch(/^[A-Z].*\.$/)
    expect(row.hint, code).toMatch(/^[A-Z"].*\.$/)
  }
})
