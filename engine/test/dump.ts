import type { SqliteFile } from '../src/adapters/sqlite/database.ts'

/** What every request moves, whatever comes of it. */
const RESTLESS: Readonly<Record<string, readonly string[]>> = {
  usage: ['*'],
  usage_storage: ['*'],
  accounts: ['last_seen_at'],
  sessions: ['last_seen_at', 'expires_at'],
  api_keys: ['last_used_at'],
}

/** All rows of all tables but the counts of use: two that are equal say that nothing was changed. */
export function dumpOf(file: SqliteFile): Readonly<Record<string, readonly string[]>> {
  const tables = file.all("SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE '%VIRTUAL%' ORDER BY name").map(({ name }) => String(name))
  return Object.fromEntries(
    tables
      .filter((table) => RESTLESS[table]?.includes('*') !== true)
      .map((table) => {
        const left = RESTLESS[table] ?? []
        const rows = file.all(`SELECT * FROM "${table}"`).map((row) =>
          JSON.stringify(
            Object.entries(row).filter(([column]) => !left.includes(column)),
            plain,
          ),
        )
        return [table, rows.sort()]
      }),
  )
}

function plain(_: string, value: unknown): unknown {
  return value instanceof Uint8Array ? Buffer.from(value).toString('hex') : typeof value === 'bigint' ? String(value) : value
}
