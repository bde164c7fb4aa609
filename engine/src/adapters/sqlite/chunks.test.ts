import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ChunksUnderTest, chunksContract } from '../../ports/chunks.contract.ts'
import { openIndexStore } from './index-store.ts'

/** Two stores on one folder, as the API and the ingest thread have them. */
async function open(threads: number, folder = mkdtempSync(join(tmpdir(), 'quarry-chunks-'))): Promise<ChunksUnderTest> {
  const [first, second] = [openIndexStore({ folder, threads, open: 2 }), openIndexStore({ folder, threads: 0 })]
  const shut = async () => {
    await Promise.all([first.chunks.close(), second.chunks.close()])
  }
  return {
    chunks: first.chunks,
    second: second.chunks,
    async reopen() {
      await shut()
      return open(threads, folder)
    },
    async close() {
      await shut()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

chunksContract('sqlite in the calling thread', () => open(0))
chunksContract('sqlite in two threads', () => open(2), 8)
