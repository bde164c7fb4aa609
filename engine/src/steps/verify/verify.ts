import type { Verdict } from '../../domain/answer.ts'
import type { ExtractedText } from '../../domain/block.ts'
import { alignBest, type Difference, type Positions, positionsOf } from './align.ts'
import { isNegation, mayBeName, type Token, tokensOf, turnsMeaning } from './tokens.ts'

export interface Range {
  readonly start: number // UTF-16 offsets in the extracted text
  readonly end: number
}

/** `start` and `end` are where the quote stands, or is likeliest meant; 0 and 0 when nowhere. */
export interface CheckedQuote extends Range {
  readonly verdict: Verdict
  /** When verified: exactly the stored text between start and end. Otherwise the quote as it was given. */
  readonly quote: string
  readonly reason: string | undefined
}

export interface QuoteChecker {
  /** `near` is where the quote should stand (its passage): looked at first, not alone. */
  check(quote: string, near?: Range): CheckedQuote
}

/** Source: at this share of equal words a slip of the pen and a made-up sentence were told apart in the tests' samples. */
const WEAK_SHARE = 0.8
const FEWEST_FUZZY_WORDS = 5
/** How far the parts of a quote with "…" may lie apart, in characters. */
const MAX_GAP = 600
const ELLIPSIS = /\s*(?:\[\s?(?:…|\.{3})\s?\]|…|\.{3,4})\s*/u
const BREAK = '\u0001'

/**
 * Checks quotes against the stored text of one document. Verified needs every word, number and sign in order;
 * white space, case, quotation marks, dashes, ligatures, hyphenation and punctuation may differ. Weak allows a few
 * plain words to differ, never a number, a name, a negation or a word of direction. Work per quote is bounded.
 */
export function quoteChecker(extracted: Pick<ExtractedText, 'text'>): QuoteChecker {
  const { text } = extracted
  const tokens = tokensOf(text)
  const starts: number[] = []
  let joined = BREAK
  for (const token of tokens) {
    starts.push(joined.length)
    joined += token.folded + BREAK
  }
  let positions: Positions | undefined

  function places(quote: readonly Token[]): number[] {
    const wanted = BREAK + quote.map((token) => token.folded).join(BREAK) + BREAK
    const found: number[] = []
    for (let at = joined.indexOf(wanted); at !== -1 && found.length < 1000; at = joined.indexOf(wanted, at + 1)) {
      const index = lastAtMost(starts, at + 1)
      if (!signBefore(tokens, index)) found.push(index)
    }
    return found
  }

  function exact(quote: string, near: Range | undefined): Range | undefined {
    const wanted = tokensOf(quote)
    if (wanted.length === 0) return undefined
    const ranges = places(wanted).map((index) => rangeOf(tokens, index, index + wanted.length))
    const range = nearest(ranges, near)
    return range === undefined ? undefined : withPunctuation(text, range, quote, wanted)
  }

  /** "A … B": every part in order and close together; what is shown then is the whole stretch. */
  function elided(quote: string, near: Range | undefined): Range | undefined {
    const parts = quote.split(ELLIPSIS).filter((part) => tokensOf(part).length > 0)
    if (parts.length < 2 || parts.length > 8) return undefined
    let whole: Range | undefined
    for (const part of parts) {
      const next: Range | undefined = exact(part, whole === undefined ? near : { start: whole.end, end: whole.end + MAX_GAP })
      if (next === undefined || (whole !== undefined && (next.start < whole.end || next.start - whole.end > MAX_GAP))) return undefined
      whole = { start: whole?.start ?? next.start, end: next.end }
    }
    return whole
  }

  function fuzzy(quote: string, near: Range | undefined): CheckedQuote {
    const wanted = tokensOf(quote)
    const unsupported = (reason: string, range: Range = { start: 0, end: 0 }): CheckedQuote => ({ verdict: 'unsupported', quote, reason, ...range })
    if (wanted.length === 0) return unsupported('The quote holds no words.')
    if (wanted.length < FEWEST_FUZZY_WORDS) return unsupported('These words do not stand in the document.')
    positions ??= positionsOf(tokens)
    const around = near === undefined ? 0 : lastAtMostToken(tokens, near.start)
    const found = alignBest(wanted, tokens, positions, around)
    if (found === undefined || found.to <= found.from) return unsupported('Nothing like it stands in the document.')
    const range = rangeOf(tokens, found.from, found.to)
    const share = found.same / Math.max(wanted.length, found.to - found.from)
    if (share < WEAK_SHARE) return unsupported('Nothing like it stands in the document.', share >= 0.5 ? range : undefined)
    const turning = found.differences.find((difference) => changesMeaning(difference, quote, text))
    if (turning !== undefined) return unsupported(told(turning, quote, text), range)
    return { verdict: 'weak', quote, reason: `${found.differences.length} of ${wanted.length} words differ from the document.`, ...range }
  }

  return {
    check(quote, near) {
      const range = exact(quote, near) ?? literal(text, quote.trim(), near) ?? elided(quote, near)
      if (range === undefined) return fuzzy(quote, near)
      return { verdict: 'verified', quote: text.slice(range.start, range.end), reason: undefined, ...range }
    },
  }
}

/** Is a minus, or the bracket of a loss, cut off before this number? */
function signBefore(tokens: readonly Token[], index: number): boolean {
  const [before, here] = [tokens[index - 1], tokens[index]]
  if (before?.kind !== 'sign' || here === undefined || before.end !== here.start) return false
  return (before.folded === '-' || before.folded === '()') && here.kind !== 'word'
}

/** The very characters, where hyphens at line ends hide the words ("pre-" at the end of a list item). Never inside a word or number. */
function literal(text: string, quote: string, near: Range | undefined): Range | undefined {
  const start = text.indexOf(quote, near?.start ?? 0)
  const end = start + quote.length
  if (start === -1 || !/[\p{L}\p{N}]/u.test(quote)) return undefined
  if (/[\p{L}\p{M}\p{N}]$/u.test(text.slice(Math.max(0, start - 2), start)) && /^[\p{L}\p{N}]/u.test(quote)) return undefined
  if (/^[\p{L}\p{M}\p{N}]/u.test(text.slice(end, end + 2)) && /[\p{L}\p{M}\p{N}]$/u.test(quote)) return undefined
  if (/[\p{N}(−–-][.,:/]?$/u.test(text.slice(Math.max(0, start - 2), start)) && /^[$€£¥₹]?\p{N}/u.test(quote)) return undefined
  return /^[.,:/]\p{N}/u.test(text.slice(end, end + 2)) && /\p{N}$/u.test(quote) ? undefined : { start, end }
}

/** Page and headings of a place in a document. */
export function placeAt(
  extracted: Pick<ExtractedText, 'blocks' | 'pages'>,
  at: number,
): { readonly page: number | undefined; readonly headingPath: readonly string[] } {
  const block = extracted.blocks[lastAtMost(extracted.blocks, at, (one) => one.start)]
  const page = extracted.pages.findLast((one) => one.start <= at && at < one.end)
  const inside = block !== undefined && at < block.end
  return { page: page?.number ?? (inside ? block.page : undefined), headingPath: inside ? block.headingPath : [] }
}

function rangeOf(tokens: readonly Token[], from: number, to: number): Range {
  return { start: tokens[from]?.start ?? 0, end: tokens[to - 1]?.end ?? 0 }
}

function nearest(ranges: readonly Range[], near: Range | undefined): Range | undefined {
  if (near === undefined) return ranges[0]
  const distance = (range: Range) => Math.max(0, near.start - range.start, range.end - near.end)
  return ranges.reduce<Range | undefined>((best, range) => (best === undefined || distance(range) < distance(best) ? range : best), undefined)
}

/** Takes in the signs around the words that the quote has as well: its brackets, its full stop. */
function withPunctuation(text: string, range: Range, quote: string, wanted: readonly Token[]): Range {
  let { start, end } = range
  const before = [...quote.slice(0, wanted[0]?.start ?? 0)].reverse()
  const after = quote.slice(wanted.at(-1)?.end ?? 0)
  for (const sign of before) {
    if (/\s/.test(sign)) continue
    if (start === 0 || !alike(text.charAt(start - 1), sign)) break
    start -= 1
  }
  for (const sign of after) {
    if (/\s/.test(sign)) continue
    if (!alike(text.charAt(end), sign)) break
    end += 1
  }
  return { start, end }
}

function alike(one: string, two: string): boolean {
  const plain = (sign: string) =>
    sign
      .replace(/[“”„«»‟"]/u, '"')
      .replace(/[‘’‚‹›'`]/u, "'")
      .replace(/[‐‑‒–—−-]/u, '-')
      .normalize('NFKC')
  return plain(one) === plain(two)
}

function changesMeaning({ quoted, stored }: Difference, quote: string, text: string): boolean {
  const one = (token: Token | undefined, source: string) =>
    token !== undefined && (token.kind !== 'word' || /\p{N}/u.test(token.folded) || turnsMeaning(token) || mayBeName(token, source))
  return one(quoted, quote) || one(stored, text)
}

function told({ quoted, stored }: Difference, quote: string, text: string): string {
  const mine = quoted === undefined ? undefined : quote.slice(quoted.start, quoted.end)
  const theirs = stored === undefined ? undefined : text.slice(stored.start, stored.end)
  const negation = (quoted !== undefined && isNegation(quoted)) || (stored !== undefined && isNegation(stored))
  const what = negation ? 'The quote turns the meaning round' : 'A number, a name or a deciding word differs'
  if (mine === undefined) return `${what}: the quote leaves out “${theirs}”.`
  return theirs === undefined ? `${what}: “${mine}” is not in the document.` : `${what}: “${mine}” instead of “${theirs}”.`
}

function lastAtMostToken(tokens: readonly Token[], at: number): number {
  return Math.max(
    0,
    lastAtMost(tokens, at, (token) => token.start),
  )
}

/** Index of the last item not above `at`, by bisection; -1 when there is none. */
function lastAtMost<T>(items: readonly T[], at: number, rank: (item: T) => number = Number): number {
  let [low, high] = [0, items.length]
  while (low < high) {
    const middle = (low + high) >> 1
    const item = items[middle]
    if (item !== undefined && rank(item) <= at) low = middle + 1
    else high = middle
  }
  return low - 1
}
