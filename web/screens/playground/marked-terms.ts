export interface Piece {
  /** Where it begins in the text. */
  readonly start: number
  readonly text: string
  readonly isMarked: boolean
}

const WORD = /[\p{L}\p{N}\p{M}]+(?:[.'’_-][\p{L}\p{N}\p{M}]+)*/gu
/** Scripts whose words stand without blanks: a term is found inside. */
const UNSPACED = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Hangul}]/u
/** Endings that a stem may have lost. */
const LONGEST_ENDING = 5
const SHORTEST_STEM = 3

/**
 * Cuts a text where words of the question stand in it. The terms are those that the search matched, so stems: a word is
 * marked when it is the term, or begins with it and is only an ending longer. That is near what the search does, which
 * knows the language of each passage and tells terms, not places.
 */
export function markedPieces(text: string, terms: readonly string[]): readonly Piece[] {
  const sought = [...new Set(terms.map(plain).filter((term) => term !== ''))]
  const spans = sought.length === 0 ? [] : joined([...text.matchAll(WORD)].flatMap(({ 0: word, index }) => spansIn(word, index, sought)))
  const pieces: Piece[] = []
  let at = 0
  for (const [start, end] of spans) {
    if (start > at) pieces.push({ start: at, text: text.slice(at, start), isMarked: false })
    pieces.push({ start, text: text.slice(start, end), isMarked: true })
    at = end
  }
  if (at < text.length || pieces.length === 0) pieces.push({ start: at, text: text.slice(at), isMarked: false })
  return pieces
}

type Span = readonly [start: number, end: number]

function spansIn(word: string, index: number, terms: readonly string[]): Span[] {
  if (UNSPACED.test(word)) {
    return terms.filter((term) => UNSPACED.test(term)).flatMap((term) => placesOf(word, term).map((at): Span => [index + at, index + at + term.length]))
  }
  if (terms.some((term) => isForm(plain(word), term))) return [[index, index + word.length]]
  // Of a compound such as "well-known" or "max_tokens" only the part that was meant.
  const parts = [...word.matchAll(/[\p{L}\p{N}\p{M}]+/gu)]
  return parts.length < 2
    ? []
    : parts.flatMap((part): Span[] => (terms.some((term) => isForm(plain(part[0]), term)) ? [[index + part.index, index + part.index + part[0].length]] : []))
}

function isForm(word: string, term: string): boolean {
  if (word === term) return true
  if (term.length < SHORTEST_STEM || word.length > term.length + LONGEST_ENDING) return false
  // "polici" is the stem of policy, "happi" of happy.
  return word.startsWith(term) || (term.endsWith('i') && word === `${term.slice(0, -1)}y`)
}

const plain = (word: string): string =>
  word
    .normalize('NFKD')
    .replace(/([\p{Script=Latin}\p{Script=Greek}])\p{M}+/gu, '$1')
    .normalize('NFC')
    .toLowerCase()
    .replaceAll('ß', 'ss')
    .replace(/['’]s?$/, '')

function placesOf(text: string, part: string): number[] {
  const places: number[] = []
  for (let at = text.indexOf(part); at !== -1; at = text.indexOf(part, at + part.length)) places.push(at)
  return places
}

function joined(spans: readonly Span[]): Span[] {
  const out: Span[] = []
  for (const [start, end] of spans.toSorted((one, other) => one[0] - other[0])) {
    const last = out.at(-1)
    if (last !== undefined && start <= last[1]) out[out.length - 1] = [last[0], Math.max(last[1], end)]
    else out.push([start, end])
  }
  return out
}
