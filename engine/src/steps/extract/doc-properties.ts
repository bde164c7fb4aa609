import iconv from 'iconv-lite'
import type { TextBuilder } from './builder.ts'
import type { CompoundFile } from './doc-compound.ts'
import { encodingOf } from './rtf-words.ts'

const NAMES: Readonly<Record<number, string>> = {
  3: 'subject',
  4: 'author',
  5: 'keywords',
  6: 'description',
  8: 'last_modified_by',
  12: 'created',
  13: 'modified',
}
const SUMMARY = '\u0005SummaryInformation'
const EPOCH_1601 = 11_644_473_600_000 // ms before 1970
const MAX_PROPERTIES = 200
const MAX_TEXT = 10_000

/** Title, author, dates … of an old Office file; what is damaged is left out. */
export function readSummary(file: CompoundFile, out: TextBuilder): void {
  const bytes = file.stream(SUMMARY)
  if (bytes === undefined || bytes.length < 48) return
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const start = view.getUint32(44, true)
  if (start + 8 > bytes.length) return
  const count = Math.min(view.getUint32(start + 4, true), MAX_PROPERTIES)
  let codePage = 1252
  for (let index = 0; index < count; index += 1) {
    const entry = start + 8 + index * 8
    if (entry + 8 > bytes.length) return
    const id = view.getUint32(entry, true)
    const at = start + view.getUint32(entry + 4, true)
    if (at + 12 > bytes.length) continue
    const type = view.getUint32(at, true)
    if (id === 1 && type === 2) codePage = view.getUint16(at + 4, true)
    else if (type === 30 || type === 31) {
      const length = Math.min(view.getUint32(at + 4, true) * (type === 31 ? 2 : 1), MAX_TEXT, bytes.length - at - 8)
      const raw = Buffer.from(bytes.subarray(at + 8, at + 8 + Math.max(0, length)))
      const text = iconv.decode(raw, type === 31 || codePage === 1200 ? 'utf16le' : encodingOf(codePage)).replace(/\0.*$/s, '')
      if (id === 2) out.title = text
      else if (NAMES[id] !== undefined) out.property(NAMES[id], text)
    } else if (type === 64 && NAMES[id] !== undefined) {
      const time = Number(view.getBigUint64(at + 4, true) / 10_000n) - EPOCH_1601
      if (time > 0 && time < 8e14 && Number.isFinite(time)) out.property(NAMES[id], isoOf(time))
    }
  }
}

function isoOf(time: number): string | undefined {
  const date = new Date(time)
  return Number.isNaN(date.getTime()) || date.getUTCFullYear() > 9999 ? undefined : date.toISOString()
}
