import type { Run } from './pdf-runs.ts'

/** Runs that stand on one baseline without a wide gap: a line of a column, or a cell. */
export interface Segment {
  readonly runs: Run[]
  x0: number
  x1: number
  y: number
  size: number
  /** Filled by `finishSegment`. */
  text: string
  bold: boolean
  rtl: boolean
  level: number | undefined
}

/** A gap wider than this many type sizes ends a segment. Justified text stays below, gutters and cells do not. */
const WIDE_GAP = 0.75
/** A gap wider than this many type sizes is a blank even if the page does not hold one. */
const BLANK = 0.17

export function toSegments(runs: readonly Run[]): Segment[] {
  const sorted = [...runs].sort((a, b) => a.y - b.y)
  const segments: Segment[] = []
  let row: Run[] = []
  let rowY = Number.NEGATIVE_INFINITY
  const flush = () => {
    if (row.length > 0) splitRow(row, segments)
    row = []
  }
  for (const run of sorted) {
    if (run.y - rowY > 0.2 * Math.min(run.size, row[0]?.size ?? run.size)) {
      flush()
      rowY = run.y
    }
    row.push(run)
  }
  flush()
  const joined = attachRaised(segments)
  for (const segment of joined) finishSegment(segment)
  return joined
}

function splitRow(row: Run[], into: Segment[]): void {
  row.sort((a, b) => a.x0 - b.x0)
  let open: Segment | undefined
  for (const run of row) {
    const size = open === undefined ? run.size : Math.max(open.size, run.size)
    if (open !== undefined && run.x0 - open.x1 <= WIDE_GAP * size) {
      if (isShadow(open, run)) continue
      open.runs.push(run)
      open.x1 = Math.max(open.x1, run.x1)
      open.size = size
    } else {
      open = { runs: [run], x0: run.x0, x1: run.x1, y: run.y, size: run.size, text: '', bold: false, rtl: false, level: undefined }
      into.push(open)
    }
  }
}

/** The same text painted twice with a slight shift, for a bold look. */
function isShadow(open: Segment, run: Run): boolean {
  for (let i = open.runs.length - 1; i >= 0 && i >= open.runs.length - 4; i--) {
    const before = open.runs[i]
    if (before !== undefined && before.text === run.text && Math.abs(before.x0 - run.x0) < 0.12 * run.size && Math.abs(before.x1 - run.x1) < 0.12 * run.size)
      return true
  }
  return false
}

/** Raised and lowered bits join the line they touch. Segments come and go in order of their baselines. */
function attachRaised(segments: readonly Segment[]): Segment[] {
  const gone = new Set<Segment>()
  for (let i = 0; i < segments.length; i++) {
    const small = segments[i]
    if (small === undefined || small.x1 - small.x0 > 12 * small.size) continue
    let best: Segment | undefined
    let bestGap = Number.POSITIVE_INFINITY
    for (const step of [-1, 1]) {
      for (let j = i + step; j >= 0 && j < segments.length; j += step) {
        const line = segments[j]
        if (line === undefined || Math.abs(line.y - small.y) > 0.75 * Math.max(line.size, small.size) || Math.abs(j - i) > 200) break
        if (gone.has(line) || line.size <= small.size * 1.15 || Math.abs(line.y - small.y) > 0.62 * line.size) continue
        const gap = Math.max(small.x0 - line.x1, line.x0 - small.x1)
        if (gap < 0.35 * line.size && gap < bestGap) {
          best = line
          bestGap = gap
        }
      }
    }
    if (best === undefined) continue
    best.runs.push(...small.runs)
    best.x0 = Math.min(best.x0, small.x0)
    best.x1 = Math.max(best.x1, small.x1)
    gone.add(small)
  }
  return segments.filter((segment) => !gone.has(segment))
}

function finishSegment(segment: Segment): void {
  const { runs } = segment
  runs.sort((a, b) => a.x0 - b.x0)
  let rtl = 0
  let bold = 0
  let all = 0
  for (const run of runs) {
    const letters = run.text.length
    all += letters
    if (run.rtl) rtl += letters
    if (run.bold) bold += letters
    segment.level ??= run.level
  }
  segment.rtl = rtl * 2 > all
  segment.bold = bold > 0.9 * all
  segment.text = tidy(joinRuns(segment.rtl ? logicalOrder(runs) : runs))
}

/** Right to left, but numbers and Latin words that stand together keep their own order. */
function logicalOrder(runs: readonly Run[]): Run[] {
  const ordered: Run[] = []
  let left: Run[] = []
  for (let i = runs.length - 1; i >= 0; i--) {
    const run = runs[i]
    if (run === undefined) continue
    if (run.rtl || !/[\p{L}\p{N}]/u.test(run.text)) {
      ordered.push(...left, run)
      left = []
    } else left.unshift(run)
  }
  return [...ordered, ...left]
}

/** "(1,204" and ")" stand a little apart in many tables. */
export function closesAmount(before: string, text: string, gap: number): boolean {
  return gap < 0.7 && /^(?:[)%]|\)%)$/.test(text) && /\d$/.test(before)
}

function joinRuns(runs: readonly Run[]): string {
  let text = ''
  let before: Run | undefined
  for (const run of runs) {
    if (before !== undefined) {
      const gap = run.x0 >= before.x0 ? run.x0 - before.x1 : before.x0 - run.x1
      const size = Math.max(run.size, before.size)
      // A blank in the content that takes no room is none: some writers put one between all glyphs.
      if ((gap > BLANK * size || (run.spaced && gap > 0.06 * size)) && !closesAmount(text, run.text, gap / size)) text += ' '
    }
    text += run.text
    before = run
  }
  return text
}

const WIDE_LETTER = '[\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}ー、。，．・：；？！「」『』（）〈〉《》【】〔〕]'
const BETWEEN_WIDE = new RegExp(`(?<=${WIDE_LETTER}) +(?=${WIDE_LETTER})`, 'gu')
const PRIVATE: Readonly<Record<string, string>> = { '\uf0b7': '•', '\uf0a7': '▪', '\uf0d8': '➢', '\uf0fc': '✓', '\uf02d': '-', '\uf0e0': '→', '\uf020': ' ' }

/** Ligatures, Arabic presentation forms, radicals and mathematical letters: glyphs that stand for ordinary letters. Superscripts stay. */
const GLYPH_FORMS = /[\ufb00-\ufb4f\ufb50-\ufd3d\ufd50-\ufdfb\ufe70-\ufefc\u2f00-\u2fd5\u{1d400}-\u{1d7ff}]+/gu

/** Blanks between wide letters go; bullets of symbol fonts become real ones; glyph forms become letters. */
export function tidy(text: string): string {
  let clean = text.replace(/\s+/g, ' ').trim()
  if (!/[^\u0020-\u02ff]/.test(clean)) return clean
  if (/[\uf020-\uf0ff]/.test(clean)) clean = clean.replace(/[\uf020-\uf0ff]/g, (letter) => PRIVATE[letter] ?? letter)
  clean = clean.replace(GLYPH_FORMS, (forms) => forms.normalize('NFKC'))
  // Only texts with wide letters pay for the look around.
  return /[\u2e80-\u9fff\uff00-\uff60]/.test(clean) ? clean.replace(BETWEEN_WIDE, '') : clean
}
