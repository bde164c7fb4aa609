import type { Source } from './reader.ts'
import { viewOf } from './zip-directory.ts'

const DIRECTORY_ROW = 128 // bytes
/** Source: [MS-CFB] 2.3: sector numbers above this are marks, not places. */
const LAST_SECTOR = 0xfffffffa
const MAX_SECTORS = 4096

/** Names of the streams and storages of an OLE compound file ([MS-CFB]); fewer when it is damaged. */
export function compoundNames(file: Pick<Source, 'at' | 'size'>): Set<string> {
  const names = new Set<string>()
  const header = file.at(0, 512)
  if (header.length < 512) return names
  const view = viewOf(header)
  const shift = view.getUint16(30, true)
  if (shift !== 9 && shift !== 12) return names
  const sectorSize = 1 << shift
  const sector = (number: number): Uint8Array => file.at((number + 1) * sectorSize, sectorSize)
  const perSector = sectorSize / 4
  const next = (number: number): number => {
    const table = Math.floor(number / perSector)
    // Larger tables continue elsewhere; the directory of a real document lies well before that.
    const place = table < 109 ? view.getUint32(76 + table * 4, true) : LAST_SECTOR
    if (place >= LAST_SECTOR) return LAST_SECTOR
    const bytes = sector(place)
    return bytes.length < sectorSize ? LAST_SECTOR : viewOf(bytes).getUint32((number % perSector) * 4, true)
  }
  const decoder = new TextDecoder('utf-16le')
  const seen = new Set<number>()
  for (let number = view.getUint32(48, true); number < LAST_SECTOR && !seen.has(number) && seen.size < MAX_SECTORS; number = next(number)) {
    seen.add(number)
    const bytes = sector(number)
    for (let at = 0; at + DIRECTORY_ROW <= bytes.length; at += DIRECTORY_ROW) {
      const length = viewOf(bytes).getUint16(at + 64, true)
      if (length >= 4 && length <= 64) names.add(decoder.decode(bytes.subarray(at, at + length - 2)))
    }
  }
  return names
}
