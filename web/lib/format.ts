const LANGUAGE = 'en'
const whole = new Intl.NumberFormat(LANGUAGE)
const short = new Intl.NumberFormat(LANGUAGE, { notation: 'compact', maximumFractionDigits: 1 })
const sized = new Intl.NumberFormat(LANGUAGE, { maximumSignificantDigits: 3 })
const rate = new Intl.NumberFormat(LANGUAGE, { maximumSignificantDigits: 2 })
const threeDigits = new Intl.NumberFormat(LANGUAGE, { minimumSignificantDigits: 3, maximumSignificantDigits: 3 })
const relative = new Intl.RelativeTimeFormat(LANGUAGE, { numeric: 'auto' })
const moment = new Intl.DateTimeFormat(LANGUAGE, { dateStyle: 'medium', timeStyle: 'short' })
/** Days of reports are those of UTC. */
const dayAndMonth = new Intl.DateTimeFormat(LANGUAGE, { day: 'numeric', month: 'short', timeZone: 'UTC' })
const plurals = new Intl.PluralRules(LANGUAGE)

export const number = (value: number): string => whole.format(value)
export const compactNumber = (value: number): string => short.format(value)
export const rateOf = (value: number): string => rate.format(value)
/** Scores of searches, whose size differs from one kind to the next. */
export const score = (value: number): string => threeDigits.format(value)
export const percent = (share: number): string => new Intl.NumberFormat(LANGUAGE, { style: 'percent', maximumFractionDigits: 0 }).format(share)
export const shortDay = (day: string): string => dayAndMonth.format(new Date(day))
export const dateTime = (iso: string): string => moment.format(new Date(iso))

/** `count(1, 'document', 'documents')` is "1 document". */
export const count = (value: number, one: string, other: string): string => `${whole.format(value)} ${plurals.select(value) === 'one' ? one : other}`

/** Bytes in units of 1,000 as drives count them: 1.2 MB. */
export function bytes(value: number): string {
  if (value < 1000) return `${value} B`
  const units = ['kB', 'MB', 'GB', 'TB']
  const power = Math.min(Math.floor(Math.log10(value) / 3), units.length)
  return `${sized.format(value / 1000 ** power)} ${units[power - 1]}`
}

/** Dollars: small sums keep the digits that count. */
export function dollars(value: number): string {
  const digits = value !== 0 && Math.abs(value) < 0.01 ? 6 : 2
  return new Intl.NumberFormat(LANGUAGE, { style: 'currency', currency: 'USD', minimumFractionDigits: 2, maximumFractionDigits: digits }).format(value)
}

/** Seconds as people say them: 4 s, 3 min, 2 h 5 min. */
export function duration(seconds: number): string {
  if (seconds < 1) return `${Math.max(0, Math.round(seconds * 1000))} ms`
  if (seconds < 60) return `${Math.round(seconds)} s`
  const minutes = Math.round(seconds / 60)
  if (minutes < 60) return `${minutes} min`
  return minutes % 60 === 0 ? `${minutes / 60} h` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}

const STEPS: readonly [Intl.RelativeTimeFormatUnit, number][] = [
  ['year', 31_536_000],
  ['month', 2_592_000],
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
]

/** Such as "3 minutes ago"; `now` in epoch ms. */
export function ago(iso: string, now = Date.now()): string {
  const seconds = (Date.parse(iso) - now) / 1000
  for (const [unit, length] of STEPS) if (Math.abs(seconds) >= length) return relative.format(Math.round(seconds / length), unit)
  return relative.format(0, 'minute') === 'this minute' ? 'just now' : relative.format(0, 'minute')
}
