import { createWriteStream } from 'node:fs'
import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { AppError } from '../../domain/errors.ts'
import { type Http, type HttpClock, httpClient } from '../http.ts'
import { checkModel, checkName, hashOf, type LocalModel, MANIFEST, type ModelManifest, sizeOf } from './models.ts'

export interface FetchOptions {
  readonly root: string
  /** The hub or a mirror; https://huggingface.co unless told. */
  readonly hub?: string
  readonly signal: AbortSignal
  /** Bytes of the whole model. */
  onProgress?(done: number, total: number): void
  readonly clock?: HttpClock
}

type ModelFile = ModelManifest['files'][number]

const HUB = 'https://huggingface.co'
const WAIT_MS = 30_000
const TRIES = 5
const MAX_MODEL_BYTES = 4 * 1024 ** 3
const SMALL_FILES = new Set(['config.json', 'tokenizer.json', 'tokenizer_config.json', 'special_tokens_map.json', 'modules.json', '1_Pooling/config.json'])
const WEIGHTS = ['onnx/model_quantized.onnx', 'onnx/model_int8.onnx', 'onnx/model.onnx'] as const

/**
 * Downloads a model file by file, each checked and then moved into place: what is cut off goes on where it was the
 * next time. Needs no network afterwards. @throws model/unknown, model/unavailable, model/refused
 */
export async function fetchModel(name: string, options: FetchOptions): Promise<LocalModel> {
  const { root, signal } = options
  const folder = join(root, ...checkName(name).split('/'))
  const http = httpClient({
    baseUrl: (options.hub ?? HUB).replace(/\/$/, ''),
    service: 'the model hub',
    faults: { unavailable: 'model/unavailable', refused: 'model/refused' },
    redirects: true,
    ...(options.clock === undefined ? {} : { clock: options.clock }),
  })
  const manifest = await describe(http, name, signal)
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, MANIFEST), JSON.stringify(manifest, undefined, 2))
  const total = manifest.files.reduce((sum, file) => sum + file.size, 0)
  let before = 0
  for (const file of manifest.files) {
    const done = before
    await fetchFile(http, name, manifest.revision, file, folder, signal, (bytes) => options.onProgress?.(done + bytes, total))
    before += file.size
  }
  const model = await checkModel(root, name)
  if (model.faults.length > 0) throw new AppError('model/unavailable', { model: name, reason: model.faults.join('; ') })
  return model
}

async function describe(http: Http, name: string, signal: AbortSignal): Promise<ModelManifest> {
  const read = (value: unknown): ModelManifest => {
    const revision = field(value, 'sha')
    const siblings = field(value, 'siblings')
    if (typeof revision !== 'string' || !/^[0-9a-f]{40}$/.test(revision) || !Array.isArray(siblings)) {
      throw new AppError('model/unavailable', { model: name, reason: 'the hub describes the model in an unknown way' })
    }
    const files = siblings.flatMap((sibling: unknown): ModelFile[] => {
      const [path, size] = [field(sibling, 'rfilename'), field(sibling, 'size')]
      const sha256 = field(field(sibling, 'lfs'), 'sha256') ?? field(field(sibling, 'lfs'), 'oid')
      if (typeof path !== 'string' || typeof size !== 'number') return []
      return [{ path, size, sha256: typeof sha256 === 'string' && /^[0-9a-f]{64}$/.test(sha256) ? sha256 : undefined }]
    })
    return { name, revision, files: wanted(files, name) }
  }
  const path = `/api/models/${name}/revision/main?blobs=true`
  return http.json({ method: 'GET', path, timeoutMs: WAIT_MS, retries: 3, signal }, read)
}

function wanted(files: readonly ModelFile[], name: string): ModelFile[] {
  const onnx = WEIGHTS.find((path) => files.some((file) => file.path === path))
  const weights = onnx ?? (files.some((file) => file.path === 'model.safetensors') ? 'model.safetensors' : undefined)
  if (weights === undefined) throw new AppError('model/unknown', { model: name, reason: 'it has neither ONNX files nor a static table' })
  const chosen = files.filter(({ path }) => SMALL_FILES.has(path) || path === weights || path === `${weights}_data`)
  const bytes = chosen.reduce((sum, file) => sum + file.size, 0)
  if (bytes > MAX_MODEL_BYTES) throw new AppError('model/refused', { model: name, reason: `${bytes} bytes are more than a model may have` })
  return chosen
}

async function fetchFile(
  http: Http,
  name: string,
  revision: string,
  file: ModelFile,
  folder: string,
  signal: AbortSignal,
  onProgress: (bytes: number) => void,
): Promise<void> {
  const target = join(folder, ...file.path.split('/'))
  if ((await sizeOf(target)) === file.size && (file.sha256 === undefined || (await hashOf(target)) === file.sha256)) return onProgress(file.size)
  await mkdir(dirname(target), { recursive: true })
  const part = `${target}.part`
  for (let attempt = 1; ; attempt += 1) {
    try {
      await fetchRest(http, `/${name}/resolve/${revision}/${file.path}`, part, file.size, signal, onProgress)
      break
    } catch (error) {
      const passing = error instanceof AppError && error.code === 'model/unavailable'
      if (!passing || attempt >= TRIES) throw error
    }
  }
  const size = (await sizeOf(part)) ?? 0
  if (size !== file.size || (file.sha256 !== undefined && (await hashOf(part)) !== file.sha256)) {
    await rm(part, { force: true })
    throw new AppError('model/unavailable', { model: name, reason: `${file.path} came damaged` })
  }
  await rename(part, target)
}

async function fetchRest(http: Http, path: string, part: string, size: number, signal: AbortSignal, onProgress: (bytes: number) => void): Promise<void> {
  let from = (await sizeOf(part)) ?? 0
  if (from > size) {
    await rm(part)
    from = 0
  }
  if (from === size && from > 0) return
  const headers: Record<string, string> = from === 0 ? {} : { range: `bytes=${from}-` }
  const reply = await http.open({ method: 'GET', path, headers, timeoutMs: WAIT_MS, retries: 2, maxBytes: size, signal })
  let done = reply.status === 206 ? from : 0 // a server without ranges begins anew
  const counted = async function* (): AsyncGenerator<Uint8Array> {
    for await (const piece of reply.content) {
      done += piece.byteLength
      onProgress(done)
      yield piece
    }
  }
  await pipeline(Readable.from(counted()), createWriteStream(part, { flags: done > 0 ? 'a' : 'w' }), { signal })
  reply.judge(true)
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined
}
