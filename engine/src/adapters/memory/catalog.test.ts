import { catalogContract, type OpenCatalog } from '../../ports/catalog.contract.ts'
import { sharingContract } from '../../ports/catalog-shares.contract.ts'
import { versionsContract } from '../../ports/catalog-versions.contract.ts'
import { queueContract } from '../../ports/queue.contract.ts'
import { memoryCatalog } from './catalog.ts'
import { catalogState } from './catalog-state.ts'
import { memoryQueue } from './queue.ts'

const open: OpenCatalog = async (making) => {
  const state = catalogState(making)
  const catalog = memoryCatalog(state)
  return { catalog, queue: memoryQueue(state), person: async () => undefined, close: () => catalog.close() }
}

catalogContract('memory', open, { runs: 5 })
sharingContract('memory', open)
versionsContract('memory', open)
queueContract('memory', open)
