import { sameClock } from './clocks.ts'
import { type DateFact, datesOf, sameDate } from './dates.ts'
import { SCALES, TOLD_ONCE, UNITS } from './number-words.ts'
import { type NumberFact, numbersOf } from './numbers.ts'
import { type Ordinal, ordinalsOf, type Part, partsOf } from './ordinals.ts'

/** Numbers and dates of a text with plain digits. Numbers that are part of a date are among them. */
export interface Figures {
  readonly text: string
  readonly numbers: readonly NumberFact[]
  readonly dates: readonly DateFact[]
  readonly ordinals: readonly Ordinal[]
  readonly parts: readonly Part[]
  readonly words: ReadonlySet<string>
}

export function figuresOf(text: string, language?: string): Figures {
  const dates = datesOf(text)
  const years = dates.flatMap(({ year, start, end }) => (year === undefined ? [] : [yearFact(year, start, end)]))
  const words = new Set([...text.toLowerCase().matchAll(/[\p{L}\p{M}]+|[%‰°$€£¥₹]/gu)].map(([word]) => word))
  const numbers = new Map([...numbersOf(text, language), ...years].map((one) => [`${one.text} ${one.negative}`, one]))
  const ordinals = ordinalsOf(text).filter(({ start, end }) => !dates.some((date) => start < date.end && date.start < end))
  const parts = partsOf(text, ordinals)
  // “A third of” tells no place.
  const places = ordinals.filter(({ start, end }) => !parts.some((part) => start < part.end && part.start < end))
  return { text, numbers: [...numbers.values()], dates, ordinals: places, parts, words }
}

function yearFact(year: number, start: number, end: number): NumberFact {
  return {
    text: String(year),
    start,
    end,
    values: [year],
    written: String(year),
    scale: undefined,
    unit: undefined,
    negative: false,
    ranged: false,
    clock: undefined,
    parts: [],
  }
}

/** How a figure of a sentence stands in a text: the same, the same but rounded, with another unit, or not at all. */
export type Standing = 'same' | 'rounded' | 'unit' | 'none'
const ORDER: readonly Standing[] = ['none', 'unit', 'rounded', 'same']

const LOSS =
  /loss|lost|lose|decreas|declin|negativ|minus|fell|fall|drop|down|lower|outflow|used|expense|deficit|reduc|verlust|rückgang|gesunken|pérdida|negativo|perte|baisse|убыт|сниж|zarar|azal|pierder|ζημι|lỗ|亏|損|हानि|خسار|ขาดทุน/i

/** “Fell to 5” tells no loss of 5. */
const TO = /(?:fall|fell|drop|declin|decreas|reduc|lower|down|sank|sink|cut)\p{L}{0,8}(?:\s\p{L}{1,20})?\s(?:to|auf|à|hasta)(?!\p{L})/giu

/** `around` is text in which units and scales may be told for all: "in millions of dollars". */
export function numberStands(mine: NumberFact, sentence: Figures, where: Figures, around: readonly Figures[]): Standing {
  const told = [where, ...around]
  const all = where.numbers.flatMap((one) => [one, ...one.parts])
  const best = all.map((theirs) => compared(mine, theirs, sentence, where, told)).reduce<Standing>(better, 'none')
  const asWord = /^\p{L}/u.test(mine.written) && mine.scale === undefined && mine.unit === undefined && where.words.has(mine.written)
  if (asWord || best === 'same') return 'same'
  return mine.parts.length > 0 && mine.parts.every((part) => numberStands(part, sentence, where, around) === 'same') ? 'same' : best
}

function better(one: Standing, other: Standing): Standing {
  return ORDER.indexOf(other) > ORDER.indexOf(one) ? other : one
}

function compared(mine: NumberFact, theirs: NumberFact, sentence: Figures, where: Figures, told: readonly Figures[]): Standing {
  if (mine.clock !== undefined || theirs.clock !== undefined) return comparedClocks(mine, theirs)
  if (mine.values.length === 0 || theirs.values.length === 0 || /^0\d/.test(mine.written)) return mine.written === theirs.written ? 'same' : 'none'
  // The same digits with another scale are another number, however they are read.
  if (mine.written === theirs.written && mine.scale !== undefined && theirs.scale !== undefined && mine.scale !== theirs.scale) return 'none'
  const value = sameValue(mine, theirs, told)
  if (value === 'none') return isShare(mine, theirs) || isShare(theirs, mine) ? 'rounded' : 'none'
  if (mine.negative !== theirs.negative && !LOSS.test((mine.negative ? where.text : sentence.text).replace(TO, ' '))) return 'none'
  if (!sameUnit(mine, theirs, where, told)) return 'unit'
  // One end of a range is less than the range, and “1.234” is not surely “1,234”.
  return (theirs.ranged && !mine.ranged) ||
    (mine.values.length > 1 &&
      /[.,]/.exec(mine.written)?.[0] !== /[.,]/.exec(theirs.written)?.[0] &&
      mine.scale === theirs.scale &&
      digits(mine) === digits(theirs))
    ? 'rounded'
    : value
}

/** 25% and 0.25. */
function isShare(percent: NumberFact, part: NumberFact): boolean {
  return (
    percent.unit === 'percent' &&
    part.unit === undefined &&
    percent.values.some((value) => part.values.some((other) => other <= 1 && equal(other * 100, value)))
  )
}

function digits({ written }: NumberFact): string {
  return written.replace(/\D/g, '')
}

function comparedClocks(mine: NumberFact, theirs: NumberFact): Standing {
  if (mine.clock !== undefined && theirs.clock !== undefined) {
    const found = sameClock(mine.clock, theirs.clock)
    return found === 'half' ? 'rounded' : found
  }
  const hour = ((mine.clock ?? theirs.clock)?.minutes ?? 0) / 60
  const plain = mine.clock === undefined ? mine : theirs
  // “From 2 to 4 pm” tells 2 pm.
  return plain.unit === undefined && plain.scale === undefined && plain.values.some((value) => value > 0 && value % 12 === hour % 12) ? 'rounded' : 'none'
}

function sameUnit(mine: NumberFact, theirs: NumberFact, where: Figures, told: readonly Figures[]): boolean {
  if (mine.unit === theirs.unit) return true
  if (mine.unit !== undefined && theirs.unit !== undefined) return false
  if (mine.unit === 'person') return true // told by any noun: employees, members
  if (mine.unit === undefined) return theirs.unit !== 'percent' && theirs.unit !== 'permille'
  const unit = mine.unit
  // A unit that stands beside another number is that number's.
  if (!TOLD_ONCE.has(unit) && where.numbers.some((other) => other.unit === unit)) return false
  const texts = TOLD_ONCE.has(unit) ? told : [where]
  return texts.some(({ words }) => words.has(unit) || [...words].some((word) => UNITS.get(word) === unit))
}

function sameValue(mine: NumberFact, theirs: NumberFact, told: readonly Figures[]): Standing {
  const scales = theirs.scale !== undefined ? [theirs.scale] : [1, ...(mine.scale === undefined ? [] : scalesOf(told))]
  // "5" is not "5 million", and "82,959 million" is "82,959" where a table says that it is told in millions.
  const all = theirs.values.flatMap((value) => scales.map((scale) => value * scale))
  let best: Standing = 'none'
  for (const value of mine.values) {
    const whole = value * (mine.scale ?? 1)
    if (all.some((other) => equal(whole, other))) return 'same'
    if (all.some((other) => rounds(mine, value, other))) best = 'rounded'
  }
  return best
}

function scalesOf(told: readonly Figures[]): number[] {
  return [...new Set(told.flatMap(({ words }) => [...words].flatMap((word) => SCALES.get(word) ?? [])))]
}

function equal(one: number, two: number): boolean {
  return Math.abs(one - two) <= 1e-9 * Math.max(1, Math.abs(one), Math.abs(two))
}

/** Is the number what the other rounds to, at as many digits as it has? Small whole numbers are counts, never rounded. */
function rounds(mine: NumberFact, value: number, other: number): boolean {
  const decimals = /[.,](\d+)$/.exec(mine.written)?.[1]?.length ?? 0
  const scale = mine.scale ?? 1
  if (decimals === 0 && scale === 1 && value < 100 && mine.unit !== 'percent') return false
  const zeros = decimals > 0 || scale > 1 ? 0 : (/0+$/.exec(String(value))?.[0].length ?? 0)
  if (decimals === 0 && scale === 1 && zeros === 0 && Number.isInteger(other)) return false
  const step = scale * 10 ** (decimals > 0 ? -decimals : zeros)
  return !equal(value * scale, other) && Math.abs(value * scale - other) <= step / 2
}

export function dateStands(mine: DateFact, where: Figures, around: readonly Figures[]): boolean {
  return where.dates.some((theirs) => {
    if (!sameDate(mine, theirs)) return false
    if (mine.year === undefined || theirs.year !== undefined) return true
    return [where, ...around].some(({ numbers }) => numbers.some(({ values }) => values.includes(mine.year ?? Number.NaN)))
  })
}

/** Numbers of a sentence that are not part of its dates, ordinals and parts. */
export function besidesDates({ numbers, dates, ordinals, parts }: Figures): NumberFact[] {
  return numbers.filter((number) => ![...dates, ...ordinals, ...parts].some(({ start, end }) => number.start < end && start < number.end))
}

/** The text without its figures and the units that go with them. */
export function withoutFigures({ text, numbers, dates, ordinals, parts }: Figures): string {
  let left = text
  for (const { start, end } of [...dates, ...ordinals, ...parts]) left = blank(left, start, end)
  for (const { start, end, text: told } of numbers) left = blank(left, start, Math.max(end, start + told.length))
  return left
}

function blank(text: string, start: number, end: number): string {
  return text.slice(0, start) + ' '.repeat(Math.min(text.length, end) - start) + text.slice(end)
}

/** “Three of five” where the source has “five of three”; undefined when no pair is turned round. */
export function reversedPair(mine: Figures, theirs: Figures): string | undefined {
  const others = pairsOf(theirs)
  const same = (one: NumberFact, other: NumberFact) => one.values.some((value) => other.values.includes(value))
  return pairsOf(mine).find(
    ({ part, whole }) =>
      !same(part, whole) &&
      others.some((other) => same(part, other.whole) && same(whole, other.part)) &&
      !others.some((other) => same(part, other.part) && same(whole, other.whole)),
  )?.text
}

function pairsOf({ numbers, text }: Figures): { readonly part: NumberFact; readonly whole: NumberFact; readonly text: string }[] {
  return numbers.flatMap((part, index) => {
    const whole = numbers[index + 1]
    if (whole === undefined || !/^\s(?:out\s)?(?:of|von|de|sur|di|из|per|in|to)\s(?:the\s|den\s|los\s|les\s)?$/iu.test(text.slice(part.end, whole.start)))
      return []
    return [{ part, whole, text: text.slice(part.start, whole.end) }]
  })
}
