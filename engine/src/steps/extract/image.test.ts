import { deflateSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { textBuilder } from './builder.ts'
import { readImage } from './image.ts'
import { imageSize } from './image-size.ts'
import { toParagraphs } from './ocr.ts'
import { pageRenderer } from './pdf-render.ts'
import { writePdf } from './pdf-writer.fixture.ts'
import { EXTRACT_LIMITS } from './reader.ts'

async function extract(bytes: Uint8Array) {
  const out = textBuilder(100_000)
  const limits = EXTRACT_LIMITS
  await readImage({ name: 'x', size: bytes.length, mediaType: '', bytes: () => bytes, at: (offset, length) => bytes.subarray(offset, offset + length) }, out, {
    limits,
    progress: () => undefined,
    nested: async () => undefined,
  })
  return out.finish('image/png')
}

function pngChunk(type: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
  let crc = 0xffffffff
  for (const byte of body) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1
  }
  const frame = Buffer.alloc(body.length + 8)
  frame.writeUInt32BE(data.length, 0)
  body.copy(frame, 4)
  frame.writeUInt32BE(~crc >>> 0, frame.length - 4)
  return frame
}

function writePng(pixels: Uint8Array, width: number, height: number): Buffer {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header[8] = 8
  const rows = Buffer.alloc((width + 1) * height)
  for (let y = 0; y < height; y++) rows.set(pixels.subarray(y * width, (y + 1) * width), y * (width + 1) + 1)
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    pngChunk('IHDR', header),
    pngChunk('IDAT', deflateSync(rows)),
    pngChunk('IEND', new Uint8Array()),
  ])
}

async function sampleImage(text: string) {
  const renderer = pageRenderer(writePdf([{ width: 300, height: 100, texts: [{ text, x: 20, y: 50, size: 14 }] }]))
  const image = await renderer.render(1, 50_000_000, 0)
  renderer.close()
  if (image === undefined) throw new Error('nothing was painted')
  return image
}

test('words of a picture are read, with boxes in its pixels', async () => {
  const { pixels, width, height } = await sampleImage('The harvest was good in 1847')
  const png = writePng(pixels, width, height)
  expect(imageSize(png)).toEqual({ width, height })
  const result = await extract(png)
  expect(result.text).toBe('The harvest was good in 1847')
  expect(result.pages).toEqual([{ number: 1, start: 0, end: result.text.length, width, height, ocr: true }])
  const [box] = result.blocks[0]?.boxes ?? []
  expect(box?.x).toBeGreaterThan(20)
  expect((box?.x ?? 0) + (box?.width ?? 0)).toBeLessThan(width)
})

test('cut, huge and senseless pictures end with the reason', async () => {
  const { pixels, width, height } = await sampleImage('cut off')
  const png = writePng(pixels, width, height)
  await expect(extract(png.subarray(0, png.length - 400))).rejects.toMatchObject({ code: 'document/truncated' })
  const huge = Buffer.from(png)
  huge.writeUInt32BE(65_000, 16)
  huge.writeUInt32BE(65_000, 20)
  await expect(extract(huge)).rejects.toMatchObject({ code: 'document/hostile' })
  await expect(extract(Buffer.from('II*\0 no directory here at all, only words'))).rejects.toMatchObject({ code: 'document/corrupt' })
  await expect(extract(Buffer.alloc(64))).rejects.toMatchObject({ code: 'document/corrupt' })
})

test('recognised words become paragraphs, specks and nonsense do not', () => {
  const row = (block: number, line: number, left: number, confidence: number, text: string) =>
    `5\t1\t${block}\t1\t${line}\t1\t${left}\t${line * 20}\t40\t10\t${confidence}\t${text}`
  const tsv = [row(1, 1, 0, 96, 'The'), row(1, 1, 50, 95, 'har-'), row(1, 2, 0, 93, 'vest'), row(1, 2, 50, 5, '|'), row(2, 1, 0, 12, 'qjxv')].join('\n')
  expect(toParagraphs(tsv)).toEqual([
    {
      text: 'The harvest',
      lines: [
        { x0: 0, y0: 20, x1: 90, y1: 30 },
        { x0: 0, y0: 40, x1: 40, y1: 50 },
      ],
    },
  ])
})
