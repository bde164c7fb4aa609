import { randomUUID } from 'node:crypto'
import { rmSync } from 'node:fs'
import { expect, test } from 'vitest'
import { DEFAULT_WEIGHTS } from '../../domain/database.ts'
import { catalogContract, type OpenCatalog } from '../../ports/catalog.contract.ts'
import { sharingContract } from '../../ports/catalog-shares.contract.ts'
import { versionsContract } from '../../ports/catalog-versions.contract.ts'
import { queueContract } from '../../ports/queue.contract.ts'
import { sqliteCatalog } from './catalog.ts'
import { openCatalogFile } from './catalog-file.ts'
import { newCatalogFolder } from './new-file.fixture.ts'
import { sqliteQueue } from './queue.ts'

const open: OpenCatalog = async (making) => {
  const { folder, path } = newCatalogFolder()
  const file = openCatalogFile({ path })
  const catalog = sqliteCatalog(file, making)
  return {
    catalog,
    queue: sqliteQueue(file, making),
    async person(id) {
      file.run("INSERT OR IGNORE INTO accounts (id, role, state, valid_after, search_key, created_at) VALUES (?, 'member', 'active', 0, '', 0)", id)
    },
    async close() {
      await catalog.close()
      rmSync(folder, { recursive: true })
    },
  }
}

test('a database that was removed by a process that was killed right then is purged, whatever is still queued for it', async () => {
  const { folder, path } = newCatalogFolder()
  const file = openCatalogFile({ path })
  const making = { now: () => Date.now(), newId: (prefix: string) => `${prefix}_${randomUUID()}` }
  const settings = { embedder: 'none', dimensions: 0, chunkSize: 512, chunkOverlap: 64, analyzer: 'quarry-1' }
  let writes = 0
  const killed = sqliteCatalog(
    {
      ...file,
      write(work, options) {
        writes += 1
        if (writes === 2) throw new Error('killed')
        return file.write(work, options)
      },
    },
    making,
  )
  const catalog = sqliteCatalog(file, making)
  const { database } = await catalog.createDatabase({ ownerId: 'ann', name: 'd', description: undefined, weights: DEFAULT_WEIGHTS, settings })
  const { job } = await catalog.createVersion(database.id, { ...settings, chunkSize: 128 })
  await expect(killed.removeDatabase('ann', database.id)).rejects.toThrow('killed')
  const queue = sqliteQueue(file, making)
  expect((await queue.claim('w', 1000))?.kind).toBe('drop')
  await catalog.forgetDatabase(database.id)
  expect((await queue.job('ann', job.id)).state).toBe('cancelled')
  await catalog.close()
  rmSync(folder, { recursive: true })
})

catalogContract('sqlite', open, { runs: 150 })
sharingContract('sqlite', open)
versionsContract('sqlite', open)
queueContract('sqlite', open)
