import type { SqliteFile } from './database.ts'

/** Rows that change in one transaction when much goes: other threads wait for the write lock for some 10 ms. */
export const BATCH = 200

/**
 * Runs a statement until it changes fewer than `BATCH` rows, a transaction each time; its last `?` takes the most rows that
 * it may change at once. May be stopped and begun again anywhere. Returns how many rows it changed.
 */
export async function inBatches(file: SqliteFile, sql: string, ...values: (string | number)[]): Promise<number> {
  for (let total = 0; ; ) {
    const changed = file.write(() => file.run(sql, ...values, BATCH), { freesSpace: true })
    total += changed
    if (changed < BATCH) return total
    await new Promise((resolve) => setImmediate(resolve))
  }
}
