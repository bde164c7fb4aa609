import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { apiManual, errorsManual, settingsManual } from '../api/manual.ts'
import { SETTINGS } from '../settings.ts'

// Writes the pages of the manual that are made from the code.
const docs = resolve(import.meta.dirname, '../../../docs')
const pages = { 'settings.md': settingsManual(SETTINGS), 'errors.md': errorsManual(), 'api.md': apiManual() }
for (const [name, content] of Object.entries(pages)) writeFileSync(resolve(docs, name), content)
