import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { apiManual, errorsManual, settingsManual } from '../api/manual.ts'
import { SETTINGS } from '../settings.ts'
import { agentManual } from './agent-manual.ts'

// Writes the pages of the manual that are made from the code.
const docs = resolve(import.meta.dirname, '../../../docs')
const pages = { 'settings.md': settingsManual(SETTINGS), 'errors.md': errorsManual(), 'api.md': apiManual(), 'agent.md': agentManual() }
for (const [name, content] of Object.entries(pages)) writeFileSync(resolve(docs, name), content)
