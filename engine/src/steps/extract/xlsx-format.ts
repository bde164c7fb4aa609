import { child, children, type XmlElement } from './xml-stream.ts'

export type NumberStyle = 'general' | 'date' | 'time' | 'datetime' | 'duration' | { readonly percentDigits: number }

/** Turns stored numbers into text: dates as ISO 8601, percentages as such, everything else with the digits that count. */
export interface NumberFormats {
  text(value: number, style: number | undefined): string
}

const BUILT_IN: Readonly<Record<number, NumberStyle>> = {
  9: { percentDigits: 0 },
  10: { percentDigits: 2 },
  18: 'time',
  19: 'time',
  20: 'time',
  21: 'time',
  22: 'datetime',
  32: 'time',
  33: 'time',
  34: 'time',
  35: 'time',
  45: 'duration',
  46: 'duration',
  47: 'duration',
  55: 'time',
  56: 'time',
}
const DATE_IDS = new Set([14, 15, 16, 17, 27, 28, 29, 30, 31, 36, 50, 51, 52, 53, 54, 57, 58])

/** @param date1904 days are counted from 1904, as old Macs did */
export function readFormats(styles: XmlElement | undefined, date1904: boolean): NumberFormats {
  const codes = new Map<number, NumberStyle>()
  for (const format of children(child(styles, 'numFmts'), 'numFmt')) {
    codes.set(Number(format.attributes.numFmtId), styleOf(format.attributes.formatCode ?? ''))
  }
  const cells = children(child(styles, 'cellXfs'), 'xf').map((format): NumberStyle => {
    const id = Number(format.attributes.numFmtId ?? 0)
    return styleOfId(id, codes)
  })
  return { text: (value, style) => formatted(value, style === undefined ? 'general' : (cells[style] ?? 'general'), date1904) }
}

/** The style of a format by its number: the workbook's own, else the built-in one. */
export function styleOfId(id: number, codes: ReadonlyMap<number, NumberStyle>): NumberStyle {
  return codes.get(id) ?? BUILT_IN[id] ?? (DATE_IDS.has(id) ? 'date' : 'general')
}

/** What a format code such as `dd/mm/yyyy hh:mm` or `0.0%` makes of a number. */
export function styleOf(code: string): NumberStyle {
  const positive = code.split(';')[0] ?? ''
  const plain = positive
    .replace(/"[^"]*"/g, '')
    .replace(/\\./g, '')
    .replace(/[_*]./g, '')
  if (/\[(?:h|m|s)+\]/i.test(plain)) return 'duration'
  const signs = plain.replace(/\[[^\]]*\]/g, '').replace(/general/gi, '')
  const date = /[ydgeb]|mmm/i.test(signs) && !/[0#?]/.test(signs.replace(/0+$/, '').replace(/ss\.0+/i, 'ss'))
  const time = /[hs]/i.test(signs) && !/#/.test(signs)
  if (date && time) return 'datetime'
  if (date) return 'date'
  if (time) return 'time'
  if (/^m+$/i.test(signs.trim())) return 'date'
  if (signs.includes('%')) return { percentDigits: Math.min((/\.([0#?]+)/.exec(signs)?.[1] ?? '').length, 10) }
  return 'general'
}

const DAY = 86_400_000
const EPOCH_1900 = Date.UTC(1899, 11, 30)
const EPOCH_1904 = Date.UTC(1904, 0, 1)
const LAST_DAY = 2_958_466 // the year 10000

export function formatted(value: number, style: NumberStyle, date1904: boolean): string {
  if (typeof style === 'object') return `${plainNumber(Number((value * 100).toFixed(style.percentDigits)))}%`
  if (style === 'general' || value < 0 || value >= LAST_DAY) return plainNumber(value)
  if (style === 'duration') {
    const seconds = Math.round(value * 86_400)
    return `${Math.floor(seconds / 3600)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`
  }
  // Excel believes that 1900 was a leap year: its day 60 never was, and days before it are one off.
  const days = date1904 || value >= 60 ? value : value + 1
  const iso = new Date(Math.round(((date1904 ? EPOCH_1904 : EPOCH_1900) + days * DAY) / 1000) * 1000).toISOString()
  const withTime = value % 1 !== 0
  if (style === 'time' || value < 1) return style === 'date' ? iso.slice(0, 10) : iso.slice(11, 19)
  return style === 'date' || !withTime ? iso.slice(0, 10) : iso.slice(0, 19)
}

/** 15 digits are what a spreadsheet shows; the rest is noise of binary fractions. */
export function plainNumber(value: number): string {
  return String(Number.isSafeInteger(value) ? value : Number(value.toPrecision(15)))
}

function two(value: number): string {
  return String(value).padStart(2, '0')
}
