import iconv from 'iconv-lite'
import { viewOf } from './doc-compound.ts'

export interface BiffRecord {
  readonly type: number
  readonly start: number // of the content
  readonly end: number
}

export const BIFF = {
  formula: 0x0006,
  endOfFile: 0x000a,
  dateMode: 0x0022,
  filePass: 0x002f,
  continued: 0x003c,
  codePage: 0x0042,
  boundSheet: 0x0085,
  mulRk: 0x00bd,
  richString: 0x00d6,
  extendedFormat: 0x00e0,
  sharedStrings: 0x00fc,
  labelShared: 0x00fd,
  textObject: 0x01b6,
  number: 0x0203,
  label: 0x0204,
  boolOrError: 0x0205,
  string: 0x0207,
  rk: 0x027e,
  format: 0x041e,
  beginOfFile: 0x0809,
} as const

/** The records from `start` to the end of their substream. */
export function* biffRecords(stream: Uint8Array, start: number): Generator<BiffRecord> {
  const view = viewOf(stream)
  let depth = 0
  for (let at = start; at + 4 <= stream.length; ) {
    const type = view.getUint16(at, true)
    const end = at + 4 + view.getUint16(at + 2, true)
    if (end > stream.length) return
    yield { type, start: at + 4, end }
    if (type === BIFF.beginOfFile) depth += 1
    else if (type === BIFF.endOfFile) {
      depth -= 1
      if (depth <= 0) return
    }
    at = end
  }
}

/** Reads strings that go on over several records (BIFF8): where one breaks, the next record repeats the width of its characters. */
export interface StringCursor {
  /** Undefined at the end of the data. */
  next(): string | undefined
}

export function stringCursor(stream: Uint8Array, segments: readonly BiffRecord[], skip: number): StringCursor {
  const view = viewOf(stream)
  let segment = 0
  let at = (segments[0]?.start ?? 0) + skip

  const end = (): number => segments[segment]?.end ?? 0
  function advance(): boolean {
    segment += 1
    at = segments[segment]?.start ?? 0
    return segment < segments.length
  }
  /** Passes over bytes that may go on in the next records. */
  function pass(count: number): void {
    let left = count
    while (left > 0 && segment < segments.length) {
      const step = Math.min(left, end() - at)
      at += step
      left -= step
      if (left > 0 && !advance()) return
    }
  }
  return {
    next() {
      if (at >= end() && !advance()) return undefined
      if (at + 3 > end()) return undefined
      let left = view.getUint16(at, true)
      let flags = stream[at + 2] ?? 0
      at += 3
      let runs = 0
      let extra = 0
      if ((flags & 8) !== 0 && at + 2 <= end()) {
        runs = view.getUint16(at, true)
        at += 2
      }
      if ((flags & 4) !== 0 && at + 4 <= end()) {
        extra = view.getUint32(at, true)
        at += 4
      }
      const parts: string[] = []
      while (left > 0) {
        const width = (flags & 1) !== 0 ? 2 : 1
        const count = Math.min(left, Math.floor((end() - at) / width))
        parts.push(Buffer.from(stream.subarray(at, at + count * width)).toString(width === 2 ? 'utf16le' : 'latin1'))
        at += count * width
        left -= count
        if (left === 0) break
        if (!advance()) break
        flags = stream[at] ?? 0
        at += 1
        if (at > end()) break
      }
      pass(runs * 4 + extra)
      return parts.join('')
    },
  }
}

/** A string that lies in one record: BIFF8 with a byte of flags, BIFF5 in the code page. `wide`: two bytes of length. */
export function shortString(stream: Uint8Array, start: number, end: number, wide: boolean, biff8: boolean, encoding: string): string {
  const head = wide ? 2 : 1
  if (start + head > end) return ''
  const count = wide ? viewOf(stream).getUint16(start, true) : (stream[start] ?? 0)
  if (!biff8) return iconv.decode(Buffer.from(stream.subarray(start + head, Math.min(start + head + count, end))), encoding)
  const width = ((stream[start + head] ?? 0) & 1) !== 0 ? 2 : 1
  const from = start + head + 1
  return Buffer.from(stream.subarray(from, Math.min(from + count * width, end))).toString(width === 2 ? 'utf16le' : 'latin1')
}

/** A number packed into 30 bits. */
export function unpackRk(rk: number): number {
  let value: number
  if ((rk & 2) !== 0) value = rk >> 2
  else {
    const bytes = new DataView(new ArrayBuffer(8))
    bytes.setUint32(4, rk & 0xfffffffc, true)
    value = bytes.getFloat64(0, true)
  }
  return (rk & 1) !== 0 ? value / 100 : value
}
