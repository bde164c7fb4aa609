import { type Clock, type ClockFact, clocksOf } from './clocks.ts'
import { SCALES, UNITS } from './number-words.ts'
import { valuesInWords } from './numbers-in-words.ts'

/** A number of a text, in whatever form it is written. */
export interface NumberFact {
  readonly text: string
  readonly start: number // UTF-16 offsets
  readonly end: number
  /** What it can mean without the word after it: "1.234" is two things. */
  readonly values: readonly number[]
  /** Times, versions, fractions: compared as they are written. */
  readonly written: string
  /** 1e6 for "12 million"; undefined when no such word stands beside it. */
  readonly scale: number | undefined
  /** One of UNITS, or what is written right at the number: "kwh". */
  readonly unit: string | undefined
  readonly negative: boolean
  /** One end of a range: "3–5". */
  readonly ranged: boolean
  readonly clock: Clock | undefined
  /** "12 000 000" may be three numbers as well. */
  readonly parts: readonly NumberFact[]
}

const ZEROS = [0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xe50, 0xed0, 0xf20, 0x1040, 0x17e0, 0x1810]
const NUMERAL = /(?<![\d.,])\d{1,3}(?:[ \u00a0\u202f\u2009]\d{3})+(?!\d)(?:[.,]\d+)?|\d+(?:[.,:/'’]\d+)*/g
const BLANK = /[ \u00a0\u202f\u2009]/
const ORDINAL = /^(?:st|nd|rd|th|er|e|ème|de|ste|s|-?й|-?го|η|ο)$/
const WORD = /[\p{L}\p{M}]+/gu
const UNSPACED = /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}ー\p{Script=Hangul}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u
/** What may follow a unit of Korean: without it "일" begins another word. */
const PARTICLE =
  /^(?![\p{Script=Hangul}])|^(?:은|는|이|가|을|를|의|에|로|으로|과|와|도|까지|부터|동안|간|입|이|전|후|내|당|마다|씩|짜리|쯤|정도|미만|이상|이하|초과)/u
const VULGAR = new Map([...'½⅓⅔¼¾⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞'].map((sign): [string, number] => [sign, vulgar(sign)]))
const DENOMINATORS = new Set([2, 3, 4, 5, 6, 8, 10, 16, 32])
const SHORT_SCALES = new Map([
  ['k', 1e3],
  ['m', 1e6],
  ['mm', 1e6],
  ['b', 1e9],
  ['t', 1e12],
])
const MINUS = /(?<![\p{L}\p{M}])(?:minus|negative|negativ|минус|マイナス|eksi)\s?$/iu

function vulgar(sign: string): number {
  const [over = 0, under = 1] = sign.normalize('NFKD').split('\u2044').map(Number)
  return over / under
}

/** All digits as 0 to 9, without change of length. */
export function plainDigits(text: string): string {
  return text.replace(/(?![0-9])\p{Nd}/gu, (digit) => {
    const code = digit.codePointAt(0) ?? 0
    if (digit.length > 1) return digit
    if (code >= 0xff10 && code <= 0xff19) return String(code - 0xff10)
    const zero = ZEROS.find((one) => code >= one && code < one + 10)
    return zero === undefined ? digit : String(code - zero)
  })
}

/** Which sign parts whole from fraction. Languages of several countries, and unknown ones, have both. */
const COMMA = new Set(['de', 'fr', 'it', 'pt', 'nl', 'ro', 'ru', 'tr', 'vi', 'el', 'pl', 'cs', 'sv', 'da', 'no', 'fi', 'hu', 'id'])
const POINT = new Set(['en', 'hi', 'th', 'zh', 'ja', 'ko', 'he'])

/** Numbers in digits and in words, in the order of the text. `text` has plain digits; `language` tells what "1.234" means. */
export function numbersOf(text: string, language?: string): NumberFact[] {
  const decimal = language === undefined ? undefined : COMMA.has(language) ? ',' : POINT.has(language) ? '.' : undefined
  const clocks = clocksOf(text)
  const found: NumberFact[] = clocks.map(clockFact)
  let read = 0
  for (const match of text.matchAll(NUMERAL)) {
    if (match.index < read || clocks.some(({ start, end }) => start <= match.index && match.index < end)) continue
    const before = text.slice(Math.max(0, match.index - 1), match.index)
    // "Q3" and "10b5" are names.
    if (/\p{L}/u.test(before) && !UNSPACED.test(before)) continue
    const end = match.index + match[0].length
    const joined = /^[\p{L}\p{M}]+(?!\p{N})/u.exec(text.slice(end, end + 24))?.[0].toLowerCase()
    if (joined === undefined && /^\p{L}/u.test(text.slice(end, end + 1)) && !UNSPACED.test(text.slice(end, end + 1))) continue
    const mixed = mixedFraction(match[0], text.slice(end, end + 8))
    if (mixed !== undefined) {
      read = end + mixed.length
      found.push({ ...fact(text.slice(match.index, read), match.index, text, [mixed.value]), written: text.slice(match.index, read) })
      continue
    }
    const own = joined !== undefined && !UNSPACED.test(joined) && !SCALES.has(joined) && !UNITS.has(joined) && !ORDINAL.test(joined) ? joined : undefined
    const short = joined === undefined ? undefined : SHORT_SCALES.get(joined)
    for (const one of readingsOf(match[0], match.index, text, decimal)) {
      // “$5M” tells money, “5m” metres.
      const money = /[$€£¥₹](?=\s?$)/.exec(text.slice(Math.max(0, match.index - 2), match.index))?.[0]
      if (short !== undefined && joined !== undefined && money !== undefined)
        found.push({ ...one, text: text.slice(one.start, end + joined.length), scale: short, unit: UNITS.get(money) })
      else found.push(own === undefined ? one : withUnit(one, own))
    }
  }
  found.push(...inWords(text))
  return summed(
    ranges(
      found.sort((one, two) => one.start - two.start),
      text,
    ),
    text,
  )
}

function withUnit(one: NumberFact, unit: string): NumberFact {
  return { ...one, text: one.text.endsWith(unit) ? one.text : one.text + unit, scale: undefined, unit }
}

function clockFact({ text, start, end, minutes, day }: ClockFact): NumberFact {
  return { text, start, end, values: [], written: text, scale: undefined, unit: undefined, negative: false, ranged: false, clock: { minutes, day }, parts: [] }
}

/** "1½" and "3 1/2" are one number. */
function mixedFraction(whole: string, after: string): { readonly value: number; readonly length: number } | undefined {
  if (!/^\d+$/.test(whole)) return undefined
  const sign = /^\s?([½⅓⅔¼¾⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞])/u.exec(after)
  if (sign !== null) return { value: Number(whole) + (VULGAR.get(sign[1] ?? '') ?? 0), length: sign[0].length }
  const written = /^[ -](\d{1,2})\/(\d{1,2})(?![\d/])/.exec(after)
  const [over, under] = [Number(written?.[1]), Number(written?.[2])]
  return written !== null && over < under && DENOMINATORS.has(under) ? { value: Number(whole) + over / under, length: written[0].length } : undefined
}

/** The first of "3–5 days" has the unit of the second. */
function ranges(facts: readonly NumberFact[], text: string): NumberFact[] {
  const found = [...facts]
  for (let at = found.length - 2; at >= 0; at -= 1) {
    const [one, next] = [found[at], found[at + 1]]
    if (one === undefined || next === undefined || next.start - one.end > 8 || one.clock !== undefined || next.clock !== undefined) continue
    const link = /^\s?[%‰°]?\s?([-–—~]|to|bis|or|oder|and|und)\s?[$€£¥₹]?$/iu.exec(text.slice(one.end, next.start))?.[1]?.toLowerCase()
    const between = /(?<!\p{L})(?:between|zwischen)\s[$€£¥₹]?$/iu.test(text.slice(Math.max(0, one.start - 10), one.start))
    const years = [one, next].some(({ written }) => /^(?:1[5-9]|20|21)\d\d$/.test(written))
    if (link === undefined || years || (/^[au]nd$/.test(link) && !between)) continue
    const ranged = between || /^[-–—~]$/.test(link)
    found[at] = { ...one, unit: one.unit ?? next.unit, scale: one.scale ?? (ranged && one.unit === undefined ? next.scale : undefined), ranged }
    found[at + 1] = { ...next, ranged }
  }
  return found
}

/** "5億3000万" is one number; so is "two hundred and fifty" after digits. */
function summed(facts: readonly NumberFact[], text: string): NumberFact[] {
  const found: NumberFact[] = []
  for (const one of facts) {
    const last = found.at(-1)
    const joins = last?.scale !== undefined && last.unit === undefined && UNSPACED.test(text.slice(last.end)) && one.start === last.start + last.text.length
    if (joins && last.values.length === 1 && one.values.length > 0 && (one.scale ?? 1) < last.scale) {
      const value = (last.values[0] ?? 0) * last.scale + (one.values[0] ?? 0) * (one.scale ?? 1)
      found[found.length - 1] = {
        ...last,
        text: last.text + one.text,
        end: one.end,
        values: [value],
        scale: undefined,
        unit: one.unit,
        written: last.text + one.written,
      }
    } else found.push(one)
  }
  return found
}

function readingsOf(raw: string, start: number, text: string, point: Decimal): NumberFact[] {
  const values = valuesOf(raw, point)
  // "1,2,3" is a list.
  if (values === undefined) {
    let at = start
    return raw.split(/(?<=,)/).flatMap((part) => {
      const number = part.replace(/,$/, '')
      const made = fact(number, at, text, valuesOf(number, point) ?? [])
      at += part.length
      return number === '' ? [] : [made]
    })
  }
  const made = fact(raw, start, text, values)
  if (!BLANK.test(raw)) return [made]
  return [{ ...made, parts: [...raw.matchAll(/[\d.,]+/g)].map((part) => fact(part[0], start + part.index, text, valuesOf(part[0], point) ?? [])) }]
}

function fact(raw: string, start: number, text: string, values: readonly number[]): NumberFact {
  const end = start + raw.length
  const { scale, unit, after } = following(text, end)
  const before = preceding(text, start)
  return {
    text: text.slice(before.start, after),
    start,
    end,
    values,
    written: raw,
    scale,
    unit: unit ?? before.unit,
    negative: before.negative || bracketed(text, before.start, end),
    ranged: false,
    clock: undefined,
    parts: [],
  }
}

type Decimal = ',' | '.' | undefined

/** What a numeral can mean; none for a time, a version or a fraction; undefined for a list. */
export function valuesOf(raw: string, point?: Decimal): readonly number[] | undefined {
  if (/[:/]/.test(raw)) return []
  const plain = raw.replace(/['’ \u00a0\u202f\u2009](?=\d{3}(?!\d))/g, '')
  const points = plain.match(/\./g)?.length ?? 0
  const commas = plain.match(/,/g)?.length ?? 0
  if (points === 0 && commas === 0) return [Number(plain)]
  if (points > 0 && commas > 0) {
    const comma = plain.lastIndexOf(',') > plain.lastIndexOf('.')
    const [group, decimal] = comma ? ['.', ','] : [',', '.']
    if (plain.split(decimal).length !== 2 || !grouped(plain.split(decimal)[0] ?? '', group)) return commas > points ? undefined : []
    return [Number(plain.replaceAll(group, '').replace(decimal, '.'))]
  }
  const sign = points > 0 ? '.' : ','
  const whole = grouped(plain, sign) ? Number(plain.replaceAll(sign, '')) : undefined
  if (points + commas > 1) return whole !== undefined ? [whole] : sign === ',' ? undefined : []
  const decimal = Number(plain.replace(',', '.'))
  if (whole === undefined) return [decimal]
  return point === undefined ? [whole, decimal] : [point === sign ? decimal : whole]
}

/** Groups of three, or of two before the last three as in India. */
function grouped(text: string, sign: string): boolean {
  const [first = '', ...rest] = text.split(sign)
  if (rest.length === 0) return true
  return (
    first.length <= 3 &&
    !/^0/.test(first) &&
    rest.at(-1)?.length === 3 &&
    (rest.every(({ length }) => length === 3) || rest.slice(0, -1).every(({ length }) => length === 2))
  )
}

/** Scale and unit in the few words after a number: "12 million euros", "14 working days". */
function following(text: string, end: number): { readonly scale: number | undefined; readonly unit: string | undefined; readonly after: number } {
  const rest = text.slice(end, end + 40)
  const sign = /^\s?([%％]|‰|°|[$€£¥₹])/.exec(rest)
  if (sign !== null) return { scale: undefined, unit: UNITS.get(sign[1] ?? ''), after: end + sign[0].length }
  let [scale, unit, after]: [number | undefined, string | undefined, number] = [undefined, undefined, end]
  if (UNSPACED.test(rest.trimStart())) {
    let at = rest.length - rest.trimStart().length
    const apart = at > 0
    for (let found = true; found && unit === undefined; ) {
      found = false
      for (const length of [7, 6, 5, 4, 3, 2, 1]) {
        const piece = rest.slice(at, at + length)
        if (piece.length < length || (apart && /^\p{Script=Hangul}/u.test(piece) && !PARTICLE.test(rest.slice(at + length)))) continue
        const known = SCALES.get(piece)
        unit = UNITS.get(piece)
        if (known === undefined && unit === undefined) continue
        if (known !== undefined) scale = (scale ?? 1) * known
        if (known !== undefined) unit = undefined
        at += length
        after = end + at
        found = true
        break
      }
    }
    return { scale, unit, after }
  }
  let [words, at] = [0, 0]
  for (const match of rest.matchAll(WORD)) {
    // "5 m" and "5 t" are units only right beside their number.
    if (words > 2 || (match[0].length === 1 && words > 0) || /[^\s\-‐‑’'%]/.test(rest.slice(at, match.index))) break
    const word = match[0].toLowerCase()
    at = match.index + match[0].length
    const known = SCALES.get(word)
    unit = UNITS.get(word)
    if (known !== undefined) scale = (scale ?? 1) * known
    else words += 1
    if (known !== undefined || unit !== undefined) after = end + at
    if (unit !== undefined) break
  }
  return { scale, unit, after }
}

function preceding(text: string, start: number): { readonly start: number; readonly unit: string | undefined; readonly negative: boolean } {
  const before = text.slice(Math.max(0, start - 16), start)
  const money = /(?:US|A|C)?[$€£¥₹]\s?$|(?:\b(?:USD|EUR|GBP|JPY|INR)|yüzde|ร้อยละ|%)\s?$/iu.exec(before)
  const from = start - (money?.[0].length ?? 0)
  const unit =
    money === null
      ? undefined
      : UNITS.get(
          money[0]
            .trim()
            .toLowerCase()
            .replace(/^(?:us|a|c)(?=[$])/, ''),
        )
  const word = MINUS.exec(text.slice(Math.max(0, from - 12), from))
  if (word !== null) return { start: from - word[0].length, unit, negative: true }
  const sign = /(?:^|[\s(|])[-−–]$/.test(text.slice(Math.max(0, from - 2), from))
  return { start: sign ? from - 1 : from, unit, negative: sign }
}

/** In finance a number in brackets is negative; a year in brackets is a year. */
function bracketed(text: string, start: number, end: number): boolean {
  const after = /^\s?%?\)/.test(text.slice(end, end + 3))
  return after && text.charAt(start - 1) === '(' && !/^(?:1[89]|20)\d\d$/.test(text.slice(start, end)) && /[\d.,]{2,}/.test(text.slice(start, end))
}

function inWords(text: string): NumberFact[] {
  return valuesInWords(text).map(({ start, end, value, scale }) => {
    const { unit, after, scale: more } = following(text, end)
    const negative = MINUS.exec(text.slice(Math.max(0, start - 12), start))
    const from = start - (negative?.[0].length ?? 0)
    return {
      text: text.slice(from, after),
      start,
      end,
      values: [value],
      written: text.slice(start, end).toLowerCase(),
      scale: scale ?? more,
      unit,
      negative: negative !== null,
      ranged: false,
      clock: undefined,
      parts: [],
    }
  })
}
