import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { catalogContract, type OpenCatalog } from '../../ports/catalog.contract.ts'
import { queueContract } from '../../ports/queue.contract.ts'
import { sqliteCatalog } from './catalog.ts'
import { openCatalogFile } from './catalog-file.ts'
import { sqliteQueue } from './queue.ts'

// In memory where there is such a place: what is durable is tested in database.test.ts, here thousands of calls are.
const PLACE = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()

const open: OpenCatalog = async (making) => {
  const folder = mkdtempSync(join(PLACE, 'quarry-catalog-'))
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

catalogContract('sqlite', open, { runs: 150 })
queueContract('sqlite', open)
