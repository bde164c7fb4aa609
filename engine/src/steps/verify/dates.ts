import { MONTHS } from './number-words.ts'

/** A date as far as it is told. `months`: more than one where the order of day and month cannot be known; `days` in the same order. */
export interface DateFact {
  readonly text: string
  readonly start: number
  readonly end: number
  readonly year: number | undefined
  /** Ways to read it, each a month and perhaps a day. */
  readonly readings: readonly { readonly month: number | undefined; readonly day: number | undefined }[]
}

const MONTH = `(?<![\\p{L}\\p{M}])(${[...MONTHS.keys()].sort((one, two) => two.length - one.length).join('|')})\\.?(?![\\p{L}\\p{M}])`
const ORDINAL = '(?:st|nd|rd|th|er|º|\\.)?'
const OF = '\\s+(?:(?:of|de|di|del)\\s+)?'
const YEAR = '(?:,?\\s+(?:de\\s+|del\\s+)?((?:1[5-9]|20|21)\\d\\d))?(?!\\d)'
const PATTERNS: readonly { readonly pattern: RegExp; read(groups: readonly (string | undefined)[]): Omit<DateFact, 'text' | 'start' | 'end'> }[] = [
  { pattern: /(?<![\d.-])(\d{4})[-./](\d{1,2})[-./](\d{1,2})(?![\d-])/gu, read: ([year, month, day]) => one(year, month, day) },
  {
    pattern: /(?<![\d./-])(\d{1,2})([-./])(\d{1,2})\2(\d{4}|\d\d)(?![\d/-]|\.\d)/gu,
    read: ([first, , second, year]) => ({
      year: fullYear(year),
      readings: [
        { month: Number(second), day: Number(first) },
        { month: Number(first), day: Number(second) },
      ].filter(({ month, day }) => month <= 12 && day <= 31),
    }),
  },
  { pattern: new RegExp(`(?<!\\d)(\\d{1,2})${ORDINAL}${OF}${MONTH}${YEAR}`, 'giu'), read: ([day, month, year]) => named(year, month, day) },
  { pattern: new RegExp(`${MONTH}\\s+(\\d{1,2})${ORDINAL}(?![\\d.,]\\d|\\d)${YEAR}`, 'giu'), read: ([month, day, year]) => named(year, month, day) },
  { pattern: new RegExp(`${MONTH},?\\s+(?:(?:of|de|del)\\s+)?((?:1[5-9]|20|21)\\d\\d)(?!\\d)`, 'giu'), read: ([month, year]) => named(year, month, undefined) },
  { pattern: /(\d{4})\s?年(?:\s?(\d{1,2})\s?月(?:\s?(\d{1,2})\s?[日号])?)?/gu, read: ([year, month, day]) => one(year, month, day) },
  { pattern: /(?<!\d)(\d{1,2})\s?月\s?(\d{1,2})\s?[日号]/gu, read: ([month, day]) => one(undefined, month, day) },
]

/** Dates in any of the forms that are common, in the order of the text; those inside others are left out. Digits must be plain ones. */
export function datesOf(text: string): DateFact[] {
  const found: DateFact[] = []
  for (const { pattern, read } of PATTERNS) {
    for (const match of text.matchAll(pattern)) {
      const end = match.index + match[0].length
      const told = read(match.slice(1))
      if (told.readings.length === 0 && told.year === undefined) continue
      if (found.some((other) => match.index < other.end && other.start < end)) continue
      found.push({ text: match[0], start: match.index, end, ...told })
    }
  }
  return found.sort((first, second) => first.start - second.start)
}

/** Can both be the same day, month or year? What one of them leaves open is not compared. */
export function sameDate(mine: DateFact, theirs: DateFact): boolean {
  if (mine.year !== undefined && theirs.year !== undefined && mine.year !== theirs.year) return false
  if (mine.readings.length === 0 || theirs.readings.length === 0) return mine.year === theirs.year
  return mine.readings.some((one) => theirs.readings.some((other) => fits(one.month, other.month) && fits(one.day, other.day)))
}

function fits(mine: number | undefined, theirs: number | undefined): boolean {
  return mine === undefined || mine === theirs
}

function one(year: string | undefined, month: string | undefined, day: string | undefined): Omit<DateFact, 'text' | 'start' | 'end'> {
  const [m, d] = [number(month), number(day)]
  if ((m ?? 1) > 12 || (d ?? 1) > 31) return { year: undefined, readings: [] }
  return { year: number(year), readings: m === undefined ? [] : [{ month: m, day: d }] }
}

function named(year: string | undefined, month: string | undefined, day: string | undefined): Omit<DateFact, 'text' | 'start' | 'end'> {
  const which = MONTHS.get((month ?? '').toLowerCase())
  // "may 5" is as likely a verb when it is written small.
  if (which === undefined || month === 'may' || month === 'mar') return { year: undefined, readings: [] }
  return { year: number(year), readings: [{ month: which, day: number(day) }] }
}

function number(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Number(text)
}

function fullYear(text: string | undefined): number {
  const value = Number(text)
  return value < 100 ? (value < 70 ? 2000 : 1900) + value : value
}
