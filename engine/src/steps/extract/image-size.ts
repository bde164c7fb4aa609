/** Pixels as the header of a PNG, JPEG, GIF, BMP or WebP states them; undefined when it is none of these or too short. */
export function imageSize(bytes: Uint8Array): { readonly width: number; readonly height: number } | undefined {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (view.length < 26) return undefined
  const tag = view.toString('latin1', 0, 12)
  if (tag.startsWith('\x89PNG\r\n\x1a\n')) return { width: view.readUInt32BE(16), height: view.readUInt32BE(20) }
  if (tag.startsWith('GIF8')) return { width: view.readUInt16LE(6), height: view.readUInt16LE(8) }
  if (tag.startsWith('BM')) return { width: Math.abs(view.readInt32LE(18)), height: Math.abs(view.readInt32LE(22)) }
  if (tag.startsWith('RIFF') && tag.endsWith('WEBP')) return webpSize(view)
  return tag.startsWith('\xff\xd8') ? jpegSize(view) : undefined
}

function webpSize(view: Buffer): { width: number; height: number } | undefined {
  if (view.length < 30) return undefined
  const kind = view.toString('latin1', 12, 16)
  if (kind === 'VP8X') return { width: view.readUIntLE(24, 3) + 1, height: view.readUIntLE(27, 3) + 1 }
  if (kind === 'VP8 ') return { width: view.readUInt16LE(26) & 0x3fff, height: view.readUInt16LE(28) & 0x3fff }
  if (kind !== 'VP8L') return undefined
  const bits = view.readUInt32LE(21)
  return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 }
}

function jpegSize(view: Buffer): { width: number; height: number } | undefined {
  for (let at = 2; at + 9 < view.length; ) {
    if (view[at] !== 0xff) return undefined
    const marker = view[at + 1] ?? 0
    if (marker === 0xff) {
      at++
      continue
    }
    const isFrame = marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc
    if (isFrame) return { width: view.readUInt16BE(at + 7), height: view.readUInt16BE(at + 5) }
    at += marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8) ? 2 : 2 + view.readUInt16BE(at + 2)
  }
  return undefined
}
