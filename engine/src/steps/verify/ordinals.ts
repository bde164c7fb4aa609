import { NUMBERS_IN_WORDS } from './number-words.ts'

/** Which one of a row, of the quarters of a year, or of its halves: “third quarter”, “Q3” and “3. Quartal” are the same. */
export interface Ordinal {
  readonly text: string
  readonly start: number // UTF-16 offsets
  readonly end: number
  readonly value: number
  readonly of: 'quarter' | 'half' | undefined
  /** The word after it, in lower case; empty at the end and in scripts without spaces. */
  readonly noun: string
}

/** A part of a whole in words or signs: “half”, “two thirds”, “¼”. */
export interface Part {
  readonly text: string
  readonly start: number
  readonly end: number
  readonly value: number
}

/** Endings that a stem may have, after the stems of each number. */
const STEMS: readonly (readonly [endings: string, stems: readonly string[]])[] = [
  ['', 'first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth'.split(' ')],
  ['(?:e|er|es|en|em)', 'erst zweit dritt viert fünft sechst (?:siebt|siebent) acht neunt zehnt elft zwölft'.split(' ')],
  ['(?:o|a|os|as)?', 'primer segund tercer cuart quint sext s[ée]ptim octav noven d[ée]cim'.split(' ')],
  [
    '',
    '(?:premier|première|premiers|premières) (?:deuxième|seconde) troisième quatrième cinquième sixième septième huitième neuvième dixième onzième douzième'.split(
      ' ',
    ),
  ],
  ['(?:o|a|i|e)', 'prim second terz quart quint sest settim ottav non decim'.split(' ')],
  ['(?:o|a|os|as)', 'primeir segund terceir quart quint sext s[ée]tim oitav non d[ée]cim'.split(' ')],
  ['', 'eerste tweede derde vierde vijfde zesde zevende achtste negende tiende elfde twaalfde'.split(' ')],
  [
    '(?:ый|ий|ой|ая|яя|ое|ые|ого|ому|ым|ом|ую|ых|ыми|ья|ье|ью|ьи|ьего|ьему|ьим|ьем|ьей|ьих)',
    'перв втор трет четв[её]рт пят шест седьм восьм девят десят'.split(' '),
  ],
  ['', 'birinci ikinci üçüncü dördüncü beşinci altıncı yedinci sekizinci dokuzuncu onuncu'.split(' ')],
  ['(?:y|a|e|i|ego|emu|ym|ej|ą|iego|im|iej)', 'pierwsz drug trzec czwart piąt szóst siódm ósm dziewiąt dziesiąt'.split(' ')],
  ['', 'primul|prima doilea|doua treilea|treia patrulea|patra cincilea|cincea'.split(' ')],
  ['(?:ος|ου|ο|η|ης|ης|ον|οι|α)', 'πρώτ δεύτερ τρίτ τέταρτ πέμπτ έκτ έβδομ όγδο ένατ δέκατ'.split(' ')],
  ['(?:ा|ी|े)', 'पहल दूसर तीसर चौथ'.split(' ')],
  ['', 'الأول|الأولى الثاني|الثانية الثالث|الثالثة الرابع|الرابعة الخامس|الخامسة'.split(' ')],
]
/** One expression for all stems of a number: most words are of none. */
const WORDS = Array.from({ length: 12 }, (_, index) => ({
  value: index + 1,
  pattern: new RegExp(`^(?:${STEMS.flatMap(([endings, stems]) => (stems[index] === undefined ? [] : [`(?:${stems[index]})${endings}`])).join('|')})$`, 'iu'),
}))
const ANY_WORD = new RegExp(WORDS.map(({ pattern }) => pattern.source).join('|'), 'iu')
/** The rest of English, and tens of other languages that stand before one of the above. */
const LATER = new Map([
  ...'thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth'.split(' ').map((word, index): [string, number] => [word, index + 13]),
  ...'twentieth thirtieth fortieth fiftieth sixtieth seventieth eightieth ninetieth'
    .split(' ')
    .map((word, index): [string, number] => [word, (index + 2) * 10]),
])
const MORE_TENS = new Map([
  ['vigésim', 20],
  ['trigésim', 30],
  ['cuadragésim', 40],
  ['quadragésim', 40],
  ['quincuagésim', 50],
])
const WORD_BEFORE = /(?<![\p{L}\p{M}])([\p{L}\p{M}]{3,16})[\s‐-]$/u
const HUNDREDS = /(?<![\p{L}\p{M}])(?:([\p{L}\p{M}]{1,8})\s)?hundred\s(?:and\s)?$/iu
const HAN = new Map([...'一二三四五六七八九十'].map((sign, index): [string, number] => [sign, index + 1]))
const QUARTER =
  '(?:quarters?|quartal(?:e|s|en)?|trimestres?|trimestri|trimestrul(?:ui)?|kwartaal|kwartał\\p{L}*|квартал\\p{L}*|çeyre\\p{L}*|τρ[ιί]μ[ηή]ν\\p{L}*|तिमाही)'
const HALF = '(?:half|halves|halbjahr(?:e|es|s)?|semestres?|semestri|semestrul(?:ui)?|helft|полугоди\\p{L}*|yarı\\p{L}*|εξ[αά]μ[ηή]ν\\p{L}*|छमाही)'
/** Each way of reading a text begins with a sign or a blank, which no word holds: else the time grows with each letter. */
const LINK = '(?:\\s?[,–-]\\s?(?:(?:and|or|und|oder)\\s)?|\\s(?:and|or|to|through|und|oder|bis|y|e|et|и|ve)\\s)'
const BETWEEN = `(?:${LINK}(?:the\\s)?(?:\\p{L}+|\\d{1,2}(?:st|nd|rd|th|\\.))){0,6}?`
const AFTER_QUARTER = new RegExp(`^${BETWEEN}[\\s-]+(?:(?:fiscal|financial|calendar|business)\\s+)?(?:year\\s+)?${QUARTER}(?!\\p{L})`, 'iu')
const AFTER_HALF = new RegExp(`^${BETWEEN}[\\s-]+(?:(?:fiscal|financial|calendar)\\s+)?(?:year\\s+)?${HALF}(?!\\p{L})`, 'iu')
const WORD = /(?<![\p{L}\p{M}\p{N}])[\p{L}\p{M}]{3,}(?![\p{L}\p{M}\p{N}])/gu
const DIGITS = /(?<![\p{L}\p{N}.,])(\d{1,3})(st|nd|rd|th|ère|ème|er|e|º|ª|-?й|-?го|\.)(?![\p{L}\p{N}])/giu
const SHORT = /(?<![\p{L}\p{N}])(?:([QTHqth])\s?([1-4])|([1-4])\s?([QHqh]))(?=[\s'’/.,;:)|-]|\d\d(?!\d)|(?:fy)|$)/giu
const NAMED = /(?<![\p{L}\p{N}])(?:quarter|quartal|trimestre|kwartaal|quý)\s(?:no\.?\s)?(one|two|three|four|[1-4])(?!\d)/giu
const EAST = /第\s?([一二三四五六七八九十]|\d{1,2})\s?(季度|季|四半期)?|([1-4])\s?분기|(上半年|上半期|前半|상반기)|(下半年|下半期|後半|하반기)/gu
const COUNT = ['one', 'two', 'three', 'four']

/** Ordinals of a text with plain digits, in its order; bare “2.” counts only before a quarter or half. */
export function ordinalsOf(text: string): Ordinal[] {
  const found: Ordinal[] = []
  const add = (start: number, end: number, value: number, of: Ordinal['of'], noun = '') =>
    void found.push({ text: text.slice(start, end), start, end, value, of, noun })
  for (const match of text.matchAll(WORD)) {
    const value = ordinalValue(match[0])
    const end = match.index + match[0].length
    if (value === undefined || isTime(match[0], text, match.index, end)) continue
    const whole = withTens(text, match.index, end, value)
    add(whole.start, end, whole.value, ofWhat(text, end), nounAfter(text, end))
  }
  for (const match of text.matchAll(DIGITS)) {
    const end = match.index + match[0].length
    const of = ofWhat(text, end)
    if (match[2] !== '.' || of !== undefined) add(match.index, end, Number(match[1]), of, nounAfter(text, end))
  }
  for (const match of text.matchAll(SHORT)) {
    const letter = (match[1] ?? match[4] ?? '').toLowerCase()
    const value = Number(match[2] ?? match[3])
    if (letter !== 'h' || value <= 2) add(match.index, match.index + match[0].length, value, letter === 'h' ? 'half' : 'quarter')
  }
  for (const match of text.matchAll(NAMED)) {
    const told = (match[1] ?? '').toLowerCase()
    add(match.index, match.index + match[0].length, COUNT.includes(told) ? COUNT.indexOf(told) + 1 : Number(told), 'quarter')
  }
  for (const match of text.matchAll(EAST)) {
    const end = match.index + match[0].length
    if (match[1] !== undefined)
      add(match.index, end, HAN.get(match[1]) ?? Number(match[1]), match[2] === undefined ? undefined : 'quarter', text.slice(end, end + 1))
    else if (match[3] !== undefined) add(match.index, end, Number(match[3]), 'quarter')
    else add(match.index, end, match[4] === undefined ? 2 : 1, 'half')
  }
  return found.sort((one, two) => one.start - two.start)
}

function ordinalValue(word: string): number | undefined {
  return ANY_WORD.test(word) ? WORDS.find(({ pattern }) => pattern.test(word))?.value : LATER.get(word.toLowerCase())
}

/** “Twenty-first” and “one hundred and first” are one ordinal; “twenty first-class seats” tells of none. */
function withTens(text: string, start: number, end: number, value: number): { readonly start: number; readonly value: number } {
  let [from, sum] = [start, value]
  const before = WORD_BEFORE.exec(text.slice(Math.max(0, from - 18), from))
  const word = (before?.[1] ?? '').toLowerCase()
  const tens = NUMBERS_IN_WORDS.get(word) ?? MORE_TENS.get(word.replace(/[oa]$/, '')) ?? 0
  if (before !== null && value < 10 && tens >= 20 && tens < 100 && !/^-\p{L}/u.test(text.slice(end, end + 2)))
    [from, sum] = [from - before[0].length, sum + tens]
  const hundreds = HUNDREDS.exec(text.slice(Math.max(0, from - 24), from))
  if (hundreds === null) return { start: from, value: sum }
  const told = (hundreds[1] ?? '').toLowerCase()
  const times = NUMBERS_IN_WORDS.get(told)
  const counts = times !== undefined || /^(?:one|a)$/.test(told)
  const length = counts || told === '' ? hundreds[0].length : hundreds[0].length - told.length - 1
  return { start: from - length, value: sum + 100 * (times ?? 1) }
}

function ofWhat(text: string, end: number): Ordinal['of'] {
  const after = text.slice(end, end + 60)
  const quarter = AFTER_QUARTER.exec(after)?.[0].length
  const half = AFTER_HALF.exec(after)?.[0].length
  if (quarter === undefined) return half === undefined ? undefined : 'half'
  return half === undefined || quarter < half ? 'quarter' : 'half'
}

function nounAfter(text: string, end: number): string {
  return /^[\s-]+([\p{L}\p{M}]+)/u.exec(text.slice(end, end + 40))?.[1]?.toLowerCase() ?? ''
}

/** “Per second”, “30 second” and Italian “secondo il rapporto” are no ordinals. */
function isTime(word: string, text: string, start: number, end: number): boolean {
  const before = text.slice(Math.max(0, start - 12), start)
  if (/^(?:second|seconde|secondi|segundo|segundos)$/iu.test(word)) return /(?:\d|\bper|\beach|\bevery|\bpor|\bpar|\bal|\bone)[\s-]$/iu.test(before)
  if (/^(?:secondo)$/iu.test(word)) return !/(?:il|nel|del|al|dal|sul|un)\s$/iu.test(before)
  if (/^(?:prima|non[oaie]|quart|second|drug[aei]|quint|doua)$/iu.test(word)) return word.toLowerCase() !== 'second' && ofWhat(text, end) === undefined
  return false
}

const TENTHS: readonly (readonly [string, number])[] = [
  ['half|halves|hälfte|halben?|mitad|moitié|metà|metade|helft|половин\\p{L}*|połow\\p{L}*|jumătate|yarısı\\p{L}*', 2],
  ['thirds?|drittel[ns]?|tercios?|tercera parte|tiers|terzi?|terços?|трет[иь]|treime|üçte', 3],
  ['quarters?|fourths?|viertel[ns]?|cuartos?|cuarta parte|quarts?|quarti|четверт[ьи]|sfert|çeyreği', 4],
  ['fifths?|fünftel[ns]?|quintos?|cinquièmes?|quinti', 5],
  ['tenths?|zehntel[ns]?|d[ée]cimos?|dixièmes?|decimi', 10],
]
const TIMES = new Map(
  Object.entries({
    a: 1,
    an: 1,
    one: 1,
    two: 2,
    three: 3,
    four: 4,
    seven: 7,
    nine: 9,
    ein: 1,
    zwei: 2,
    drei: 3,
    vier: 4,
    un: 1,
    une: 1,
    una: 1,
    dos: 2,
    tres: 3,
    deux: 2,
    trois: 3,
    due: 2,
    tre: 3,
    um: 1,
    dois: 2,
    две: 2,
    три: 3,
  }),
)
const PARTS = TENTHS.map(([names, under]) => ({
  under,
  pattern: new RegExp(`(?<![\\p{L}\\p{M}])(?:(${[...TIMES.keys()].join('|')})[\\s-]+)?(?:${names})(?![\\p{L}\\p{M}])`, 'giu'),
}))
const SIGNS = /(?<![\p{L}\p{N}]|\d\s)[½⅓⅔¼¾⅕⅖⅗⅘⅛⅜⅝⅞](?!\p{N})|(?<![\d/.,]|\d[\s-])(\d)\/(\d{1,2})(?![\d/])/gu

/** Parts in words and signs; those of `ordinals` (“first half”, “a third applicant”) are none. */
export function partsOf(text: string, ordinals: readonly Ordinal[]): Part[] {
  const found: Part[] = []
  for (const { under, pattern } of PARTS) {
    for (const match of text.matchAll(pattern)) {
      const [start, end] = [match.index, match.index + match[0].length]
      const times = TIMES.get((match[1] ?? '').toLowerCase())
      // “The quarter ended” and “the third” are no parts, “half” always is one.
      if (under !== 2 && times === undefined) continue
      // “One and a half” is a number.
      if (under === 2 && /(?<!\p{L})(?:and|y|et|und)\s$/iu.test(text.slice(Math.max(0, start - 6), start))) continue
      const plural = /s$/iu.test(match[0])
      if (
        under !== 2 &&
        times === 1 &&
        !plural &&
        /^(?:third|fourth|fifth|tenth|quarter|quarto|cuarto|terzo|tercio)$/iu.test(match[0].split(/[\s-]/).at(-1) ?? '') &&
        !/^\s+of(?!\p{L})|^\s+d[eiu'’]/iu.test(text.slice(end, end + 4)) &&
        !/^one/iu.test(match[0])
      )
        continue
      if (under === 2 && ordinals.some((one) => one.of === 'half' && one.end <= start && start - one.end < 40)) continue
      found.push({ text: match[0], start, end, value: (times ?? 1) / under })
    }
  }
  for (const match of text.matchAll(SIGNS)) {
    const [over = 0, under = 1] = match[1] !== undefined ? [Number(match[1]), Number(match[2])] : match[0].normalize('NFKD').split('\u2044').map(Number)
    if (under > 1 && over < under) found.push({ text: match[0], start: match.index, end: match.index + match[0].length, value: over / under })
  }
  return found.sort((one, two) => one.start - two.start)
}

/** `contrary`: the text has another one in its place. `missing`: it has none to compare. */
export type Place = 'same' | 'contrary' | 'missing'

export function ordinalStands(mine: Ordinal, theirs: readonly Ordinal[]): Place {
  if (theirs.some(({ value, of }) => value === mine.value && of === mine.of)) return 'same'
  const rivals = theirs.filter(({ of, noun }) => of === mine.of && (of !== undefined || (noun !== '' && noun === mine.noun)))
  return rivals.length > 0 ? 'contrary' : 'missing'
}

/** `shares` are parts in figures, as they are written: 33.3 (percent), 0.33. */
export function partStands(mine: Part, theirs: readonly Part[], shares: readonly { readonly value: number; readonly percent: boolean }[]): Place {
  if (theirs.some(({ value }) => Math.abs(value - mine.value) < 1e-9)) return 'same'
  if (shares.some(({ value, percent }) => isPart(value, percent, mine.value))) return 'same'
  return theirs.length > 0 ? 'contrary' : 'missing'
}

/** Is a figure a part of a whole, or what that rounds to at as many digits as the figure has: 33%, 33.3% and 0.33 of a third? */
export function isPart(figure: number, percent: boolean, part: number): boolean {
  const whole = percent ? part * 100 : part
  const decimals = /\.(\d+)$/.exec(String(figure))?.[1]?.length ?? 0
  const step = percent || decimals > 1 ? 10 ** -decimals : 0
  return Math.abs(figure - whole) <= step / 2 + 1e-9
}

/** “Phase 1” is the first phase. `text` has the number from `start` to `end`. */
export function isPlaceInRow(text: string, start: number, value: number, theirs: readonly Ordinal[]): boolean {
  const noun = /(?<![\p{L}\p{M}])([\p{L}\p{M}]{3,24})\s$/u.exec(text.slice(Math.max(0, start - 26), start))?.[1]?.toLowerCase()
  return noun !== undefined && theirs.some((one) => one.value === value && one.of === undefined && one.noun === noun)
}

/** Does a text tell the place of an ordinal by a number: “Phase 1”? */
export function isNumbered({ value, of, noun }: Ordinal, text: string): boolean {
  if (of !== undefined || noun.length < 3) return false
  return new RegExp(`(?<![\\p{L}\\p{M}])${noun}\\s${value}(?![\\p{L}\\d]|[.,:/]\\d)`, 'iu').test(text)
}

/** “First, …” counts points; “first-class” is a word of its own; “the first document” is about the source. */
export function isOrdinalClaim({ value, of, start, end, noun }: Ordinal, text: string): boolean {
  if (of !== undefined) return true
  if (/^-\p{L}/u.test(text.slice(end, end + 2)) || /^(?:documents?|passages?|sources?|excerpts?|texts?|dokuments?|quelle)$/u.test(noun)) return false
  if (value === 1 && /^\s(?:of all|and foremost)\b/iu.test(text.slice(end, end + 14))) return false
  return !(/(?:^|[.:;!?]\s*)$/u.test(text.slice(0, start)) && /^\s?[,:]/.test(text.slice(end, end + 2)))
}
