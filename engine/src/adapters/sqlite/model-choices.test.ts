import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { modelChoicesContract } from '../../ports/model-choices.contract.ts'
import { openCatalogFile } from './catalog-file.ts'
import { sqliteModelChoices } from './model-choices.ts'

const PLACE = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()

modelChoicesContract('sqlite', async () => {
  const folder = mkdtempSync(join(PLACE, 'quarry-models-'))
  const path = join(folder, 'quarry.sqlite')
  const [file, second] = [openCatalogFile({ path }), openCatalogFile({ path })]
  return {
    choices: sqliteModelChoices(file),
    other: sqliteModelChoices(second),
    async close() {
      file.close()
      second.close()
      rmSync(folder, { recursive: true })
    },
  }
})
