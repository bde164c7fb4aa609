import { describe, expect, test } from 'vitest'
import { readDoc } from './doc.ts'
import { isCompound, openCompound } from './doc-compound.ts'
import { codeOf, compound, outline, readsTheManifest, readWith, survivesDamage } from './ooxml.contract.ts'

const BODY = 'Leave\rYou have \x13PAGE\x14three\x15 days.\x02\rName\x07Days\x07\x07Ada\rLovelace\x0730\x07\x07One\x0bTwo\r'
const NOTE = '\x02 Ünïcode 東京.\r'
const TEXT = 0x400
const NOTES = 0x500
const PAGE = 0x600

/** Which properties the paragraph that ends at a mark has: style and modifiers. */
function propertiesOf(index: number): { style: number; modifiers: number[] } {
  if (index === 0) return { style: 1, modifiers: [] }
  const inTable = [0x16, 0x24, 1]
  const rowEnd = [...inTable, 0x17, 0x24, 1]
  // Leave, You have, Name, Days, row end, Ada, Lovelace, 30, row end, One
  return { style: 0, modifiers: index === 4 || index === 8 ? rowEnd : index >= 2 && index <= 7 ? inTable : [] }
}

function wordDocument(flags = 0x200): Uint8Array {
  const main = Buffer.alloc(0x800)
  main.writeUInt16LE(0xa5ec, 0)
  main.writeUInt16LE(0xc1, 2)
  main.writeUInt16LE(flags, 10)
  main.writeUInt32LE(BODY.length, 0x4c)
  main.writeUInt32LE(NOTE.length, 0x50)
  main.write(BODY, TEXT, 'latin1')
  main.write(NOTE, NOTES, 'utf16le')
  const ends = [...BODY].flatMap((sign, index) => (sign === '\r' || sign === '\x07' ? [index + 1] : []))
  let papx = 511
  main.writeUInt32LE(TEXT, PAGE)
  for (const [index, end] of ends.entries()) {
    main.writeUInt32LE(TEXT + end, PAGE + 4 + index * 4)
    const { style, modifiers } = propertiesOf(index)
    const length = 3 + modifiers.length + (modifiers.length % 2 === 0 ? 0 : 1)
    papx = (papx - length) & ~1
    main[PAGE + papx] = Math.ceil((length + 1) / 2)
    main.writeUInt16LE(style, PAGE + papx + 1)
    Buffer.from(modifiers).copy(main, PAGE + papx + 3)
    main[PAGE + 4 * (ends.length + 1) + index * 13] = papx / 2
  }
  main[PAGE + 511] = ends.length

  const table: Buffer[] = []
  const put = (structure: number, content: Buffer): void => {
    main.writeUInt32LE(
      table.reduce((sum, part) => sum + part.length, 0),
      0x9a + structure * 8,
    )
    main.writeUInt32LE(content.length, 0x9a + structure * 8 + 4)
    table.push(content)
  }
  const numbers = (...values: number[]) => Buffer.from(new Uint32Array(values).buffer)
  const words = (...values: number[]) => Buffer.from(new Uint16Array(values).buffer)
  put(1, words(4, 2, 10, 10, 0, 0xfff0, 0, 0, 0, 10, 1, 0xfff0, 0, 0, 0))
  put(13, numbers(TEXT, TEXT + BODY.length, PAGE / 512))
  put(2, Buffer.concat([numbers(BODY.indexOf('\x02'), BODY.length), words(1)]))
  put(3, numbers(0, NOTE.length, NOTE.length))
  const pieces = Buffer.alloc(12 + 16)
  pieces.writeUInt32LE(BODY.length, 4)
  pieces.writeUInt32LE(BODY.length + NOTE.length, 8)
  pieces.writeUInt32LE(((TEXT * 2) | 0x40000000) >>> 0, 12 + 2)
  pieces.writeUInt32LE(NOTES, 20 + 2)
  put(33, Buffer.concat([Buffer.from([1, 2, 0, 9, 9, 2]), numbers(pieces.length), pieces]))
  return compound({ WordDocument: main, '1Table': Buffer.concat(table) })
}

test('headings, fields, notes and tables', async () => {
  expect(outline(await readWith(readDoc, wordDocument()))).toEqual([
    'h1: Leave',
    'paragraph (Leave): You have three days.',
    'paragraph (Leave): Ünïcode 東京.',
    'table+ (Leave): Name | Days\nAda Lovelace | 30',
    'paragraph (Leave): One\nTwo',
  ])
})

test('a Word 6 file in the code page of its language', async () => {
  const main = Buffer.alloc(0x400)
  main.writeUInt16LE(0xa5dc, 0)
  main.writeUInt16LE(0x65, 2)
  main.writeUInt16LE(0x419, 6)
  main.writeUInt32LE(0x300, 0x18)
  main.writeUInt32LE(0x300 + 7, 0x1c)
  main.writeUInt32LE(7, 0x34)
  Buffer.from([0xcf, 0xf0, 0xe8, 0xe2, 0xe5, 0xf2, 0x0d]).copy(main, 0x300)
  expect((await readWith(readDoc, compound({ WordDocument: main }))).text).toBe('Привет')
})

describe('faults', () => {
  test.each([
    ['encrypted', wordDocument(0x300), 'document/encrypted'],
    ['without its text stream', compound({ Other: new Uint8Array(5_000) }), 'document/corrupt'],
    ['too short', new Uint8Array(100), 'document/truncated'],
    ['no container', new Uint8Array(5_000), 'document/corrupt'],
    ['cut off', wordDocument().slice(0, 1_600), 'document/corrupt'],
  ])('%s', async (_, bytes, code) => {
    expect(await codeOf(readWith(readDoc, bytes))).toBe(code)
  })
  test('a chain of sectors that leads back to itself ends', () => {
    const bytes = compound({ Big: new Uint8Array(20_000).fill(7) })
    for (let at = 512; at + 4 <= bytes.length; at += 4) {
      const view = new DataView(bytes.buffer, bytes.byteOffset)
      if (view.getUint32(at, true) === 5 && view.getUint32(at + 4, true) === 6) view.setUint32(at, 0, true)
    }
    expect(isCompound(bytes)).toBe(true)
    expect(openCompound(bytes).names.length).toBeGreaterThan(0)
  })
})

survivesDamage(readDoc, () => wordDocument(), 200)
readsTheManifest(readDoc, ['doc'])
