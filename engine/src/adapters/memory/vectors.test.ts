import { vectorsContract } from '../../ports/vectors.contract.ts'
import { memoryVectors } from './vectors.ts'

vectorsContract('memory', async () => {
  const vectors = memoryVectors()
  return { vectors, close: () => vectors.close() }
})
