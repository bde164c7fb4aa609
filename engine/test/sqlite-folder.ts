import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach } from 'vitest'

/** A folder of its own for each test of the file that calls this; gives where its catalog lies, which is not there yet. */
export function catalogPath(): () => string {
  let folder = ''
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'quarry-migration-'))
  })
  afterEach(() => rmSync(folder, { recursive: true }))
  return () => join(folder, 'quarry.sqlite')
}
