import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Words of the tiny model; row n of its table is the vector of word n. */
export const TINY_WORDS = ['[PAD]', '[UNK]', 'cat', 'dog', 'house', 'query:', 'passage:'] as const
export const TINY_DIMENSIONS = 4
export const tinyVector = (row: number): number[] => Array.from({ length: TINY_DIMENSIONS }, (_, column) => Math.sin(1 + row * 7 + column * 3))

/**
 * Writes a whole, real ONNX model into root/<name>: one Gather over a table of word vectors, made byte by byte as the
 * protobuf format says, with a word-level tokenizer. Mean pooling and unit length are left to the product.
 */
export function writeTinyModel(root: string, name: string): void {
  const folder = join(root, ...name.split('/'))
  mkdirSync(join(folder, 'onnx'), { recursive: true })
  const json = (path: string, value: unknown) => writeFileSync(join(folder, path), JSON.stringify(value))
  const vocab = Object.fromEntries(TINY_WORDS.map((word, index) => [word, index]))
  const special = { single_word: false, lstrip: false, rstrip: false, normalized: false, special: true }
  json('config.json', { model_type: 'bert' })
  json('tokenizer_config.json', { tokenizer_class: 'PreTrainedTokenizerFast', pad_token: '[PAD]', unk_token: '[UNK]', model_max_length: 512 })
  json('tokenizer.json', {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: [
      { id: 0, content: '[PAD]', ...special },
      { id: 1, content: '[UNK]', ...special },
    ],
    normalizer: { type: 'Lowercase' },
    pre_tokenizer: { type: 'WhitespaceSplit' },
    post_processor: null,
    decoder: null,
    model: { type: 'WordLevel', vocab, unk_token: '[UNK]' },
  })
  writeFileSync(join(folder, 'onnx', 'model.onnx'), onnx())
}

const varint = (value: number): Buffer => {
  const bytes: number[] = []
  for (let left = value; ; left = Math.floor(left / 128)) {
    if (left < 128) return Buffer.from([...bytes, left])
    bytes.push((left % 128) + 128)
  }
}
const whole = (field: number, value: number) => Buffer.concat([varint(field * 8), varint(value)])
const bytes = (field: number, value: Buffer | string) => {
  const content = Buffer.from(value)
  return Buffer.concat([varint(field * 8 + 2), varint(content.length), content])
}
const message = (field: number, ...parts: readonly Buffer[]) => bytes(field, Buffer.concat(parts))

const FLOAT = 1
const INT64 = 7

function onnx(): Buffer {
  const rows = TINY_WORDS.length
  const table = Buffer.alloc(rows * TINY_DIMENSIONS * 4)
  for (let row = 0; row < rows; row += 1) {
    for (const [column, value] of tinyVector(row).entries()) table.writeFloatLE(value, (row * TINY_DIMENSIONS + column) * 4)
  }
  const dimension = (size: string | number) => message(1, typeof size === 'string' ? bytes(2, size) : whole(1, size))
  const value = (field: number, name: string, type: number, shape: readonly (string | number)[]) =>
    message(field, bytes(1, name), message(2, message(1, whole(1, type), message(2, ...shape.map(dimension)))))
  const node = message(1, bytes(1, 'table'), bytes(1, 'input_ids'), bytes(2, 'last_hidden_state'), bytes(3, 'gather'), bytes(4, 'Gather'))
  const initializer = message(5, whole(1, rows), whole(1, TINY_DIMENSIONS), whole(2, FLOAT), bytes(8, 'table'), bytes(9, table))
  const graph = message(
    7,
    node,
    bytes(2, 'tiny'),
    initializer,
    value(11, 'input_ids', INT64, ['batch', 'length']),
    value(11, 'attention_mask', INT64, ['batch', 'length']),
    value(12, 'last_hidden_state', FLOAT, ['batch', 'length', TINY_DIMENSIONS]),
  )
  return Buffer.concat([whole(1, 8), graph, message(8, bytes(1, ''), whole(2, 13))])
}
