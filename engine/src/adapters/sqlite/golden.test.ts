import { catalogPath } from '../../../test/sqlite-folder.ts'
import { rule } from '../../ports/catalog.contract.ts'
import { goldenContract } from '../../ports/golden.contract.ts'
import { sqliteCatalog } from './catalog.ts'
import { openCatalogFile } from './catalog-file.ts'
import { sqliteGolden } from './golden.ts'

const pathOf = catalogPath()

goldenContract('sqlite', async () => {
  const file = openCatalogFile({ path: pathOf() })
  const ruled = rule()
  return { golden: sqliteGolden(file, ruled), catalog: sqliteCatalog(file, ruled), close: async () => file.close() }
})
