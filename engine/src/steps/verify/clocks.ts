/**
 * A time of day as it is told. `day`: `halves` tells which half of it (2 pm), `whole` counts to 24 (14:00, 02:00, and 2:00 beside 14:00),
 * `spoken` tells no half (2 o'clock), `open` is not known to be of one of these (2:00).
 */
export interface Clock {
  readonly minutes: number // since midnight
  readonly day: 'halves' | 'whole' | 'spoken' | 'open'
}

export interface ClockFact extends Clock {
  readonly text: string
  readonly start: number // UTF-16 offsets
  readonly end: number
}

const CLOCK =
  /(?<![\d.,:/])(\d{1,2})(?:\s?[:.h]\s?(\d\d)(?::\d\d)?)?\s?(a\.m\.|p\.m\.|[ap]m(?![\p{L}\d])|(?:Uhr|o['’]clock|heures?|часов)(?![\p{L}\d]))|(?<![\d.,:/])(\d{1,2})[:h](\d\d)(?![\d:/\p{Script=Latin}\p{Script=Cyrillic}]|\.\d)/giu

const EAST =
  /(?:(午前|上午|오전|凌晨|早上)|(午後|下午|오후|晚上))?\s?(?<![\d.,:/])(\d{1,2})\s?(?:時|时|點|시|点(?!\d)|点(?=\d{1,2}\s?分))(?![間间候간])(?:\s?(\d{1,2})\s?[分분]|(半|반))?/gu

/** Times of day in the forms that are common: 14:00, 2 pm, 9.30 Uhr, 9h30, 午後2時. Digits must be plain ones. */
export function clocksOf(text: string): ClockFact[] {
  const found = [...eastern(text), ...western(text)]
  const whole = found.some(({ day }) => day === 'whole')
  return whole ? found.map((one): ClockFact => (one.day === 'open' ? { ...one, day: 'whole' } : one)) : found
}

function eastern(text: string): ClockFact[] {
  return [...text.matchAll(EAST)].flatMap((match) => {
    const [hour, minute] = [Number(match[3]), match[5] === undefined ? Number(match[4] ?? 0) : 30]
    if (hour > 24 || minute > 59) return []
    const halved = (match[1] ?? match[2]) !== undefined && hour <= 12
    const counted = halved ? (hour % 12) + (match[2] === undefined ? 0 : 12) : hour % 24
    const day = halved ? 'halves' : isWhole(match[3] ?? '') ? 'whole' : 'spoken'
    return [{ text: match[0], start: match.index, end: match.index + match[0].length, minutes: counted * 60 + minute, day }]
  })
}

function western(text: string): ClockFact[] {
  return [...text.matchAll(CLOCK)].flatMap((match) => {
    const hour = Number(match[1] ?? match[4])
    const minute = Number(match[2] ?? match[5] ?? 0)
    const half = (match[3] ?? '').charAt(0).toLowerCase()
    const halved = half === 'a' || half === 'p'
    // “14 heures” may be a duration as well.
    const duration = /^(?:heures?|часов)$/iu.test(match[3] ?? '') && match[2] === undefined
    if (duration || hour > 24 || minute > 59 || (halved && (hour > 12 || hour === 0))) return []
    const counted = halved ? (hour % 12) + (half === 'p' ? 12 : 0) : hour % 24
    const whole = isWhole(match[1] ?? match[4] ?? '') || /\dh|uhr$|heures?$|часов$/iu.test(match[0].replace(/\s/g, ''))
    const day = halved ? 'halves' : whole ? 'whole' : match[3] === undefined ? 'open' : 'spoken'
    return [{ text: match[0], start: match.index, end: match.index + match[0].length, minutes: counted * 60 + minute, day }]
  })
}

/** Hours that only the clock of 24 has: 0, 03, 15. */
function isWhole(hour: string): boolean {
  return Number(hour) > 12 || hour.startsWith('0')
}

const HALF_DAY = 720

/** `half`: the same but for the half of the day, which one of both does not tell. */
export function sameClock(mine: Clock, theirs: Clock): 'same' | 'half' | 'none' {
  if (mine.minutes === theirs.minutes) return 'same'
  if (mine.minutes % HALF_DAY !== theirs.minutes % HALF_DAY) return 'none'
  const days = [mine.day, theirs.day]
  return days.includes('spoken') || (days.includes('open') && days.includes('halves')) ? 'half' : 'none'
}
