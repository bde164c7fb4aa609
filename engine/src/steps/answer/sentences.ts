/** A sentence, list item, table row or heading (also: a question) of a passage, with UTF-16 offsets in the text it was cut from. */
export interface Unit {
  readonly text: string
  readonly start: number
  readonly end: number
  readonly kind: 'sentence' | 'item' | 'row' | 'heading'
  /** Counts the blocks (paragraph, list, table) of the text. */
  readonly block: number
}

/** After these a full stop ends no sentence. */
const ABBREVIATION =
  /(?:^|[\s(])(?:\p{Lu}|mr|mrs|ms|dr|prof|st|jr|sr|inc|corp|ltd|co|no|nos|vs|etc|e\.g|i\.e|cf|fig|figs|eq|sec|vol|pp|ed|eds|al|approx|dept|gen|gov|sen|rep|capt|lt|col|u\.s|u\.k|d\.c|jan|feb|mar|apr|jun|jul|aug|sept|sep|oct|nov|dec|bzw|z\.\s?b|d\.\s?h|ca|nr|abs|art|usw|vgl|sra|ud|núm|pág)\.\s*$/iu

export function endsInAbbreviation(text: string): boolean {
  return ABBREVIATION.test(text.slice(-24))
}

const ITEM = /^\s*(?:[-*•‣▪◦·–—]|\(?\d{1,3}[.)]|\(?[a-zA-Z][.)])\s+/u
const LONGEST_UNIT = 1500

/** Cuts a passage into what can be quoted alone. Every unit is `text.slice(start, end)`, without blanks at its ends. */
export function unitsOf(text: string, language: string | undefined): Unit[] {
  const segmenter = new Intl.Segmenter(language ?? 'en', { granularity: 'sentence' })
  const units: Unit[] = []
  let block = 0
  for (const { start, end } of blocksOf(text)) {
    const lines = linesOf(text, start, end)
    const rows = lines.filter((line) => text.slice(line.start, line.end).includes(' | ')).length
    const items = lines.filter((line) => ITEM.test(text.slice(line.start, line.end))).length
    if (rows * 2 > lines.length) for (const line of lines) push(units, text, line.start, line.end, 'row', block)
    else if (items * 2 > lines.length) for (const line of itemsOf(text, lines)) push(units, text, line.start, line.end, 'item', block)
    else {
      for (const piece of sentencesOf(segmenter, text, start, end)) {
        push(
          units,
          text,
          piece.start,
          piece.end,
          leads(text.slice(piece.start, piece.end), lines.length === 1 && (end < text.length || block > 0)) ? 'heading' : 'sentence',
          block,
        )
      }
    }
    block += 1
  }
  return units
}

const ENDS = /[.!:;,。！：；…"”»)\]|।]$/u
const LONGEST_HEADING = 90

/** A question leads to what follows it; so does a short line of its own that ends as no sentence does. */
function leads(piece: string, ownLine: boolean): boolean {
  const text = piece.trim()
  if (/[?？؟]$/.test(text)) return true
  return ownLine && text.length <= LONGEST_HEADING && !ENDS.test(text) && !UNMARKED.test(text) && /\p{L}/u.test(text)
}

interface Span {
  readonly start: number
  readonly end: number
}

function blocksOf(text: string): Span[] {
  const spans: Span[] = []
  let start = 0
  for (const gap of text.matchAll(/\n\s*\n/g)) {
    spans.push({ start, end: gap.index })
    start = gap.index + gap[0].length
  }
  spans.push({ start, end: text.length })
  return spans.filter((span) => text.slice(span.start, span.end).trim() !== '')
}

function linesOf(text: string, start: number, end: number): Span[] {
  const lines: Span[] = []
  for (let from = start; from < end; ) {
    const stop = text.indexOf('\n', from)
    const to = stop === -1 || stop > end ? end : stop
    if (text.slice(from, to).trim() !== '') lines.push({ start: from, end: to })
    from = to + 1
  }
  return lines
}

/** A line without a mark goes on with the item above it. */
function itemsOf(text: string, lines: readonly Span[]): Span[] {
  const items: Span[] = []
  for (const line of lines) {
    const last = items.at(-1)
    if (last === undefined || ITEM.test(text.slice(line.start, line.end))) items.push(line)
    else items[items.length - 1] = { start: last.start, end: line.end }
  }
  return items
}

function sentencesOf(segmenter: Intl.Segmenter, text: string, start: number, end: number): Span[] {
  // A line break inside a paragraph ends no sentence; replaced one by one, so that offsets stay.
  const flat = text.slice(start, end).replace(/\s/g, ' ')
  const spans: Span[] = []
  for (const { segment, index } of segmenter.segment(flat)) {
    const last = spans.at(-1)
    const span = { start: start + index, end: start + index + segment.length }
    if (last !== undefined && ABBREVIATION.test(flat.slice(Math.max(0, last.end - start - 24), last.end - start))) {
      spans[spans.length - 1] = { start: last.start, end: span.end }
    } else spans.push(span)
  }
  return spans.flatMap((span) => (span.end - span.start > LONG_CLAUSES && UNMARKED.test(text.slice(span.start, span.end)) ? clausesOf(text, span) : [span]))
}

/** Scripts that end no sentence with a sign: blanks between clauses are all there is. */
const UNMARKED = /[\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u
export function isUnmarked(text: string): boolean {
  return UNMARKED.test(text)
}

const LONG_CLAUSES = 200
const FEWEST_CHARACTERS = 100

function clausesOf(text: string, { start, end }: Span): Span[] {
  const spans: Span[] = []
  let from = start
  for (let at = start; at < end; at += 1) {
    if (!/\s/.test(text.charAt(at)) || at - from < FEWEST_CHARACTERS || end - at < FEWEST_CHARACTERS) continue
    spans.push({ start: from, end: at })
    from = at
  }
  spans.push({ start: from, end })
  return spans
}

function push(units: Unit[], text: string, start: number, end: number, kind: Unit['kind'], block: number): void {
  let [from, to] = [start, end]
  while (from < to && /\s/.test(text.charAt(from))) from += 1
  while (to > from && /\s/.test(text.charAt(to - 1))) to -= 1
  if (to - from > LONGEST_UNIT) {
    const cut = text.lastIndexOf(' ', from + LONGEST_UNIT)
    to = cut > from ? cut : from + LONGEST_UNIT
  }
  const piece = text.slice(from, to)
  if (/[\p{L}\p{N}]/u.test(piece)) units.push({ text: piece, start: from, end: to, kind, block })
}
