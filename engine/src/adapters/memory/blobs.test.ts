import { blobsContract } from '../../ports/blobs.contract.ts'
import { memoryBlobs } from './blobs.ts'

blobsContract('memory', async () => {
  const blobs = memoryBlobs()
  return { blobs, leftovers: async () => 0, close: () => blobs.close() }
})
