// Which words of a sentence must be found in what it cites: names surely, words that carry its meaning mostly.

/** Words that join and stress; whether a text has them says nothing. Function words of the Latin languages come from the analysis. */
const JOINING = new Set(
  (
    'also additionally furthermore moreover overall however therefore thus hence accordingly consequently specifically notably respectively namely i.e e.g etc ' +
    'addition result total summary conclusion general particular both either while whereas during within through per via according about approximately around nearly ' +
    'roughly its his her they them which who whom whose when where there here than then still already just only even such each other another same ' +
    'außerdem zudem daher somit insgesamt jedoch allerdings etwa rund circa laut gemäß innerhalb während sowie bzw dabei damit dafür hierfür ' +
    'además también sin embargo aproximadamente según dentro durante cada otro otra ademas asimismo ' +
    'aussi également cependant environ selon pendant chaque autre ainsi donc toutefois ' +
    'и в на с по из за о к от для это что кто как не но а же ли бы то так также однако примерно около согласно при этом более чем его её их он она они оно этот эта эти ' +
    'ο η το οι τα του της των τον την στο στη στην στον στα και με για απο από σε ως ότι που είναι ήταν έχει επίσης όμως περίπου ' +
    'का की के में से को ने है हैं था थे थी और पर यह वह भी तथा एवं लिए द्वारा लगभग ' +
    'في على الى إلى عن هو هي كان كانت التي الذي و من ما أن إن هذا هذه كما أيضا حوالي مع ' +
    '的 是 了 在 有 和 与 也 及 而 为 以 于 中 其 该 这 那 约 就 都 并 或 ' +
    'ที่ และ ของ ใน เป็น มี ได้ จะ ให้ กับ โดย ก็ ว่า นี้ นั้น'
  ).split(' '),
)
const CASELESS =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Thai}\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Devanagari}]/u
const WORD = /[\p{L}\p{M}\p{N}]+(?:['’][\p{L}\p{M}]+)*/gu
/** "COVID-19", "10-Q", "Rule 13a-14": told apart by their figures. */
const DESIGNATION =
  /(?<![\p{L}\p{N}-])(?=[\p{L}\p{N}-]*\p{N})(?=[\p{L}\p{N}-]*(?:\p{Lu}|\p{N}\p{Ll}|\p{Ll}\p{N}))[\p{L}\p{N}]+(?:-[\p{L}\p{N}]+)+(?![\p{L}\p{N}])/gu

/** Between a script without spaces and a word of another. */
const SEAM =
  /(?<=[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}])(?=[\p{Script=Latin}\p{Script=Cyrillic}\p{Script=Greek}])|(?<=[\p{Script=Latin}\p{Script=Cyrillic}\p{Script=Greek}])(?=[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}])/gu

export interface Names {
  /** Surely names: capitals inside a sentence, all capitals, letters with digits. */
  readonly sure: readonly string[]
  /** Perhaps: the first word, and every noun of German. */
  readonly perhaps: readonly string[]
}

export function joins(word: string): boolean {
  return JOINING.has(word.toLowerCase())
}

/** Names of a sentence as they are written. `common` knows function words; `nouns`: its language writes nouns with a capital. */
export function namesOf(written: string, common: (word: string) => boolean, nouns: boolean): Names {
  const sentence = written.replace(SEAM, ' ')
  const [sure, perhaps]: [string[], string[]] = [[], []]
  let begins = true
  let end = 0
  const shouting = !/\p{Ll}/u.test(sentence)
  const titled = inTitleCase(sentence)
  const caseless = isMostlyCaseless(sentence)
  for (const match of sentence.matchAll(WORD)) {
    const word = match[0]
    begins = begins || /[.!?:;"“„«|\n(\]–—]\s*$/u.test(sentence.slice(end, match.index))
    end = match.index + word.length
    const mixed = /\p{L}/u.test(word) && /\p{N}/u.test(word) && !/^\d+(?:st|nd|rd|th|er|e|s|k|m|h|km|kg|bn|mn)$/iu.test(word)
    const capital = /^\p{Lu}/u.test(word) && !common(word.toLowerCase())
    if (mixed || (isCaseless(word) && !caseless)) sure.push(word)
    else if (capital && !joins(word)) {
      const acronym = /^\p{Lu}{2,}$/u.test(word) && !shouting
      const firm = acronym || (!begins && !nouns && !shouting && !titled)
      const list = firm ? sure : perhaps
      list.push(word)
    }
    begins = false
  }
  return { sure, perhaps }
}

const MEASURE = /^\d+-\p{Ll}{2,}(?:-\p{Ll}+)*$/u

/** Names joined by a hyphen, with figures in them; they must stand in the same form. */
export function designationsOf(sentence: string): readonly string[] {
  return (sentence.match(DESIGNATION) ?? []).filter((one) => !MEASURE.test(one))
}

/** In a heading every word has its capital. */
function inTitleCase(sentence: string): boolean {
  const words = sentence.match(/\p{L}{4,}/gu) ?? []
  return words.length >= 4 && words.filter((word) => /^\p{Lu}/u.test(word)).length > words.length * 0.8
}

function isMostlyCaseless(sentence: string): boolean {
  const words = sentence.match(/\p{L}+/gu) ?? []
  return words.filter(isCaseless).length * 2 >= words.length
}

/** In scripts without capitals any word may be a name. */
export function isCaseless(text: string): boolean {
  return CASELESS.test(text)
}

/** Letters alone, for comparing names: no case, no marks, no possessive. */
export function plainName(word: string): string {
  return word
    .normalize('NFKD')
    .replace(/(?<=[\p{Script=Latin}\p{Script=Greek}])\p{M}+/gu, '')
    .normalize('NFC')
    .toLowerCase()
    .replace(/['’]s?$/, '')
    .replaceAll('ß', 'ss')
    .replaceAll('ς', 'σ')
}
