import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { cosine, embedderContract, expectModelFault } from '../../ports/embedder.contract.ts'
import { embedders } from '../embedders.ts'
import { localEmbedders } from './embedder.ts'
import { checkModel, listModels, readModel } from './models.ts'
import { installRuntime, runtimeEntry } from './runtime.ts'
import { TINY_WORDS, tinyVector, writeTinyModel } from './tiny-model.fixture.ts'

const SHARED = resolve(import.meta.dirname, '../../../../../shared/models')
const hasShared = existsSync(SHARED)
if (!hasShared) console.log('skipped: no ../shared/models, so the real static models are not tested')
/** The runtime is large, so it is only tested where a folder for it is named (kept between runs). */
const RUNTIME_ROOT = process.env.QUARRY_TEST_MODELS
if (RUNTIME_ROOT === undefined) console.log('skipped: QUARRY_TEST_MODELS names no folder, so ONNX models are not run')

const root = mkdtempSync(join(tmpdir(), 'quarry-models-'))
const opened: { close(): Promise<void> }[] = []
afterAll(async () => {
  for (const one of opened) await one.close()
  rmSync(root, { recursive: true, force: true })
})
const quiet = () => undefined
const log = { info: quiet, warn: quiet, error: quiet }
const never = new AbortController().signal

/** A static model of three words, made here. */
function writeStatic(name: string, dtype: 'F32' | 'F16' = 'F32'): string {
  const folder = join(root, ...name.split('/'))
  mkdirSync(folder, { recursive: true })
  const table = [0, 0, 9, 9, 1, 0, 0, 1, 0.6, 0.8]
  const width = dtype === 'F32' ? 4 : 2
  const header = Buffer.from(JSON.stringify({ embeddings: { dtype, shape: [5, 2], data_offsets: [0, table.length * width] } }))
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(header.length))
  const data = Buffer.alloc(table.length * width)
  const HALVES: Readonly<Record<number, number>> = { 0: 0, 9: 0x4880, 1: 0x3c00, 0.6: 0x38cd, 0.8: 0x3a66 }
  for (const [index, value] of table.entries()) dtype === 'F32' ? data.writeFloatLE(value, index * 4) : data.writeUInt16LE(HALVES[value] ?? 0, index * 2)
  writeFileSync(join(folder, 'model.safetensors'), Buffer.concat([length, header, data]))
  writeFileSync(join(folder, 'config.json'), JSON.stringify({ model_type: 'model2vec', normalize: true }))
  const vocab = { '[PAD]': 0, '[UNK]': 1, cat: 2, dog: 3, house: 4 }
  const tokenizer = {
    added_tokens: [],
    normalizer: { type: 'Lowercase' },
    pre_tokenizer: { type: 'Whitespace' },
    model: { type: 'WordLevel', vocab, unk_token: '[UNK]' },
  }
  writeFileSync(
    join(folder, 'tokenizer.json'),
    JSON.stringify({ version: '1.0', truncation: null, padding: null, post_processor: null, decoder: null, ...tokenizer }),
  )
  return folder
}

describe('static models', () => {
  writeStatic('quarry/static')
  writeStatic('quarry/half', 'F16')
  const provider = localEmbedders({ folder: root, log })
  embedderContract('a static model', () => provider.open('quarry/static', never))

  test('sum the vectors of known words to unit length; unknown words count nothing', async () => {
    const embedder = await provider.open('quarry/static', never)
    const [both, unknown] = await embedder.embed(['Cat dog zebra', 'zebra'], 'passage', never)
    expect([...(both ?? [])]).toEqual([Math.fround(Math.SQRT1_2), Math.fround(Math.SQRT1_2)])
    expect([...(unknown ?? [])]).toEqual([1, 0])
  })
  test('read half precision', async () => {
    const [vector] = await (await provider.open('quarry/half', never)).embed(['house'], 'query', never)
    expect(cosine(vector, Float32Array.of(0.6, 0.8))).toBeCloseTo(1, 5)
  })
  test.skipIf(!hasShared).each([
    ['model2vec-test-float32', 'hello world'],
    ['model2vec-test-vocab-quantized', Array.from({ length: 1000 }, () => 'hello').join(' ')],
  ])('%s gives the vector that its authors give', async (name, text) => {
    mkdirSync(join(root, 'shared'), { recursive: true })
    symlinkSync(join(SHARED, name), join(root, 'shared', name))
    const [expected] = JSON.parse(readFileSync(join(SHARED, name, 'expected_embedding.json'), 'utf8')) as number[][]
    const [vector] = await (await localEmbedders({ folder: root, log }).open(`shared/${name}`, never)).embed([text], 'passage', never)
    expect(cosine(vector, Float32Array.from(expected ?? []))).toBeCloseTo(1, 5)
  })
  test('a damaged file is refused, whatever its bytes', async () => {
    const folder = writeStatic('quarry/damaged')
    const whole = readFileSync(join(folder, 'model.safetensors'))
    for (let length = 0; length < whole.length; length += 7) {
      writeFileSync(join(folder, 'model.safetensors'), whole.subarray(0, length))
      await expectModelFault(provider.open('quarry/damaged', never), 'model/not-installed')
    }
  })
})

describe('the folder of models', () => {
  test('lists what is there, says what is missing, and lets no path in', async () => {
    writeStatic('quarry/partial')
    rmSync(join(root, 'quarry', 'partial', 'tokenizer.json'))
    const listed = await listModels(root)
    expect(listed.find((model) => model.name === 'quarry/partial')?.faults).toEqual(['tokenizer.json is missing'])
    await expectModelFault(localEmbedders({ folder: root, log }).open('quarry/partial', never), 'model/not-installed')
    for (const name of ['../etc/passwd', 'a/../b', '/a', 'a', 'a/b/c', '.a/b', 'a/..']) await expectModelFault(readModel(root, name), 'model/unknown')
    await expectModelFault(readModel(root, 'no/such'), 'model/not-installed')
  })
  test('finds a changed byte by the checksum', async () => {
    const folder = writeStatic('quarry/checked')
    const path = join(folder, 'config.json')
    const content = readFileSync(path)
    const files = [{ path: 'config.json', size: content.length, sha256: 'f'.repeat(64) }]
    writeFileSync(join(folder, 'quarry-model.json'), JSON.stringify({ name: 'quarry/checked', revision: 'x', files }))
    expect((await checkModel(root, 'quarry/checked')).faults).toEqual(['config.json is damaged: its checksum differs'])
    writeFileSync(path, `${content} `)
    expect((await readModel(root, 'quarry/checked')).faults[0]).toMatch(/^config.json has \d+ bytes instead of \d+$/)
  })
  test('an ONNX model without its runtime says so', async () => {
    writeTinyModel(root, 'quarry/tiny')
    const error = await expectModelFault(localEmbedders({ folder: root, log }).open('quarry/tiny', never), 'model/not-installed')
    expect(error.facts.reason).toMatch(/runtime/)
  })
})

describe.skipIf(RUNTIME_ROOT === undefined)('ONNX models', () => {
  const home = RUNTIME_ROOT ?? ''
  async function provider() {
    await installRuntime(home, never)
    expect(await runtimeEntry(home)).toBeDefined()
    writeTinyModel(home, 'quarry/tiny')
    writeTinyModel(home, 'quarry/e5-small-tiny')
    const made = localEmbedders({ folder: home, log })
    opened.push(made)
    return made
  }
  const once = RUNTIME_ROOT === undefined ? undefined : provider()
  const open = async (name: string) => {
    if (once === undefined) throw new Error('not reached: the suite is skipped')
    return (await once).open(name, never)
  }
  embedderContract('an ONNX model', () => open('quarry/tiny'))

  const mean = (words: readonly string[]) => {
    const rows = words.map((word) => tinyVector(TINY_WORDS.indexOf(word as (typeof TINY_WORDS)[number])))
    return Float32Array.from({ length: 4 }, (_, column) => rows.reduce((sum, row) => sum + (row[column] ?? 0), 0) / rows.length)
  }
  test('are run for real: the mean of the word vectors comes out, padding left out', async () => {
    const vectors = await (await open('quarry/tiny')).embed(['cat dog house cat', 'dog'], 'passage', never)
    expect(cosine(vectors[0], mean(['cat', 'dog', 'house', 'cat']))).toBeCloseTo(1, 5)
    expect(cosine(vectors[1], mean(['dog']))).toBeCloseTo(1, 5)
    expect(Math.hypot(...(vectors[0] ?? []))).toBeCloseTo(1, 5)
  })
  test('get the prefix that their kind wants', async () => {
    const embedder = await open('quarry/e5-small-tiny')
    expect(cosine((await embedder.embed(['cat'], 'query', never))[0], mean(['query:', 'cat']))).toBeCloseTo(1, 5)
    expect(cosine((await embedder.embed(['cat'], 'passage', never))[0], mean(['passage:', 'cat']))).toBeCloseTo(1, 5)
  })
})

test('names are opened once by their provider; unknown ones are refused', async () => {
  let openings = 0
  const inner = localEmbedders({ folder: root, log })
  const all = embedders({ local: { ...inner, open: (model, signal) => inner.open(model, signal).finally(() => (openings += 1)) } })
  const [one, two] = await Promise.all([all.open('local:quarry/static', never), all.open('local:quarry/static', never)])
  expect(one).toBe(two)
  expect(openings).toBe(1)
  for (const name of ['none', 'local:', 'other:x', '', ':x', 'constructor:x']) await expectModelFault(all.open(name, never), 'model/unknown')
  await expectModelFault(all.open('local:no/such', never), 'model/not-installed')
  expect((await all.list()).find((model) => model.name === 'local:quarry/static')?.ready).toBe(true)
  await all.close()
})
