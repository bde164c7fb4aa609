/**
 * Words of a text as they stand: NFKC, lower case, diacritics and combining marks kept (a Hindi vowel sign is part of its
 * word), apostrophes kept for `stem.ts`. A compound yields its parts and, where people also write it as one word, the
 * whole: `userName`, `max_tokens`, `os.path`, `IL-6`. Numbers lose their thousands commas; versions and decimals stay
 * whole. Time is linear in the text.
 */
export function tokens(text: string): string[] {
  const out: string[] = []
  const source = text.normalize('NFKC')
  for (const [raw] of source.matchAll(WORD)) {
    if (PLAIN.test(raw)) out.push(cut(raw.toLowerCase()))
    else compound(raw, out)
  }
  return out
}

/** Longer ones are no words of a language; they are found by their beginning. */
const MAX_LENGTH = 64
// Separators and word characters share no character, so that there is one way to match only.
const WORD = /[\p{L}\p{N}\p{M}_]+(?:(?:[.,'’\-\u2010\u2011]|\u200c|\u200d)[\p{L}\p{N}\p{M}_]+)*/gu
const PLAIN = /^(?:[A-Z]?[a-z]+|[A-Z]+|[0-9]+)$/
const JOINERS = /\u200c|\u200d/g
const DIGITS = /[٠-٩۰-۹०-९]/g
/** Scripts written without spaces between words. Hangul has spaces, but joins endings to its words. */
const UNSPACED = /[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\u{20000}-\u{323af}]+/gu
const HAN = /\p{Script=Han}/u
const HANGUL = /^[\uac00-\ud7af]/
const segmenters = new Map<string, Intl.Segmenter>()

function compound(raw: string, out: string[]): void {
  const parts = raw.split(/[-\u2010\u2011]/)
  const from = out.length
  for (const part of parts) {
    if (/^\d{1,3}(?:,\d{3})+(?:\.\d+)?$/.test(part)) out.push(part.replaceAll(',', ''))
    else for (const piece of part.split(',')) dotted(piece, out)
  }
  // "IL-6" is written "IL6" as well; joining words in general ("well-known") was measured and does not help.
  if (parts.length > 1 && out.length - from === parts.length && raw.length <= MAX_LENGTH && /\d/.test(raw) && /\p{L}/u.test(raw)) {
    out.push(out.slice(from).join(''))
  }
}

function dotted(piece: string, out: string[]): void {
  const parts = piece.split('.')
  if (parts.length === 1) identifier(piece, out)
  else if (parts.every((part) => /^\p{L}\p{M}*$/u.test(part))) out.push(cut(parts.join('').toLowerCase()))
  else if (/^[vV]?\d+(?:\.\d+)+$/.test(piece)) out.push(cut(piece.replace(/^[vV]/, '')))
  else {
    for (const part of parts) identifier(part, out)
    out.push(cut(piece.toLowerCase()))
  }
}

function identifier(word: string, out: string[]): void {
  if (word.includes('_')) {
    const parts = word.split('_').filter((part) => part !== '')
    for (const part of parts) camel(part, out)
    if (parts.length > 1) out.push(cut(word.toLowerCase()))
  } else camel(word, out)
}

function camel(word: string, out: string[]): void {
  if (word.length <= MAX_LENGTH && /[a-z][A-Z]/.test(word)) {
    for (const part of word.split(/(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])/)) out.push(part.toLowerCase())
  }
  const lower = word
    .toLowerCase()
    .replace(JOINERS, '')
    .replace(DIGITS, (digit) => String(digitValue(digit)))
  let done = 0
  for (const run of lower.matchAll(UNSPACED)) {
    if (run.index > done) out.push(cut(lower.slice(done, run.index)))
    unspaced(run[0], out)
    done = run.index + run[0].length
  }
  if (done < lower.length) out.push(cut(lower.slice(done)))
}

function digitValue(digit: string): number {
  const code = digit.codePointAt(0) ?? 0
  return code - (code < 0x6f0 ? 0x660 : code < 0x900 ? 0x6f0 : 0x966)
}

/** Words by dictionary, pairs of characters, and Chinese characters by themselves: each alone finds less (Chinese .965 without the last, .967 with it). */
function unspaced(run: string, out: string[]): void {
  if (HANGUL.test(run)) out.push(cut(run))
  else {
    for (const piece of segmenter(run).segment(run)) if (piece.isWordLike === true) out.push(cut(piece.segment))
  }
  const characters = Array.from(run)
  if (characters.length > 1) out.push(...characters.filter((character) => HAN.test(character)))
  if (characters.length > 2) for (let index = 0; index + 1 < characters.length; index++) out.push(`${characters[index]}${characters[index + 1]}`)
}

function segmenter(run: string): Intl.Segmenter {
  const locale = /[\u3040-\u30ff]/.test(run) ? 'ja' : /[\u0e00-\u0e7f]/.test(run) ? 'th' : 'zh'
  let found = segmenters.get(locale)
  if (found === undefined) {
    found = new Intl.Segmenter(locale, { granularity: 'word' })
    segmenters.set(locale, found)
  }
  return found
}

function cut(word: string): string {
  return word.length > MAX_LENGTH ? word.slice(0, MAX_LENGTH).toWellFormed() : word
}
