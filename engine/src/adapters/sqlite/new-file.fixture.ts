import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openCatalogFile } from './catalog-file.ts'

// In memory where there is such a place: what is durable is tested in database.test.ts, elsewhere thousands of calls are.
const PLACE = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()

let made: Buffer | undefined

/** A folder with a catalog file as it is on a first start: made once, then copied. Whoever asks deletes the folder. */
export function newCatalogFolder(): { readonly folder: string; readonly path: string } {
  const folder = mkdtempSync(join(PLACE, 'quarry-catalog-'))
  const path = join(folder, 'quarry.sqlite')
  if (made === undefined) {
    openCatalogFile({ path }).close() // the last connection takes the write-ahead log with it
    made = readFileSync(path)
    for (const suffix of ['-wal', '-shm']) rmSync(`${path}${suffix}`, { force: true })
  }
  writeFileSync(path, made)
  return { folder, path }
}
