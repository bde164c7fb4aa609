import { dirname } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parentPort, workerData } from 'node:worker_threads'

/** Thread that holds one ONNX model. In: texts. Out: their vectors, one after the other, or what went wrong. */
export interface WorkerSetup {
  readonly entry: string // of the runtime
  readonly folder: string // of the model
  readonly dtype: 'q8' | 'int8' | 'fp32'
  readonly pooling: 'mean' | 'cls' | 'last_token'
}
export interface WorkerRequest {
  readonly id: number
  readonly texts: readonly string[]
}
export type WorkerReply = { readonly id: number; readonly values: Float32Array; readonly dimensions: number } | { readonly id: number; readonly fault: string }

interface Library {
  readonly env: { allowRemoteModels: boolean; allowLocalModels: boolean; localModelPath: string; useFSCache?: boolean }
  pipeline(task: 'feature-extraction', model: string, options: object): Promise<Extract>
}
type Extract = (texts: readonly string[], options: object) => Promise<{ readonly dims: readonly number[]; readonly data: Float32Array; dispose?(): void }>

const setup = workerData as WorkerSetup
let loading: Promise<Extract> | undefined

async function load(): Promise<Extract> {
  const library = (await import(pathToFileURL(setup.entry).href)) as Library
  const organisation = dirname(setup.folder)
  Object.assign(library.env, { allowRemoteModels: false, allowLocalModels: true, localModelPath: dirname(organisation), useFSCache: false })
  const name = setup.folder.slice(dirname(organisation).length + 1).replaceAll('\\', '/')
  return library.pipeline('feature-extraction', name, { dtype: setup.dtype, device: 'cpu', local_files_only: true })
}

parentPort?.on('message', async ({ id, texts }: WorkerRequest) => {
  try {
    loading ??= load()
    const output = await (await loading)(texts, { pooling: setup.pooling, normalize: true })
    const values = Float32Array.from(output.data)
    output.dispose?.()
    const reply: WorkerReply = { id, values, dimensions: output.dims.at(-1) ?? 0 }
    parentPort?.postMessage(reply, [values.buffer])
  } catch (error) {
    loading = undefined
    const reply: WorkerReply = { id, fault: error instanceof Error ? error.message : String(error) }
    parentPort?.postMessage(reply)
  }
})
