import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type VectorsUnderTest, vectorsContract } from '../../ports/vectors.contract.ts'
import { openIndexStore } from './index-store.ts'

/** So few candidates are kept that every sieve is passed. */
async function open(threads: number, least: number, folder = mkdtempSync(join(tmpdir(), 'quarry-vectors-'))): Promise<VectorsUnderTest> {
  const { chunks, vectors } = openIndexStore({ folder, threads, kept: { least, perResult: 1 } })
  return {
    chunks,
    vectors,
    async reopen() {
      await vectors.close()
      return open(threads, least, folder)
    },
    async close() {
      await vectors.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

vectorsContract('sqlite in the calling thread', () => open(0, 60))
vectorsContract('sqlite in two threads', () => open(2, 500), 6)
