import { chunksContract } from '../../ports/chunks.contract.ts'
import { memoryChunks } from './chunks.ts'

chunksContract('memory', async () => {
  const chunks = memoryChunks()
  return { chunks, close: () => chunks.close() }
})
