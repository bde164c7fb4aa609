import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import type { Filter } from '../../domain/filter.ts'
import { sampleChunk, sampleVersion } from '../../ports/index-samples.contract.ts'
import { openIndexStore } from './index-store.ts'
import { encodeBytes, packVector, scanCoder, unpackVector } from './scan-codes.ts'
import { BINS, scanKernel } from './scan-kernel.ts'

const folder = mkdtempSync(join(tmpdir(), 'quarry-scan-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Always the same normal numbers. */
function normals(seed: number): () => number {
  let state = seed
  const uniform = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return (state + 0.5) / 2 ** 32
  }
  return () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform())
}

function makers(dimensions: number): Readonly<Record<string, () => Float32Array>> {
  const normal = normals(dimensions)
  const random = () => Float32Array.from({ length: dimensions }, normal)
  const centres = Array.from({ length: 40 }, random)
  let turn = 0
  const offset = random().map((value) => value * 2)
  return {
    random,
    clustered: () => (centres[turn++ % 40] as Float32Array).map((value) => value + normal() * 0.6),
    'with a common part': () => offset.map((value) => value + normal()),
    'with two huge components': () => random().map((value, index) => (index < 2 ? value + 30 : value)),
  }
}

function cosine(a: Float32Array, b: Float32Array): number {
  let [product, left, right] = [0, 0, 0]
  for (let index = 0; index < a.length; index++) {
    const [one, other] = [a[index] as number, b[index] as number]
    product += one * other
    left += one * one
    right += other * other
  }
  return product / Math.sqrt(left * right)
}

/**
 * Of 200 kept, a fifth of what is usual. Where all vectors are nearly parallel, what tells them apart lies near the
 * rounding of the codes and, at the far end, of the stored 16-bit values.
 */
const LEAST_RECALL: Readonly<Record<string, number>> = { 'with a common part': 0.95, 'with two huge components': 0.75 }
const cases = [8, 100, 384].flatMap((dimensions) => Object.keys(makers(dimensions)).map((kind) => [dimensions, kind] as const))

test.each(cases)(
  'the scan of %i dimensions, %s, finds the nearest, with and without a filter, also after reopening',
  { timeout: 120_000 },
  async (dimensions, kind) => {
    const make = makers(dimensions)[kind] ?? (() => new Float32Array(dimensions))
    const version = sampleVersion(`ver_${dimensions}_${kind.replaceAll(' ', '_')}`, dimensions)
    const count = 3_000
    const vectors = Array.from({ length: count }, make)
    const open = () => openIndexStore({ folder, threads: 0, kept: { least: 200, perResult: 20 } })
    let store = open()
    await store.chunks.create(version)
    for (let document = 0; document < 12; document++) {
      const documentId = `doc_${document}`
      const chunks = vectors.slice(document * 250, (document + 1) * 250).map((vector, ordinal) => ({
        ...sampleChunk(documentId, 1, ordinal, 0, 0),
        vector,
        terms: { title: [], headings: [], body: [] },
      }))
      await store.chunks.stage(version, chunks)
      const fields = {
        documentId,
        externalId: documentId,
        name: 'a',
        title: undefined,
        mediaType: 'text/plain',
        createdAt: 0,
        updatedAt: 0,
        metadata: { half: document % 2 },
      }
      await store.chunks.publish(version, fields, 1, 250)
    }
    const half: Filter = { field: 'half', op: 'eq', value: 1 }
    const queries = Array.from({ length: 15 }, make)
    const recall = async () => {
      let found = 0
      for (const query of queries) {
        const scores = vectors.map((vector, index) => ({ index, score: cosine(query, vector) })).sort((a, b) => b.score - a.score)
        for (const filter of [undefined, half]) {
          const best = scores.filter(({ index }) => filter === undefined || Math.floor(index / 250) % 2 === 1).slice(0, 10)
          const hits = await store.vectors.search(version, { vector: query, n: 10, filter })
          const ids = new Set(hits.map(({ chunkId }) => chunkId))
          found += best.filter(({ index }) => ids.has(`doc_${Math.floor(index / 250)}.1.${index % 250}`)).length / 20
        }
      }
      return found / queries.length
    }
    const before = await recall()
    expect(before).toBeGreaterThanOrEqual(LEAST_RECALL[kind] ?? 0.98)
    await store.chunks.check(version)
    await store.chunks.close()
    store = open()
    expect(Math.abs((await recall()) - before)).toBeLessThanOrEqual(0.005)
    await store.chunks.close()
  },
)

test.each([4, 6, 24, 64])('the kernel for %i groups scores as JavaScript does', (groups) => {
  const normal = normals(groups)
  const [dimensions, slots] = [groups * 64, 3]
  const coder = scanCoder(dimensions)
  const memory = new WebAssembly.Memory({ initial: 64 })
  const at = {
    histogram: 0,
    query: 20_480,
    allowed: 32_768,
    blocks: 33_024,
    codes: 65_536,
    factors: 2_000_000,
    out: 2_100_000,
    list: 2_200_000,
    dots: 2_300_000,
  }
  const vectors = Array.from({ length: slots * 128 }, () => Float32Array.from({ length: dimensions }, normal))
  const unit = (vector: Float32Array) => {
    const norm = Math.hypot(...vector)
    return vector.map((value) => value / norm)
  }
  vectors.forEach((vector, index) => {
    const code = new Uint8Array(memory.buffer, at.codes + index * groups * 16, groups * 16)
    new Float32Array(memory.buffer, at.factors, 512)[index] = coder.encode(unit(vector), undefined, code)
  })
  new Uint32Array(memory.buffer, at.blocks, slots).set([2, 0, 1])
  new Uint32Array(memory.buffer, at.allowed, slots * 4).fill(0xffffffff)
  new Uint32Array(memory.buffer, at.allowed, 1)[0] = 0b101 // of block 0, which is slot 1
  const query = unit(Float32Array.from({ length: dimensions }, normal))
  const factors = coder.encodeQuery(query, new Int8Array(memory.buffer, at.query, dimensions))
  const kernel = scanKernel(groups, memory)
  const found = kernel.scan(slots, at.blocks, at.allowed, at.codes, at.factors, at.query, factors.bias, factors.scale, at.histogram, at.out, 1e6)
  const entries = new Uint32Array(memory.buffer, at.out, found * 2)
  const positions = Array.from({ length: found }, (_, index) => entries[index * 2] ?? 0)
  const expected = Array.from({ length: slots * 128 }, (_, position) => position).filter(
    (position) => position < 128 || position >= 160 || position === 128 || position === 130,
  )
  expect(positions).toEqual(expected)
  positions.forEach((position, index) => {
    const score = ((entries[index * 2 + 1] ?? 0) - BINS / 2) / (BINS / 2)
    expect(Math.abs(score - cosine(query, vectors[position] as Float32Array))).toBeLessThan(2.5 / Math.sqrt(dimensions))
  })
  const codes = vectors.slice(0, 4).map((vector, index) => {
    const code = new Int8Array(memory.buffer, at.codes + index * dimensions, dimensions)
    encodeBytes(vector, code)
    return code.slice()
  })
  new Uint32Array(memory.buffer, at.list, 3).set([3, 0, 3])
  kernel.dots(at.list, 3, at.codes, at.query, dimensions, at.dots)
  const asked = new Int8Array(memory.buffer, at.query, dimensions)
  const dot = (code: Int8Array | undefined) => asked.reduce((sum, value, index) => sum + value * (code?.[index] ?? 0), 0)
  expect([...new Int32Array(memory.buffer, at.dots, 3)]).toEqual([dot(codes[3]), dot(codes[0]), dot(codes[3])])
})

test.each([1e-30, 1, 1e30])('a stored vector of length %d keeps its length and direction to three digits', (length) => {
  const vector = Float32Array.from({ length: 100 }, normals(7)).map((value) => value * length)
  const back = unpackVector(packVector(vector))
  expect(
    cosine(
      back.map((value) => value / length),
      vector.map((value) => value / length),
    ),
  ).toBeGreaterThan(0.999999)
  expect(Math.hypot(...back.map((value) => value / length)) / Math.hypot(...vector.map((value) => value / length))).toBeCloseTo(1, 3)
})
