/**
 * What the parent and its extraction process say to each other, over one two-way pipe.
 *
 * Shape   a frame is its kind (1 byte), the length of its body (4 bytes, big-endian) and the body; bodies are JSON
 *         in UTF-8 unless it says "bytes".
 * Order   one request at a time. The child may send `read` (answered by one `data`), `progress` and entries, then
 *         exactly one of `text`, `archive`, `failed`. After its start it says `ready` once.
 * Trust   the parent checks everything that it gets: the child may have been taken over by the file it reads.
 */
export const FRAME = {
  request: 1, // ExtractionRequest
  data: 2, // bytes: what `read` asked for
  ready: 3, // {}
  read: 4, // { offset, length }
  progress: 5, // { done, total }
  entryStart: 6, // { path }
  entryData: 7, // bytes
  entryEnd: 8, // {}
  entryBroken: 9, // {}: the entry that was started is to be forgotten
  text: 10, // ExtractedText
  archive: 11, // { warnings }
  failed: 12, // { code, facts }
} as const

export type FrameKind = (typeof FRAME)[keyof typeof FRAME]
export const FRAME_HEADER_BYTES = 5
/** Source: the largest body but for `text`; entries and reads go in pieces of at most this. */
export const FRAME_PIECE_BYTES = 1 << 20
/** Source: 50 million characters of three bytes with their blocks. */
export const FRAME_TEXT_BYTES = 256 << 20

export interface ExtractionRequest {
  readonly name: string
  readonly mediaType: string
  readonly size: number // bytes
  /** What is read as a whole may have at most this many bytes. */
  readonly maxBytes: number
  readonly ocr: boolean
}

export function frameHeader(kind: FrameKind, length: number): Uint8Array {
  const header = new Uint8Array(FRAME_HEADER_BYTES)
  header[0] = kind
  new DataView(header.buffer).setUint32(1, length)
  return header
}
