import { createHash } from 'node:crypto'

/** A sentence of an answer, and what it cites. */
export interface Piece {
  readonly sentence: string
  readonly quote: string
  readonly passage: number // from 1
  readonly page: number | undefined
}

export const CORRUPTIONS = ['wrong number', 'wrong ordinal', 'wrong name', 'wrong page', 'invented quote'] as const
export type Corruption = (typeof CORRUPTIONS)[number]

/** Numbers from 0 to 1, the same for the same seed. */
export function random(seed: string): () => number {
  let state = createHash('sha256').update(seed).digest().readUInt32LE(0)
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** As a model that was asked for markers writes it; a long quote is shortened as the prompt asks. */
export function inMarkers({ sentence, quote, passage }: Piece): string {
  return `${sentence} [${passage}: "${quote.trim().split(/\s+/).slice(0, 40).join(' ')}"]`
}

type Answers = readonly { readonly pieces: readonly Piece[] }[]

/** The piece made wrong; undefined when it holds nothing of the kind. True quotes stay true but for `invented quote`. */
export function corrupted(kind: Corruption, piece: Piece, next: () => number, answers: Answers): Piece | undefined {
  if (kind === 'wrong number')
    return withOther(piece, /(?<![\p{L}\d])\d[\d,.]*\d|(?<![\p{L}\d])\d(?![\d\p{L}])/gu, next, (number) => otherNumber(number, piece, next, answers))
  if (kind === 'wrong ordinal') return withOther(piece, ORDINAL, next, (ordinal) => otherOrdinal(ordinal, next))
  if (kind === 'wrong name') return withOther(piece, NAME, next, (name) => otherName(name, piece, next, answers))
  if (kind === 'wrong page') {
    if (piece.page === undefined) return undefined
    const wrong = piece.page > 3 && next() < 0.5 ? piece.page - 1 - Math.floor(next() * 2) : piece.page + 1 + Math.floor(next() * 20)
    const said = [
      `${piece.sentence.replace(/[.”"\s]+$/, '')} (page ${wrong}).`,
      `On page ${wrong}: ${piece.sentence}`,
      `As stated on p. ${wrong}, ${piece.sentence}`,
    ]
    return { ...piece, sentence: said[Math.floor(next() * said.length)] ?? '' }
  }
  return inventedQuote(piece, next, answers)
}

/** Capitals inside a sentence, one word or a few. */
const NAME =
  /(?<=[\p{Ll},;(]\s)(?!(?:I|The|A|An|In|On|We|Our|See|Note|Part|Item|Form|January|February|March|April|May|June|July|August|September|October|November|December)\b)\p{Lu}[\p{L}&]{2,}(?:\s\p{Lu}[\p{L}&]+)*/gu

function withOther(piece: Piece, what: RegExp, next: () => number, other: (one: string) => string | undefined): Piece | undefined {
  const places = [...piece.sentence.matchAll(what)]
  const place = places[Math.floor(next() * places.length)]
  const wrong = place === undefined ? undefined : other(place[0])
  if (place === undefined || wrong === undefined || wrong === place[0]) return undefined
  return { ...piece, sentence: piece.sentence.slice(0, place.index) + wrong + piece.sentence.slice(place.index + place[0].length) }
}

/** One digit changed, digits swapped, ten times as much, or a number that stands in another answer. */
function otherNumber(number: string, piece: Piece, next: () => number, answers: Answers): string | undefined {
  const way = Math.floor(next() * 4)
  const digits = [...number.matchAll(/\d/g)]
  const digit = digits[Math.floor(next() * digits.length)]
  if (digit === undefined) return undefined
  const changed = number.slice(0, digit.index) + ((Number(digit[0]) + 1 + Math.floor(next() * 8)) % 10) + number.slice(digit.index + 1)
  if (way === 0) return changed
  if (way === 1) {
    const at = [...number].findIndex((sign, index) => /\d/.test(sign) && /\d/.test(number.charAt(index + 1)) && sign !== number.charAt(index + 1))
    return at === -1 ? changed : number.slice(0, at) + number.charAt(at + 1) + number.charAt(at) + number.slice(at + 2)
  }
  if (way === 2 && /^\d+$/.test(number)) return `${number}0`
  const elsewhere = answers
    .flatMap(({ pieces }) => pieces.flatMap(({ sentence }) => sentence.match(/(?<![\p{L}\d])\d[\d,.]*\d/gu) ?? []))
    .filter((one) => !piece.sentence.includes(one))
  return elsewhere[Math.floor(next() * elsewhere.length)] ?? changed
}

const ORDINALS = ['first', 'second', 'third', 'fourth']
/** “Second quarter”, “first half”, “Q3”, “third party”; not the points of a list: “First, …”. */
const ORDINAL = /\b(?:first|second|third|fourth)\b(?!,|-\p{L})|\bQ[1-4]\b/giu

/** Another one of the four; so that it never stays what it was. */
function otherOrdinal(ordinal: string, next: () => number): string {
  if (/^Q/i.test(ordinal)) return `Q${(Number(ordinal.slice(1)) % 4) + 1}`
  const others = ORDINALS.filter((one) => one !== ordinal.toLowerCase())
  const other = others[Math.floor(next() * others.length)] ?? ''
  return /^\p{Lu}/u.test(ordinal) ? other.charAt(0).toUpperCase() + other.slice(1) : other
}

const STRANGERS = ['Siemens', 'Norway', 'Anna Keller', 'Deutsche Bank', 'Helsinki', 'Project Aurora', 'Lufthansa', 'Maria Lopez']

/** A name of another answer, or one that stands nowhere. */
function otherName(name: string, piece: Piece, next: () => number, answers: Answers): string | undefined {
  const elsewhere = answers
    .flatMap(({ pieces }) => pieces.flatMap(({ sentence }) => sentence.match(NAME) ?? []))
    .filter((one) => !piece.sentence.includes(one) && !one.includes(name))
  const others = next() < 0.5 ? elsewhere : STRANGERS
  return others[Math.floor(next() * others.length)]
}

/** The claim is made up, or the quote alone, or both; a quote of another report may be cited for it. */
function inventedQuote(piece: Piece, next: () => number, answers: Answers): Piece | undefined {
  const others = answers.flatMap(({ pieces }) => pieces).filter(({ quote }) => quote !== piece.quote)
  const other = others[Math.floor(next() * others.length)]
  if (other === undefined) return undefined
  const made = INVENTED[Math.floor(next() * INVENTED.length)] ?? ''
  const way = Math.floor(next() * 4)
  if (way === 0) return { ...piece, sentence: made, quote: made }
  if (way === 1) return { ...piece, quote: made }
  if (way === 2) return { ...piece, sentence: made }
  return { ...piece, sentence: other.sentence }
}

const INVENTED = [
  'The board approved a dividend of $4.80 per share payable to holders of record at the end of the year.',
  'Management expects that all of its factories in Europe will be closed by the end of the next fiscal year.',
  'The company agreed to pay a penalty of $350 million to settle the investigation by the regulator.',
  'Revenue from subscriptions doubled because a new pricing model was introduced in every region.',
  'An independent auditor found that inventories had been overstated in three consecutive quarters.',
  'The chief financial officer resigned with immediate effect and received no severance payment.',
]

const SWAPS: readonly (readonly [RegExp, string])[] = [
  [/\bincreased(?= (?:by|to|from|primarily|due|\$|\d))/, 'rose'],
  [/\bdecreased(?= (?:by|to|from|primarily|due|\$|\d))/, 'declined'],
  [/\bapproximately\b/, 'about'],
  [/\bprimarily due to\b/, 'mainly because of'],
  [/\bcompared to\b/, 'against'],
  [/\bwhich\b/, 'that'],
  [/\bhowever\b/i, 'though'],
  [/\bduring\b/, 'in'],
  [/\bpurchase\b/, 'buy'],
  [/\bobtain\b/, 'get'],
  [/\bmay\b/, 'might'],
  [/\bprior to\b/, 'before'],
  [/\bsignificant\b/, 'large'],
  [/\brespectively\b/, 'in this order'],
  [/\bin addition to\b/i, 'besides'],
  [/\bmillion\b/, 'mn'],
  [/\bpercent\b/, '%'],
]
const MONTHS = 'January|February|March|April|May|June|July|August|September|October|November|December'

/** The same said a little differently: other plain words, another order, numbers and dates in another form. Undefined when nothing could be changed. */
export function reworded(piece: Piece, next: () => number): Piece | undefined {
  let sentence = piece.sentence
  for (const [word, other] of SWAPS) if (next() < 0.8) sentence = sentence.replace(word, other)
  sentence = sentence.replace(new RegExp(`\\b(${MONTHS}) (\\d{1,2}), (\\d{4})`, 'g'), (whole, month, day, year) =>
    next() < 0.5 ? `${day} ${month} ${year}` : whole,
  )
  sentence = sentence.replace(/(?<![\d.,])(\d{1,3}),(\d{3})(?![\d,])/g, (whole, one, two) => (next() < 0.4 ? `${one}${two}` : whole))
  const lead = ['', '', 'According to the report, ', 'In short, ', 'Overall, '][Math.floor(next() * 5)] ?? ''
  if (lead !== '' && /^\p{Lu}\p{Ll}+ \p{Ll}/u.test(sentence)) sentence = lead + sentence.charAt(0).toLowerCase() + sentence.slice(1)
  const tail = /^(.{40,}), ((?:as|in|for|during|because|due)\b.{10,}?)\.$/u.exec(sentence)
  if (tail?.[1] !== undefined && tail[2] !== undefined && next() < 0.5)
    sentence = `${tail[2].charAt(0).toUpperCase()}${tail[2].slice(1)}, ${tail[1].charAt(0).toLowerCase()}${tail[1].slice(1)}.`
  return sentence === piece.sentence ? undefined : { ...piece, sentence }
}
