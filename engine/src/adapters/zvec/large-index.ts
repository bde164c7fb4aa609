import { createRequire } from 'node:module'
import type { ZVecHnswIndexParams } from '@zvec/zvec'
import type { LargeIndexEngine } from '../large-index.ts'

type Zvec = typeof import('@zvec/zvec')

const FIELD = 'vector'
/** Measured at 100,000 x 384, clustered: more links or a longer list while building cost time and give no recall. */
const [LINKS, BUILD_LIST] = [16, 200] as const
/** Nodes that a query looks at, at the least: recall of 30 fetched for 10 wanted is above 0.99. */
const QUERY_LIST = 120

let loaded: Zvec | undefined

/** Loaded late: the native part takes memory, and it does not exist for every machine. */
function zvec(): Zvec {
  if (loaded !== undefined) return loaded
  loaded = createRequire(import.meta.url)('@zvec/zvec') as Zvec
  loaded.ZVecInitialize({ logType: loaded.ZVecLogType.CONSOLE, logLevel: loaded.ZVecLogLevel.FATAL })
  return loaded
}

/** Vectors alone, 8-bit, in a graph; the id of a vector is the number of its row. */
export const largeIndexEngine: LargeIndexEngine = {
  build(directory, dimensions, batches) {
    const { ZVecCollectionSchema, ZVecCreateAndOpen, ZVecDataType, ZVecIndexType, ZVecMetricType, ZVecQuantizeType } = zvec()
    const indexParams: ZVecHnswIndexParams = {
      indexType: ZVecIndexType.HNSW,
      metricType: ZVecMetricType.IP,
      m: LINKS,
      efConstruction: BUILD_LIST,
      quantizeType: ZVecQuantizeType.INT8,
    }
    const vectors = { name: FIELD, dataType: ZVecDataType.VECTOR_FP32, dimension: dimensions, indexParams }
    const collection = ZVecCreateAndOpen(directory, new ZVecCollectionSchema({ name: 'vectors', vectors }))
    try {
      for (const batch of batches) {
        const refused = collection.insertSync(batch.map(({ row, direction }) => ({ id: String(row), vectors: { [FIELD]: direction } }))).find(({ ok }) => !ok)
        if (refused !== undefined) throw new Error(`zvec refused a vector: ${refused.message}`)
      }
      collection.optimizeSync({ concurrency: 1 })
    } finally {
      collection.closeSync()
    }
  },

  open(directory) {
    const { ZVecIndexType, ZVecOpen } = zvec()
    const collection = ZVecOpen(directory, { readOnly: true, enableMMAP: true })
    return {
      nearest(direction, count) {
        const params = { indexType: ZVecIndexType.HNSW, ef: Math.max(QUERY_LIST, count) }
        return collection.querySync({ fieldName: FIELD, vector: direction, topk: count, outputFields: [], params }).map(({ id }) => Number(id))
      },
      close: () => collection.closeSync(),
    }
  },
}
