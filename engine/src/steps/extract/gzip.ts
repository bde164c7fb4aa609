import { createGunzip } from 'node:zlib'
import { AppError } from '../../domain/errors.ts'
import type { ExtractLimits, Source } from './reader.ts'

/** Source: small files pack by more than the ratio without meaning harm. */
const FREE_BYTES = 1 << 20

/**
 * The file inside a gzip, with its name.
 * @throws AppError document/hostile past `unpackedBytes` or `ratio`, document/truncated, document/corrupt
 */
export async function gunzipBounded(source: Source, limits: ExtractLimits): Promise<{ readonly name: string; readonly content: Uint8Array }> {
  const packed = source.bytes()
  const most = Math.min(limits.unpackedBytes, Math.max(FREE_BYTES, packed.length * limits.ratio))
  const unpack = createGunzip()
  const pieces: Buffer[] = []
  let length = 0
  unpack.end(packed)
  try {
    for await (const piece of unpack as AsyncIterable<Buffer>) {
      length += piece.length
      if (length > most) throw new AppError('document/hostile', { limit: `${most} bytes unpacked` })
      pieces.push(piece)
    }
  } catch (cause) {
    if (cause instanceof AppError) throw cause
    const early = cause instanceof Error && 'code' in cause && cause.code === 'Z_BUF_ERROR'
    throw new AppError(early ? 'document/truncated' : 'document/corrupt', {}, cause)
  }
  return { name: source.name.replace(/\.t?gz$/i, '').replace(/\.gzip$/i, '') || 'content', content: Buffer.concat(pieces, length) }
}
