import { expect, test } from 'vitest'
import { CHUNKS_PER_PAGE, findOrdinal, type Span, wantedOf } from './find-ordinal.ts'

/** Chunks of uneven length that overlap. */
function chunksOf(count: number): readonly Span[] {
  const chunks: Span[] = []
  let at = 0
  for (let ordinal = 0; ordinal < count; ordinal++) {
    const length = 200 + ((ordinal * 7919) % 1800)
    chunks.push({ start: at, end: at + length })
    at += length - (ordinal % 3 === 0 ? 0 : 80) + (ordinal % 50 === 0 ? 30 : 0)
  }
  return chunks
}

test.each([1, 99, 100, 101, 250, 5000])('finds the chunk of any offset among %i, with few requests', async (total) => {
  const chunks = chunksOf(total)
  const end = chunks.at(-1)?.end ?? 0
  for (let offset = 0; offset < end + 500; offset += Math.ceil(end / 97)) {
    let asked = 0
    const found = await findOrdinal(total, offset, (page) => {
      asked += 1
      return Promise.resolve(chunks.slice(page * CHUNKS_PER_PAGE, (page + 1) * CHUNKS_PER_PAGE))
    })
    const chunk = chunks[found ?? -1]
    expect(chunk).toBeDefined()
    if (offset < end) expect(chunk?.start).toBeLessThanOrEqual(offset)
    expect(asked).toBeLessThanOrEqual(6)
    // No later chunk of the same page begins at or before it, and none lies wholly behind it unless between two chunks.
    const next = chunks[(found ?? 0) + 1]
    if (next !== undefined && next.start <= offset) expect((found ?? 0) % CHUNKS_PER_PAGE).toBe(CHUNKS_PER_PAGE - 1)
  }
})

test('there may be none, or fewer than was told', async () => {
  expect(await findOrdinal(0, 5, () => Promise.resolve([]))).toBeUndefined()
  expect(await findOrdinal(300, 5, () => Promise.resolve([]))).toBeUndefined()
})

test.each([
  ['?chunk=12', { kind: 'chunk', ordinal: 12 }],
  ['?chunk=doc_1.2.7', { kind: 'chunk', ordinal: 7 }],
  ['?start=10&end=40', { kind: 'passage', start: 10, end: 40 }],
  ['?start=10', { kind: 'passage', start: 10, end: 10 }],
  ['?start=10&end=4', { kind: 'passage', start: 10, end: 10 }],
  ['?chunk=x&start=3', { kind: 'passage', start: 3, end: 3 }],
  ['?chunk=&end=4', undefined],
  ['?start=-1', undefined],
  ['', undefined],
])('%s', (search, expected) => expect(wantedOf(search)).toEqual(expected))
