/** A word, number or sign of a text, folded for comparison, with its place in UTF-16 offsets. */
export interface Token {
  readonly folded: string
  readonly start: number
  readonly end: number
  readonly kind: 'word' | 'number' | 'sign'
}

/**
 * What counts in a quote: words (also `Q3`), numbers with their inner points, and the signs that change what a number
 * means. All else (punctuation, white space, quotation marks, table bars) is set by whoever quotes. Scripts without
 * spaces give one token per character, so that a quote may begin anywhere.
 */
const TOKEN =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]\p{M}*|[\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]\p{M}*|\p{Nd}+(?:[.,:/]\p{Nd}+)*|\p{No}|[$€£¥₹%‰°]|[-−–+](?=[$€£¥₹]?\p{Nd})|(?:(?![\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}])\p{L})(?:(?![\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}])[\p{L}\p{M}\p{N}\u200c\u200d])*(?:['’ʼ]\p{L}+)*/gu
const ALPHANUMERIC = /[\p{L}\p{N}]/u
const HYPHEN = /^(?:[-‐‑–—]\s{0,80}|[\u00ad\u200b])$/u
/** In finance a number in brackets is negative; a year in brackets is a year. */
const YEAR = /^(?:1[89]|20)\d\d$/

export function tokensOf(text: string): Token[] {
  const tokens: Token[] = []
  let joins = false
  for (const match of text.matchAll(TOKEN)) {
    const [raw] = match
    const start = match.index
    const end = start + raw.length
    const first = raw.charAt(0)
    const last = tokens.at(-1)
    if (/[-−–+]/.test(first) && raw.length === 1) {
      // "2010-2015" is a range, "COVID-19" a name: only a sign that stands free is one.
      if (start === 0 || !ALPHANUMERIC.test(text.charAt(start - 1))) tokens.push({ folded: first === '+' ? '+' : '-', start, end, kind: 'sign' })
      continue
    }
    if (/\p{N}/u.test(first)) {
      const folded = foldNumber(raw)
      if (isBracketed(text, last?.kind === 'sign' ? last.start : start, end) && !YEAR.test(folded))
        tokens.push({ folded: '()', start, end: start, kind: 'sign' })
      tokens.push({ folded, start, end, kind: 'number' })
    } else if (/[$€£¥₹%‰°]/.test(first)) {
      tokens.push({ folded: first, start, end, kind: 'sign' })
    } else {
      const folded = fold(raw)
      joins = last?.kind === 'word' && start - last.end <= 81 && start > last.end && HYPHEN.test(text.slice(last.end, start))
      if (joins && last !== undefined && last.folded.length < 200) tokens[tokens.length - 1] = { ...last, folded: last.folded + folded, end }
      else tokens.push({ folded, start, end, kind: 'word' })
    }
  }
  return tokens
}

function fold(word: string): string {
  return word
    .normalize('NFKC')
    .toLowerCase()
    .normalize('NFKC')
    .replace(/[’ʼ]/g, "'")
    .replace(/[\u200c\u200d]/g, '')
    .replaceAll('ß', 'ss')
    .replaceAll('ς', 'σ')
    .replaceAll('\u0307', '')
}

function foldNumber(raw: string): string {
  // Superscripts stay as they are: NFKC would turn 10² into 102.
  if (/^\p{No}$/u.test(raw)) return raw
  const plain = raw.normalize('NFKC')
  return /^\d{1,3}(?:,\d{3})+(?:\.\d+)?$/.test(plain) ? plain.replaceAll(',', '') : plain
}

function isBracketed(text: string, start: number, end: number): boolean {
  const after = text.charAt(end) === '%' ? end + 1 : end
  return text.charAt(start - 1) === '(' && text.charAt(after) === ')'
}

/** Words whose presence turns a sentence round, in the languages of the analysis. */
const NEGATIONS = new Set(
  (
    'not no never none neither nor without cannot nothing nobody hardly fails failed except unless ' +
    'nicht kein keine keinen keinem keiner keines nie niemals ohne weder ne pas jamais sans aucun aucune non sin nunca ningún ninguna ningun ' +
    'não nem sem не нет ни без nu fără niciun nicio değil yok hayır không chưa chẳng δεν μη μην όχι'
  ).split(' '),
)

/** Words that swap direction, order or size. */
const TURNING = new Set(
  (
    'increase increased increases increasing decrease decreased decreases decreasing rise rose risen fall fell fallen grow grew decline declined ' +
    'higher lower more less fewer up down above below before after over under first last minimum maximum least most all some many few only ' +
    'thousand thousands million millions billion billions trillion trillions hundred hundreds gain loss profit income expense ' +
    'positive negative may must shall should will can could would always sometimes'
  ).split(' '),
)

/** Numbers in words; the rest of a number ("twenty-five") follows from its parts. */
const NUMBER_WORDS = new Set(
  (
    'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty ' +
    'thirty forty fifty sixty seventy eighty ninety dozen half quarter third fourth fifth sixth seventh eighth ninth tenth second once twice thrice single double triple ' +
    'null eins zwei drei vier fünf sechs sieben acht neun zehn elf zwölf zwanzig dreißig dreissig vierzig fünfzig hundert tausend million millionen milliarde milliarden halb erste erster erstes zweite zweiter dritte dritter ' +
    'uno dos tres cuatro cinco seis siete ocho nueve diez once doce veinte treinta cien ciento mil millón millones primero primera segundo tercero ' +
    'deux trois quatre cinq sept huit neuf dix onze douze vingt trente cent mille premier première deuxième troisième ' +
    'один два три четыре пять шесть семь восемь девять десять сто тысяча миллион миллионов bir iki üç dört beş altı yedi sekiz dokuz yüz bin milyon ' +
    'doi trei patru cinci șase șapte opt nouă zece sută mie một hai ba bốn năm sáu bảy tám chín mười δύο τρία τέσσερα πέντε έξι επτά οκτώ εννέα δέκα ' +
    'monday tuesday wednesday thursday friday saturday sunday january february march april june july august september october november december ' +
    'day days week weeks month months year years hour hours minute minutes second seconds daily weekly monthly yearly annual annually quarterly'
  ).split(' '),
)

export function turnsMeaning(token: Token): boolean {
  return NUMBER_WORDS.has(token.folded) || NEGATIONS.has(token.folded) || TURNING.has(token.folded) || token.folded.endsWith("n't")
}

export function isNegation(token: Token): boolean {
  return NEGATIONS.has(token.folded) || token.folded.endsWith("n't")
}

/** Capitals mark names; scripts without capitals cannot tell, so there every word may be one. */
export function mayBeName(token: Token, text: string): boolean {
  const first = text.slice(token.start, token.end).match(/\p{L}/u)?.[0] ?? ''
  return first === '' || first.toLowerCase() !== first || first.toUpperCase() === first
}
