import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError } from '../../domain/errors.ts'

/** `static`: a table of word vectors (model2vec), no runtime needed. `onnx`: a transformer, needs the runtime. */
export type LocalKind = 'static' | 'onnx'

export interface LocalModel {
  readonly name: string // org/name
  readonly folder: string
  readonly kind: LocalKind
  /** The weights' file within the folder. */
  readonly weights: string
  readonly pooling: 'mean' | 'cls' | 'last_token'
  /** Files that are missing or wrong; the model is ready when there are none. */
  readonly faults: readonly string[]
}

/** What a fetch leaves beside the files, so that a later check knows what should be there. */
export interface ModelManifest {
  readonly name: string
  readonly revision: string
  readonly files: readonly { readonly path: string; readonly size: number; readonly sha256: string | undefined }[]
}

export const MANIFEST = 'quarry-model.json'
/** `org/name` as on the hub; each part is a folder, so nothing else is let in. */
const NAME = /^(?!\.)[\w.-]{1,96}\/(?!\.)[\w.-]{1,96}$/
const ONNX_FILES = ['onnx/model_quantized.onnx', 'onnx/model_int8.onnx', 'onnx/model.onnx'] as const

/** Models worth their size, for people who look for one. Sizes in MB as the hub states them. */
export const SUGGESTED: readonly { readonly name: string; readonly note: string }[] = [
  { name: 'Xenova/all-MiniLM-L6-v2', note: 'English, 384 dimensions, 23 MB' },
  { name: 'Xenova/multilingual-e5-small', note: '100 languages, 384 dimensions, 118 MB' },
  { name: 'Xenova/bge-small-en-v1.5', note: 'English, 384 dimensions, 34 MB' },
  { name: 'minishlab/potion-base-8M', note: 'English, static (very fast, no runtime), 256 dimensions, 30 MB' },
]

export function checkName(name: string): string {
  if (!NAME.test(name) || name.includes('..')) throw new AppError('model/unknown', { model: name.slice(0, 200), expected: 'org/name' })
  return name
}

/** What a folder holds. @throws model/not-installed when there is nothing of the model */
export async function readModel(root: string, name: string): Promise<LocalModel> {
  const folder = join(root, ...checkName(name).split('/'))
  const has = async (path: string) => (await sizeOf(join(folder, path))) !== undefined
  let weights: string | undefined
  for (const path of ONNX_FILES) if (weights === undefined && (await has(path))) weights = path
  const manifest = await readManifest(folder)
  // A fetch that was cut off has its manifest, but not yet its weights.
  weights ??= manifest?.files.find(({ path }) => /\.(?:onnx|safetensors)$/.test(path))?.path
  const kind: LocalKind = weights?.endsWith('.onnx') === true ? 'onnx' : 'static'
  if (weights === undefined && (await has('model.safetensors'))) weights = 'model.safetensors'
  if (weights === undefined) throw new AppError('model/not-installed', { model: `local:${name}` })
  const needed = [weights, 'tokenizer.json', 'config.json', ...(kind === 'onnx' ? ['tokenizer_config.json'] : [])]
  const faults: string[] = []
  for (const path of needed) if (!(await has(path))) faults.push(`${path} is missing`)
  for (const { path, size } of manifest?.files ?? []) {
    const there = await sizeOf(join(folder, path))
    if (there === undefined && !needed.includes(path)) faults.push(`${path} is missing`)
    if (there !== undefined && there !== size) faults.push(`${path} has ${there} bytes instead of ${size}`)
  }
  return { name, folder, kind, weights, pooling: await poolingOf(folder, name), faults }
}

/** Reads every byte where a checksum is known; faults are sentences for a person. @throws model/not-installed */
export async function checkModel(root: string, name: string): Promise<LocalModel> {
  const model = await readModel(root, name)
  const faults = [...model.faults]
  for (const file of (await readManifest(model.folder))?.files ?? []) {
    if (file.sha256 === undefined || faults.some((fault) => fault.startsWith(`${file.path} `))) continue
    if ((await hashOf(join(model.folder, file.path))) !== file.sha256) faults.push(`${file.path} is damaged: its checksum differs`)
  }
  return { ...model, faults }
}

/** Every model with a folder of its own below `root`, by name. */
export async function listModels(root: string): Promise<LocalModel[]> {
  const models: LocalModel[] = []
  for (const org of await foldersOf(root)) {
    for (const name of await foldersOf(join(root, org))) {
      if (!NAME.test(`${org}/${name}`)) continue
      try {
        models.push(await readModel(root, `${org}/${name}`))
      } catch (error) {
        if (!(error instanceof AppError) || error.code !== 'model/not-installed') throw error
      }
    }
  }
  return models
}

async function foldersOf(path: string): Promise<string[]> {
  try {
    const entries = await readdir(path, { withFileTypes: true })
    return entries
      .filter((entry) => entry.isDirectory() || entry.isSymbolicLink())
      .map((entry) => entry.name)
      .sort()
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) return []
    throw error
  }
}

export async function sizeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) return undefined
    throw error
  }
}

export async function hashOf(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const piece of createReadStream(path)) hash.update(piece)
  return hash.digest('hex')
}

async function readManifest(folder: string): Promise<ModelManifest | undefined> {
  return (await readJson(join(folder, MANIFEST))) as ModelManifest | undefined
}

/** Undefined when the file is not there. @throws model/not-installed when it is not JSON */
export async function readJson(path: string): Promise<unknown> {
  if ((await sizeOf(path)) === undefined) return undefined
  try {
    return JSON.parse(await readFile(path, 'utf8'))
  } catch (error) {
    throw new AppError('model/not-installed', { reason: `${path.split(/[/\\]/).slice(-3).join('/')} is damaged` }, error)
  }
}

/** As the model's own sentence-transformers file says; BGE and its kin take the first token, all others the mean. */
async function poolingOf(folder: string, name: string): Promise<LocalModel['pooling']> {
  const config = await readJson(join(folder, '1_Pooling', 'config.json'))
  if (typeof config === 'object' && config !== null) {
    if ('pooling_mode_cls_token' in config && config.pooling_mode_cls_token === true) return 'cls'
    if ('pooling_mode_lasttoken' in config && config.pooling_mode_lasttoken === true) return 'last_token'
    return 'mean'
  }
  return /bge-|arctic-embed|mxbai-embed|gte-.*-en-v1\.5/i.test(name) ? 'cls' : 'mean'
}
