import { setPriority } from 'node:os'
import type { VersionRef } from '../../ports/chunks.ts'
import { chunkPaths, openChunkDatabase } from './chunk-file.ts'
import { engineOf } from './scan-index.ts'
import { buildIndex } from './scan-index-files.ts'

/** What the program is told, as JSON, in its first argument. */
export interface IndexTask {
  readonly folder: string
  readonly version: VersionRef
  readonly module: string
}

/**
 * A program of its own that builds one index: its memory goes when it ends, it can be killed at any time, and a fault
 * in native code ends nothing else. Tells the number of rows on its output.
 */
const { folder, version, module } = JSON.parse(process.argv[2] ?? '') as IndexTask
const parent = process.ppid
setPriority(10) // queries go first
const paths = chunkPaths(folder, version)
const db = openChunkDatabase(paths, version)
try {
  const rows = buildIndex(db, paths, version.settings.dimensions, engineOf(module), () => process.ppid === parent)
  process.stdout.write(String(rows))
} finally {
  db.close()
}
