import { MODEL_CHOICES, MODEL_KEYS, type ModelChoice, type ModelKeyName, type SealedKey } from '../../domain/models.ts'
import type { ModelChoices } from '../../ports/model-choices.ts'
import { text } from './catalog-rows.ts'
import type { SqliteFile } from './database.ts'

/** In the file of the catalog. */
export function sqliteModelChoices(file: SqliteFile): ModelChoices {
  function read() {
    const rows = new Map(file.all('SELECT name, value, address FROM model_choices').map((row) => [text(row, 'name'), row]))
    const chosen = MODEL_CHOICES.flatMap((name) => {
      const row = rows.get(name)
      return row === undefined ? [] : [[name, text(row, 'value')] as const]
    })
    const keys = MODEL_KEYS.flatMap((name) => {
      const row = rows.get(name)
      return row === undefined ? [] : [[name, { sealed: text(row, 'value'), address: text(row, 'address') }] as const]
    })
    return {
      values: Object.fromEntries(chosen) as Partial<Record<ModelChoice, string>>,
      keys: Object.fromEntries(keys) as Partial<Record<ModelKeyName, SealedKey>>,
    }
  }

  function put(name: string, value: string | null, address: string | null): void {
    if (value === null) file.run('DELETE FROM model_choices WHERE name = ?', name)
    else
      file.run('INSERT INTO model_choices VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value, address = excluded.address', name, value, address)
  }

  return {
    read: async () => read(),
    async change({ values, keys = {} }) {
      return file.write(() => {
        for (const name of MODEL_CHOICES) {
          const value = values[name]
          if (value !== undefined) put(name, value, null)
        }
        for (const name of MODEL_KEYS) {
          const key = keys[name]
          if (key !== undefined) put(name, key?.sealed ?? null, key?.address ?? null)
        }
        return read()
      })
    },
  }
}
