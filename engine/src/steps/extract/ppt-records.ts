import { viewOf } from './doc-compound.ts'

export interface PptRecord {
  readonly type: number
  readonly instance: number
  readonly container: boolean
  readonly start: number // of the content
  readonly end: number
}

export const RECORD = {
  document: 1000,
  slide: 1006,
  slideAtom: 1007,
  notes: 1008,
  notesAtom: 1009,
  slidePersist: 1011,
  outlineRef: 3998,
  textHeader: 3999,
  textChars: 4000,
  textBytes: 4008,
  slideList: 4080,
  userEdit: 4085,
  persistDirectory: 6002,
} as const

export interface PptText {
  /** 0 title, 1 body, 2 notes, 4 other, 5 and 6 centred body and title, 7 and 8 parts of a body. */
  readonly kind: number
  readonly text: string
}

export interface PptSlide {
  readonly texts: readonly PptText[]
  readonly notes: string
}

const MAX_DEPTH = 64
const MAX_EDITS = 10_000

export function recordAt(stream: Uint8Array, at: number, limit: number): PptRecord | undefined {
  if (at < 0 || at + 8 > limit) return undefined
  const view = viewOf(stream)
  const head = view.getUint16(at, true)
  const end = at + 8 + view.getUint32(at + 4, true)
  return { type: view.getUint16(at + 2, true), instance: head >> 4, container: (head & 15) === 15, start: at + 8, end: Math.min(end, limit) }
}

export function* recordsIn(stream: Uint8Array, start: number, end: number): Generator<PptRecord> {
  for (let at = start; ; ) {
    const record = recordAt(stream, at, end)
    if (record === undefined) return
    yield record
    at = record.end
  }
}

/** Texts below a container, in order; those that stand in the outline are taken from there by number. */
export function textsIn(stream: Uint8Array, container: PptRecord, outline: readonly PptText[], depth = 0): PptText[] {
  const texts: PptText[] = []
  let kind = 4
  for (const record of recordsIn(stream, container.start, container.end)) {
    if (record.type === RECORD.textHeader && record.end >= record.start + 4) kind = viewOf(stream).getUint32(record.start, true)
    else if (record.type === RECORD.textChars || record.type === RECORD.textBytes) texts.push({ kind, text: textOfAtom(stream, record) })
    else if (record.type === RECORD.outlineRef && record.end >= record.start + 4) {
      const referred = outline[viewOf(stream).getUint32(record.start, true)]
      if (referred !== undefined) texts.push(referred)
    } else if (record.container && depth < MAX_DEPTH) for (const text of textsIn(stream, record, outline, depth + 1)) texts.push(text)
  }
  return texts
}

function textOfAtom(stream: Uint8Array, record: PptRecord): string {
  const raw = Buffer.from(stream.subarray(record.start, record.end))
  return raw.toString(record.type === RECORD.textChars ? 'utf16le' : 'latin1')
}

/** Offsets of the saved objects by their number; the newest save counts. `encrypted` when the saves say so. */
export function readPersists(stream: Uint8Array, current: number): { offsets: Map<number, number>; document: number | undefined; encrypted: boolean } {
  const view = viewOf(stream)
  const offsets = new Map<number, number>()
  const seen = new Set<number>()
  let document: number | undefined
  let encrypted = false
  for (let at = current; !seen.has(at) && seen.size < MAX_EDITS; ) {
    seen.add(at)
    const edit = recordAt(stream, at, stream.length)
    if (edit?.type !== RECORD.userEdit || edit.end < edit.start + 28) break
    document ??= view.getUint32(edit.start + 16, true)
    if (edit.end >= edit.start + 32 && view.getUint32(edit.start + 28, true) !== 0) encrypted = true
    const directory = recordAt(stream, view.getUint32(edit.start + 12, true), stream.length)
    if (directory?.type === RECORD.persistDirectory) {
      for (let entry = directory.start; entry + 4 <= directory.end; ) {
        const head = view.getUint32(entry, true)
        entry += 4
        for (let count = 0; count < head >>> 20 && entry + 4 <= directory.end; count += 1, entry += 4) {
          const id = (head & 0xfffff) + count
          if (!offsets.has(id)) offsets.set(id, view.getUint32(entry, true))
        }
      }
    }
    at = view.getUint32(edit.start + 8, true)
  }
  return { offsets, document, encrypted }
}
