/**
 * Finds a passage of the extracted text in the text of a page. The two were read by different programs: they differ in
 * white space, hyphens at line ends, ligatures, quotation marks, accents that are drawn apart and the order of columns.
 * So letters and digits alone are compared; where even those differ in places, the pieces that agree lead.
 */
export interface Found {
  /** UTF-16 offsets in the text that was searched. */
  readonly start: number
  readonly end: number
  /** What of it agrees, in order: other words that lie between (a foot of the page, another column) are in none of them. */
  readonly ranges: readonly { readonly start: number; readonly end: number }[]
  /** Of the quote's letters and digits, the share that was found in order: 1 when all of it. */
  readonly share: number
}

interface Folded {
  readonly text: string
  /** Offset in the original of each UTF-16 unit of `text`. */
  readonly from: readonly number[]
}

const LETTER = /[\p{L}\p{N}]/u
const SPACE = /\s/u
/** Source: three words or so; long enough to stand only once on a page, short enough to lie between two differences. */
const PIECE = 16
/** A passage may be longer on the page than in the quote (a footnote between, a caption) by this much. */
const STRETCH = 1.6
const SLACK = 200
/** Source: a letter or two that were read differently, a number of a footnote; it would look torn otherwise. */
const BRIDGED = 8

export function foldText(text: string, keeps: RegExp = LETTER): Folded {
  const from: number[] = []
  let folded = ''
  let at = 0
  for (const character of text) {
    for (const part of character.normalize('NFKD').toLowerCase()) {
      if (keeps === LETTER ? !LETTER.test(part) : SPACE.test(part)) continue
      folded += part
      for (let unit = 0; unit < part.length; unit++) from.push(at)
    }
    at += character.length
  }
  return { text: folded, from }
}

/**
 * @param near share of the page at which the passage is expected; decides between several places with the same words
 * @returns undefined when less than `least` of the quote stands there
 */
export function findQuote(text: string, quote: string, { near = 0, least = 0.5 }: { readonly near?: number; readonly least?: number } = {}): Found | undefined {
  // Of a formula or a row of dashes nothing would be left: there only white space is passed over.
  const keeps = LETTER.test(quote) ? LETTER : SPACE
  const page = foldText(text, keeps)
  const wanted = foldText(quote, keeps).text
  if (wanted === '' || page.text === '') return undefined
  const whole = nearest(page.text, wanted, near * page.text.length)
  if (whole !== undefined) {
    const place = placeOf(text, page, whole, whole + wanted.length)
    return { ...place, ranges: [place], share: 1 }
  }
  const chain = longestChain(page.text, wanted, near * page.text.length)
  if (chain === undefined || chain.share < least) return undefined
  const ranges = chain.runs.map((run) => placeOf(text, page, run.start, run.end))
  return { start: ranges[0]?.start ?? 0, end: ranges.at(-1)?.end ?? 0, ranges, share: chain.share }
}

function placeOf(text: string, page: Folded, start: number, end: number): { readonly start: number; readonly end: number } {
  const first = page.from[start] ?? 0
  const last = page.from[end - 1] ?? first
  return { start: first, end: last + String.fromCodePoint(text.codePointAt(last) ?? 0).length }
}

function nearest(text: string, wanted: string, around: number): number | undefined {
  let best: number | undefined
  for (let at = text.indexOf(wanted); at !== -1; at = text.indexOf(wanted, at + 1)) {
    if (best !== undefined && Math.abs(at - around) >= Math.abs(best - around)) break // further on it only gets worse
    best = at
  }
  return best
}

interface Piece {
  readonly at: number // in the quote
  readonly place: number // on the page
  readonly length: number
}

/** The pieces of the quote that stand on the page in the same order and close together; the set that covers most of it. */
function longestChain(text: string, wanted: string, around: number) {
  const pieces: Piece[] = []
  for (let at = 0; at < wanted.length; at += PIECE) {
    // The last piece is as long as the others: its beginning belongs to the one before as well.
    const start = Math.max(0, Math.min(at, wanted.length - PIECE))
    const place = nearest(text, wanted.slice(start, start + PIECE), around + start)
    if (place !== undefined) pieces.push({ at: start, place, length: Math.min(PIECE, wanted.length) })
  }
  let best: { readonly chain: readonly Piece[]; readonly covered: number } | undefined
  for (const [index, first] of pieces.entries()) {
    const chain = [first]
    let [last, covered] = [first, first.length]
    for (const next of pieces.slice(index + 1)) {
      const [inQuote, onPage] = [next.at - last.at, next.place - last.place]
      if (onPage <= 0 || onPage > inQuote * STRETCH + SLACK) continue
      covered += Math.min(next.length, inQuote)
      chain.push(next)
      last = next
    }
    if (best === undefined || covered > best.covered) best = { chain, covered }
    if (best.covered >= (pieces.length - index) * PIECE) break // what is left cannot be more
  }
  if (best === undefined) return undefined
  const runs = runsOf(text, wanted, best.chain)
  return { runs, share: Math.min(1, runs.reduce((sum, run) => sum + run.end - run.start, 0) / wanted.length) }
}

/** Pieces are cut by length: the words that agree go on a little on both sides of each; those that meet are one run. */
function runsOf(text: string, wanted: string, chain: readonly Piece[]): { start: number; end: number }[] {
  const runs: { start: number; end: number }[] = []
  for (const { at, place, length } of chain) {
    const least = runs.at(-1)?.end ?? 0
    let before = 0
    while (before < at && place - before > least && wanted[at - before - 1] === text[place - before - 1]) before += 1
    let after = 0
    while (at + length + after < wanted.length && wanted[at + length + after] === text[place + length + after]) after += 1
    const [start, end] = [place - before, place + length + after]
    const last = runs.at(-1)
    if (last !== undefined && start <= last.end + BRIDGED) last.end = Math.max(last.end, end)
    else runs.push({ start, end })
  }
  return runs
}

/** A range over texts that stand one after the other, cut into the ranges of each; what lies in none of them is left out. */
export function rangesOfItems(items: readonly string[], range: { readonly start: number; readonly end: number }) {
  const ranges: { readonly item: number; readonly start: number; readonly end: number }[] = []
  let at = 0
  for (const [item, text] of items.entries()) {
    const start = Math.max(range.start, at)
    const end = Math.min(range.end, at + text.length)
    if (start < end) ranges.push({ item, start: start - at, end: end - at })
    at += text.length
    if (at >= range.end) break
  }
  return ranges
}
