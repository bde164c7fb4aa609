import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { catalogContract, type OpenCatalog } from '../../ports/catalog.contract.ts'
import { queueContract } from '../../ports/queue.contract.ts'
import { sqliteCatalog } from './catalog.ts'
import { openCatalogFile } from './catalog-file.ts'
import { sqliteQueue } from './queue.ts'

const open: OpenCatalog = async (making) => {
  const folder = mkdtempSync(join(tmpdir(), 'quarry-catalog-'))
  const file = openCatalogFile({ path: join(folder, 'quarry.sqlite') })
  const catalog = sqliteCatalog(file, making)
  return {
    catalog,
    queue: sqliteQueue(file, making),
    async close() {
      await catalog.close()
      rmSync(folder, { recursive: true })
    },
  }
}

catalogContract('sqlite', open)
queueContract('sqlite', open)
