/** One passage that a marker names; `quote` is missing when it gives only the number. */
export interface Named {
  readonly passage: number
  readonly quote: string | undefined
}

/**
 * What a bracket that begins with a digit is. `text`: no marker, to be read like every other bracket. `quotes`: it is a marker even where
 * bare numbers would be none. `unfinished`: so many characters of a marker that never ends, nothing of which is to be cited or shown.
 */
export type Bracket =
  | 'wait'
  | 'text'
  | { readonly named: readonly Named[]; readonly quotes: boolean; readonly length: number }
  | { readonly unfinished: number }

/** Longer than any citation that the prompt asks for. */
const LONGEST_MARKER = 2000
const LONGEST_WORDS = 600
/** Years, codes and quantities are above it, numbers of passages are not. */
const GREATEST_BARE = 999
const LONGEST_RANGE = 10
const MOST_NAMED = 20

const DOUBLE = '"“”„«»'
const SINGLE = "'‘’"
const OPENING = /["“”„«'‘]/
const SEPARATOR = /^(?:[,;&]|and\b)/i
/** What comes behind a quote: the end of the marker, or the next number or quote. `LOOK_AHEAD` is longer than each. */
const LOOK_AHEAD = 32
const ENDS = /^\s{0,2}[.,;…]?\s{0,2}\]/
const GOES_ON = new RegExp(
  `^\\s{0,2}(?:[,;&]|and\\b)\\s{0,2}(?:[${DOUBLE}${SINGLE}]|\\d{1,4}\\s{0,2}(?:[-–—]\\s{0,2}\\d{1,4}\\s{0,2})?(?:[:,]?\\s{0,2}[${DOUBLE}${SINGLE}]|[\\];]))`,
  'i',
)
/** Beginnings of what decides, behind a quotation mark, a bracket or the end of a line. */
const MAY_DECIDE = /^\s*(?:$|[.,;…\]&a\d])/i
const NEXT_MARKER = /^\[\s?\d{1,4}\s?:\s?["“„«]/

/**
 * Reads `[3]`, `[1, 2]`, `[1-3]`, `[3: "quote"]`, `[1: "a"; 2: "b"]` and what is like them at the head of a stream. The signs decide one
 * after the other, so the same however the stream is cut: no marker at the first sign that fits none, a marker at its closing bracket.
 * A quote without its closing sign ends at a bracket that it did not open.
 */
export function bracket(held: string, ended: boolean): Bracket {
  const named: Named[] = []
  let [at, quotes, isBare] = [1, false, false] // `isBare`: the last number has no quote yet
  const rest = (): Bracket => (ended ? { unfinished: held.length } : 'wait')
  const blanks = () => {
    at += /^\s{0,2}/.exec(held.slice(at, at + 2))?.[0].length ?? 0
  }
  const number = (): number => {
    const digits = /^\d*/.exec(held.slice(at, at + 5))?.[0] ?? ''
    at += digits.length
    return digits === '' || digits.length > 4 ? Number.NaN : Number(digits)
  }
  const add = (passage: number) => {
    named.push({ passage, quote: undefined })
    isBare = true
  }
  const addQuote = (quote: string) => {
    const passage = named.at(-1)?.passage ?? 0
    if (isBare) named.pop()
    named.push({ passage, quote: quote.trim() === '' ? undefined : quote })
    isBare = false
    quotes = true
  }

  blanks()
  while (at < held.length) {
    let colon = 0
    if (/\d/.test(held.charAt(at))) {
      const first = number()
      if (Number.isNaN(first)) return 'text'
      add(first)
      blanks()
      if (/[-–—]/.test(held.charAt(at))) {
        at += 1
        blanks()
        if (at >= held.length) return rest()
        const last = number()
        if (Number.isNaN(last)) return 'text'
        if (at >= held.length) return rest()
        if (last <= first || last - first >= LONGEST_RANGE) return 'text'
        for (let passage = first + 1; passage <= last; passage += 1) add(passage)
        blanks()
      }
      if (held.charAt(at) === ':') {
        at += 1
        colon = at
        blanks()
      }
      if (at >= held.length) return rest()
    } else if (named.length === 0 || !OPENING.test(held.charAt(at))) return 'text'
    if (named.length > MOST_NAMED) return 'text'

    if (OPENING.test(held.charAt(at))) {
      const quote = quoteAt(held, at, ended, colon > 0)
      if (typeof quote === 'string' || 'unfinished' in quote) return quote
      addQuote(quote.text)
      at = quote.end
      if (quote.isLast) return checked({ named, quotes, length: at })
      blanks()
    } else if (colon > 0) {
      if (/\d/.test(held.charAt(colon))) return 'text' // a time, a ratio
      // "[3: some words of the passage]": the quotation marks were forgotten. One that never closes leaves its words alone.
      const words = /^[^[\]\n]*/.exec(held.slice(at, at + LONGEST_WORDS))?.[0] ?? ''
      const after = held.charAt(at + words.length)
      if (after === '' && words.length < LONGEST_WORDS) return rest()
      if (after !== ']') return { unfinished: at }
      if (!/\S\s+\S+\s+\S/.test(words)) return 'text'
      addQuote(words)
      return checked({ named, quotes, length: at + words.length + 1 })
    }
    if (held.charAt(at) === ']') return checked({ named, quotes, length: at + 1 })
    if (at >= held.length) return rest()
    const separator = SEPARATOR.exec(held.slice(at, at + 4))?.[0]
    if (separator === undefined) return /^an?$/i.test(held.slice(at)) ? rest() : 'text'
    at += separator.length
    blanks()
  }
  return rest()
}

function checked({ named, quotes, length }: { readonly named: readonly Named[]; readonly quotes: boolean; readonly length: number }): Bracket {
  if (named.some(({ passage }) => passage === 0 || (!quotes && passage > GREATEST_BARE))) return 'text'
  const once = named.filter(({ passage, quote }, index) => index === named.findIndex((one) => one.passage === passage && one.quote === quote))
  return { named: once, quotes, length }
}

type Quote = 'wait' | 'text' | { readonly unfinished: number } | { readonly text: string; readonly end: number; readonly isLast: boolean }

/** `isSure`: a colon stands before it, so it is a quote whatever comes. */
function quoteAt(held: string, from: number, ended: boolean, isSure: boolean): Quote {
  const closing = DOUBLE.includes(held.charAt(from)) ? DOUBLE : SINGLE
  const broken = (): Quote => (isSure || ended ? { unfinished: /^\[[^[\]\n]*\]?/.exec(held.slice(0, LONGEST_MARKER))?.[0].length ?? 1 } : 'text')
  let depth = 0
  for (let at = from + 1; at < held.length; at += 1) {
    if (at >= LONGEST_MARKER) return broken()
    const sign = held.charAt(at)
    const next = held.slice(at + 1, at + 1 + LOOK_AHEAD)
    const isCertain = ended || next.length === LOOK_AHEAD || !MAY_DECIDE.test(next)
    if (closing.includes(sign)) {
      const end = ENDS.exec(next)
      if (end !== null) return { text: held.slice(from + 1, at), end: at + 1 + end[0].length, isLast: true }
      if (GOES_ON.test(next)) return { text: held.slice(from + 1, at), end: at + 1, isLast: false }
      if (!isCertain) return 'wait'
    } else if (sign === '[') {
      if (NEXT_MARKER.test(sign + next)) return broken()
      if (!isCertain) return 'wait'
      depth += 1
    } else if (sign === ']') {
      if (depth === 0) return isSure ? { text: held.slice(from + 1, at), end: at + 1, isLast: true } : 'text'
      depth -= 1
    } else if (sign === '\n') {
      // No quote goes on in another paragraph.
      if (/^[ \t]*\n/.test(next)) return broken()
      if (!isCertain) return 'wait'
    }
  }
  return ended ? broken() : 'wait'
}
