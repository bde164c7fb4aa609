import { expect, test } from 'vitest'
import { codeOf, compound, outline, readsTheManifest, readWith, survivesDamage } from './ooxml.contract.ts'
import { readPpt } from './ppt.ts'

function record(type: number, content: Buffer | readonly Buffer[], instance = 0): Buffer {
  const body = Buffer.isBuffer(content) ? content : Buffer.concat(content)
  const head = Buffer.alloc(8)
  head.writeUInt16LE((instance << 4) | (Buffer.isBuffer(content) ? 0 : 15), 0)
  head.writeUInt16LE(type, 2)
  head.writeUInt32LE(body.length, 4)
  return Buffer.concat([head, body])
}
const numbers = (...values: number[]) => Buffer.from(new Uint32Array(values).buffer)
const header = (kind: number) => record(3999, numbers(kind))
const wide = (text: string) => record(4000, Buffer.from(text, 'utf16le'))
const narrow = (text: string) => record(4008, Buffer.from(text, 'latin1'))

function presentation(options: { token?: number; session?: number } = {}): Uint8Array {
  const box = (...content: Buffer[]) => record(1036, [record(0xf002, [record(0xf00d, content)])])
  const slide = (...content: Buffer[]) => record(1006, [record(1007, Buffer.alloc(24)), ...content])
  const objects = [
    record(1000, [
      record(4080, [record(1011, numbers(9, 0, 0, 90, 0)), header(0), wide('Master')], 1),
      record(4080, [record(1011, numbers(2, 0, 2, 256, 0)), header(0), wide('Plán'), header(1), narrow('One\rTwo'), record(1011, numbers(3, 0, 0, 257, 0))]),
    ]),
    slide(box(record(3998, numbers(0))), box(record(3998, numbers(1))), box(header(4), narrow('A box\vline'), header(4), narrow('*'))),
    slide(box(header(4), wide('東京'))),
    record(1008, [record(1009, numbers(256, 0)), box(header(2), narrow('Say hello'))]),
  ]
  const offsets: number[] = []
  let at = 0
  for (const object of objects) {
    offsets.push(at)
    at += object.length
  }
  const directory = record(6002, numbers((3 << 20) | 1, ...offsets.slice(0, 3)))
  const edit = record(4085, numbers(0, 0, 0xffffffff, at, 1, 0, 0, ...(options.session === undefined ? [] : [options.session])))
  const user = Buffer.alloc(40)
  user.writeUInt32LE(options.token ?? 0xe391c05f, 12)
  user.writeUInt32LE(at + directory.length, 16)
  return compound({ 'Current User': user, 'PowerPoint Document': Buffer.concat([...objects, directory, edit, Buffer.alloc(4_096)]) })
}

test('slides are pages, texts of the outline come once, notes belong to their slide', async () => {
  const extracted = await readWith(readPpt, presentation())
  expect(outline(extracted)).toEqual([
    '1 h1: Plán',
    '1 list (Plán): - One\n- Two',
    '1 paragraph (Plán): A box line',
    '1 paragraph (Plán): Notes: Say hello',
    '2 paragraph: 東京',
  ])
  expect(extracted.title).toBe('Plán')
})

test.each([
  ['encrypted by its mark', presentation({ token: 0xf3d1c4df }), 'document/encrypted'],
  ['encrypted by its last save', presentation({ session: 7 }), 'document/encrypted'],
  ['without slides', compound({ 'PowerPoint Document': new Uint8Array(5_000) }), 'document/corrupt'],
  ['PowerPoint 4', compound({ PP40: new Uint8Array(5_000) }), 'document/unsupported'],
])('%s', async (_, bytes, code) => {
  expect(await codeOf(readWith(readPpt, bytes))).toBe(code)
})

survivesDamage(readPpt, () => presentation(), 200)
readsTheManifest(readPpt, ['ppt'])
