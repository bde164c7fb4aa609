import { NUMBERS_IN_WORDS, SCALES, UNITS } from './number-words.ts'

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
  readonly unit: string | undefined
  readonly negative: boolean
  /** "12 000 000" may be three numbers as well. */
  readonly parts: readonly NumberFact[]
}

const ZEROS = [0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xe50, 0xed0, 0xf20, 0x1040, 0x17e0, 0x1810]
const NUMERAL = /(?<![\d.,])\d{1,3}(?:[ \u00a0\u202f\u2009]\d{3})+(?!\d)(?:[.,]\d+)?|\d+(?:[.,:/'’]\d+)*/g
const BLANK = /[ \u00a0\u202f\u2009]/
const ORDINAL = /^(?:st|nd|rd|th|er|e|ème|de|ste|s|-?й|-?го|η|ο)$/
const WORD = /[\p{L}\p{M}]+/gu
const UNSPACED = /^[\p{Script=Han}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u

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
const POINT = new Set(['en', 'hi', 'th', 'zh', 'ja'])

/** Numbers in digits and in words, in the order of the text. `text` has plain digits; `language` tells what "1.234" means. */
export function numbersOf(text: string, language?: string): NumberFact[] {
  const decimal = language === undefined ? undefined : COMMA.has(language) ? ',' : POINT.has(language) ? '.' : undefined
  const found: NumberFact[] = []
  for (const match of text.matchAll(NUMERAL)) {
    const before = text.slice(Math.max(0, match.index - 1), match.index)
    // "Q3" and "10b5" are names.
    if (/\p{L}/u.test(before) && !UNSPACED.test(before)) continue
    const joined = /^[\p{L}\p{M}]+/u.exec(text.slice(match.index + match[0].length, match.index + match[0].length + 24))?.[0].toLowerCase()
    if (joined !== undefined && !UNSPACED.test(joined) && !SCALES.has(joined) && !UNITS.has(joined) && !ORDINAL.test(joined)) continue
    found.push(...readingsOf(match[0], match.index, text, decimal))
  }
  found.push(...inWords(text))
  return found.sort((one, two) => one.start - two.start)
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
  const sign = /^\s?(%|‰|°|[$€£¥₹])/.exec(rest)
  if (sign !== null) return { scale: undefined, unit: UNITS.get(sign[1] ?? ''), after: end + sign[0].length }
  let [scale, unit, after]: [number | undefined, string | undefined, number] = [undefined, undefined, end]
  if (UNSPACED.test(rest.trimStart())) {
    const shift = rest.length - rest.trimStart().length
    for (const length of [7, 6, 5, 4, 3, 2, 1]) {
      const piece = rest.slice(shift, shift + length)
      scale ??= SCALES.get(piece)
      unit ??= UNITS.get(piece)
      if ((scale !== undefined || unit !== undefined) && after === end) after = end + shift + length
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
  const sign = /(?:^|[\s(|])[-−–]$/.test(text.slice(Math.max(0, from - 2), from))
  return { start: sign ? from - 1 : from, unit, negative: sign }
}

/** In finance a number in brackets is negative; a year in brackets is a year. */
function bracketed(text: string, start: number, end: number): boolean {
  const after = /^\s?%?\)/.test(text.slice(end, end + 3))
  return after && text.charAt(start - 1) === '(' && !/^(?:1[89]|20)\d\d$/.test(text.slice(start, end)) && /[\d.,]{2,}/.test(text.slice(start, end))
}

function inWords(text: string): NumberFact[] {
  const found: NumberFact[] = []
  for (const match of text.matchAll(WORD)) {
    const value = NUMBERS_IN_WORDS.get(match[0].toLowerCase())
    if (value === undefined) continue
    const last = found.at(-1)
    const [start, end] = [match.index, match.index + match[0].length]
    const joined = last !== undefined && /^[-\s]$/.test(text.slice(last.end, start)) && (last.values[0] ?? 0) >= 20 && value < 10
    const { scale, unit, after } = following(text, end)
    const from = joined ? last.start : start
    if (joined) found.pop()
    const total = joined ? (last.values[0] ?? 0) + value : value
    found.push({
      text: text.slice(from, after),
      start: from,
      end,
      values: [total],
      written: text.slice(from, end).toLowerCase(),
      scale,
      unit,
      negative: false,
      parts: [],
    })
  }
  return found
}
