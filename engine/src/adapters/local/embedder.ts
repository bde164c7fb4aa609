import { Worker } from 'node:worker_threads'
import { AppError } from '../../domain/errors.ts'
import type { Embedder, ModelInfo } from '../../ports/embedder.ts'
import type { Log } from '../../ports/world.ts'
import type { ModelProvider } from '../embedders.ts'
import { prefixesOf } from '../model-prefixes.ts'
import { checkVector } from '../vector-check.ts'
import { type LocalModel, listModels, readModel, SUGGESTED } from './models.ts'
import type { WorkerReply, WorkerRequest, WorkerSetup } from './onnx-worker.ts'
import { runtimeEntry } from './runtime.ts'
import { loadStaticModel } from './static-model.ts'

/** Texts in one run of an ONNX model: larger ones mostly pad. */
const BATCH = 16
/** A turn of the event loop is given up after so many texts of a static model. */
const STATIC_TURN = 200

/** Models in `folder`/<org>/<name>, as `local:<org>/<name>`. Never uses the network. */
export function localEmbedders(options: { readonly folder: string; readonly log: Log }): ModelProvider {
  const root = options.folder
  const workers = new Set<OnnxWorker>()
  return {
    async open(name) {
      const model = await readModel(root, name)
      if (model.faults.length > 0) throw new AppError('model/not-installed', { model: `local:${name}`, faults: model.faults })
      if (model.kind === 'static') return staticEmbedder(model)
      const entry = await runtimeEntry(root)
      if (entry === undefined) throw new AppError('model/not-installed', { model: `local:${name}`, reason: 'the runtime for ONNX models is missing' })
      const worker = onnxWorker(options.log, { entry, folder: model.folder, dtype: dtypeOf(model), pooling: model.pooling })
      workers.add(worker)
      return onnxEmbedder(model, worker)
    },
    async list() {
      const models = await listModels(root)
      const installed = models.map(({ name, kind, faults }): ModelInfo => {
        const note = faults.length > 0 ? faults.join('; ') : kind === 'static' ? 'static, on this machine' : 'ONNX, on this machine'
        return { name: `local:${name}`, where: 'local', ready: faults.length === 0, note }
      })
      const others = SUGGESTED.filter(({ name }) => !models.some((model) => model.name === name))
      return [
        ...installed,
        ...others.map(({ name, note }): ModelInfo => ({ name: `local:${name}`, where: 'local', ready: false, note: `not installed: ${note}` })),
      ]
    },
    async close() {
      await Promise.all([...workers].map((worker) => worker.close()))
      workers.clear()
    },
  }
}

async function staticEmbedder(model: LocalModel): Promise<Embedder> {
  const table = await loadStaticModel(model)
  const name = `local:${model.name}`
  return {
    name,
    dimensions: table.dimensions,
    where: 'local',
    async embed(texts, _kind, signal) {
      const vectors: Float32Array[] = []
      for (const text of texts) {
        if (vectors.length % STATIC_TURN === 0) await new Promise((resolve) => setImmediate(resolve))
        signal.throwIfAborted()
        vectors.push(checkVector(table.embed(text), table.dimensions, name))
      }
      return vectors
    },
  }
}

async function onnxEmbedder(model: LocalModel, worker: OnnxWorker): Promise<Embedder> {
  const name = `local:${model.name}`
  const prefixes = prefixesOf(model.name)
  const { dimensions } = await worker.run(['dimensions'])
  return {
    name,
    dimensions,
    where: 'local',
    async embed(texts, kind, signal) {
      // Texts of like length together, so that little is padded; the order is restored at the end.
      const order = texts
        .map((text, index) => ({ text: prefixes[kind] + (text.trim() === '' ? '.' : text), index }))
        .sort((one, two) => one.text.length - two.text.length)
      const vectors = new Array<Float32Array>(texts.length)
      for (let from = 0; from < order.length; from += BATCH) {
        signal.throwIfAborted()
        const batch = order.slice(from, from + BATCH)
        const { values } = await worker.run(batch.map(({ text }) => text))
        for (const [place, { index }] of batch.entries()) {
          vectors[index] = checkVector(values.slice(place * dimensions, (place + 1) * dimensions), dimensions, name)
        }
      }
      return vectors
    },
  }
}

interface OnnxWorker {
  run(texts: readonly string[]): Promise<{ readonly values: Float32Array; readonly dimensions: number }>
  close(): Promise<void>
}

/** The thread is started with the first texts and again after it died; it keeps no process alive. */
function onnxWorker(log: Log, setup: WorkerSetup): OnnxWorker {
  const waiting = new Map<number, { resolve(reply: { values: Float32Array; dimensions: number }): void; reject(error: unknown): void }>()
  let worker: Worker | undefined
  let last = 0

  function died(error: unknown): void {
    if (waiting.size > 0) log.warn('model-thread-ended', { folder: setup.folder, error })
    worker = undefined
    for (const { reject } of waiting.values()) reject(new AppError('model/unavailable', { reason: 'the thread of the model ended' }, error))
    waiting.clear()
  }

  function start(): Worker {
    const started = new Worker(new URL('./onnx-worker.ts', import.meta.url), { workerData: setup, execArgv: [], env: {} })
    started.on('message', (reply: WorkerReply) => {
      const one = waiting.get(reply.id)
      waiting.delete(reply.id)
      if (waiting.size === 0) started.unref()
      if ('fault' in reply)
        one?.reject(new AppError('model/refused', { model: setup.folder.split(/[/\\]/).slice(-2).join('/'), said: reply.fault.slice(0, 300) }))
      else one?.resolve(reply)
    })
    started.on('error', died)
    started.on('exit', died)
    return started
  }

  return {
    run(texts) {
      return new Promise((resolve, reject) => {
        worker ??= start()
        worker.ref()
        last += 1
        waiting.set(last, { resolve, reject })
        const request: WorkerRequest = { id: last, texts }
        worker.postMessage(request)
      })
    },
    async close() {
      await worker?.terminate()
    },
  }
}

function dtypeOf(model: LocalModel): WorkerSetup['dtype'] {
  if (model.weights.endsWith('_quantized.onnx')) return 'q8'
  return model.weights.endsWith('_int8.onnx') ? 'int8' : 'fp32'
}
