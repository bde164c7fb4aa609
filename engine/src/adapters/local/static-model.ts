import { join } from 'node:path'
import { Tokenizer } from '@huggingface/tokenizers'
import { AppError } from '../../domain/errors.ts'
import { type LocalModel, readJson } from './models.ts'
import { readSafetensors } from './safetensors.ts'

export interface StaticModel {
  readonly dimensions: number
  /** Mean of the weighted vectors of the tokens, brought to unit length where the model says so. */
  embed(text: string): Float32Array
}

/** Longer texts are cut, as their authors do. */
const MAX_CHARACTERS = 100_000

/** A static (model2vec) model: no neural network, a sum over a table. @throws model/not-installed */
export async function loadStaticModel(model: LocalModel): Promise<StaticModel> {
  const tensors = await readSafetensors(join(model.folder, model.weights))
  const table = tensors.get('embeddings') ?? tensors.get('embedding.weight')
  const [rows, dimensions] = table?.shape ?? []
  if (table === undefined || rows === undefined || dimensions === undefined) {
    throw new AppError('model/not-installed', { model: model.name, reason: 'it has no table of embeddings' })
  }
  const weights = tensors.get('weights')?.values
  const mapping = tensors.get('mapping')?.values
  const definition = await readJson(join(model.folder, 'tokenizer.json'))
  const config = await readJson(join(model.folder, 'config.json'))
  const normalize = field(config, 'normalize') !== false
  const tokenizer = new Tokenizer(definition as object, {})
  const unknown = unknownId(definition, tokenizer)
  return {
    dimensions,
    embed(text) {
      const sum = new Float64Array(dimensions)
      let count = 0
      for (const id of tokenizer.encode(text.slice(0, MAX_CHARACTERS), { add_special_tokens: false }).ids) {
        if (id === unknown) continue
        const row = mapping === undefined ? id : mapping[id]
        if (row === undefined || row >= rows) continue
        const weight = weights?.[id] ?? 1
        for (let index = 0; index < dimensions; index += 1) sum[index] = (sum[index] ?? 0) + weight * (table.values[row * dimensions + index] ?? 0)
        count += 1
      }
      const length = normalize ? Math.sqrt(sum.reduce((total, value) => total + value * value, 0)) : count
      const vector = Float32Array.from(sum, (value) => (length === 0 ? 0 : value / length))
      // A text of which the table knows no word points nowhere; stores need some direction.
      if (vector.every((value) => value === 0)) vector[0] = 1
      return vector
    },
  }
}

function unknownId(definition: unknown, tokenizer: Tokenizer): number | undefined {
  const model = field(definition, 'model')
  const id = field(model, 'unk_id')
  if (typeof id === 'number') return id
  const token = field(model, 'unk_token')
  return typeof token === 'string' ? tokenizer.token_to_id(token) : undefined
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined
}
