import type { Segment } from './pdf-lines.ts'

/** At most this many columns side by side, as a power of two of nested cuts. */
const DEPTH = 3

/**
 * Splits a page (or a part of it) into regions that are read one after the other. A gutter counts only where
 * prose stands on both sides of it, so that tables stay whole; what crosses it (titles, wide figures) splits it.
 */
export function intoColumns(segments: readonly Segment[], depth = DEPTH): Segment[][] {
  const sorted = [...segments].sort((a, b) => a.y - b.y || a.x0 - b.x0)
  if (depth === 0 || sorted.length < 6) return [sorted]
  const cut = bestCut(sorted)
  if (cut === undefined) return [sorted]
  const regions: Segment[][] = []
  let wide: Segment[] = []
  const flush = () => {
    if (wide.length > 0) regions.push(...intoColumns(wide, depth - 1))
    wide = []
  }
  for (const stretch of cut.stretches) {
    if (!stretch.columns) {
      wide.push(...stretch.segments)
      continue
    }
    flush()
    const left = stretch.segments.filter((segment) => segment.x1 <= cut.x + 1)
    const right = stretch.segments.filter((segment) => segment.x1 > cut.x + 1)
    const rtl = stretch.segments.filter((segment) => segment.rtl).length * 2 > stretch.segments.length
    for (const side of rtl ? [right, left] : [left, right]) regions.push(...intoColumns(side, depth - 1))
  }
  flush()
  return regions
}

interface Stretch {
  readonly segments: Segment[]
  readonly columns: boolean
}
interface Cut {
  readonly x: number
  readonly stretches: readonly Stretch[]
  readonly score: number
}

function bestCut(sorted: readonly Segment[]): Cut | undefined {
  let best: Cut | undefined
  for (const x of leftEdges(sorted)) {
    const cut = cutAt(sorted, x)
    if (cut.score > (best?.score ?? 0)) best = cut
  }
  return best
}

/** Marks of lists and references hang at the left edge of their column. */
const MARK = /^(?:[•▪–*]|[[(]?\w{1,3}[\]).])$/

/** Where several longer lines begin: candidates for the left edge of a column other than the first. */
function leftEdges(segments: readonly Segment[]): number[] {
  const bins = new Map<number, { count: number; x: number }>()
  let first = Number.POSITIVE_INFINITY
  for (const { text, x0 } of segments) {
    if (x0 < first) first = x0
    if (text.length < 10 && !MARK.test(text)) continue
    const key = Math.round(x0 / 3)
    const bin = bins.get(key)
    if (bin === undefined) bins.set(key, { count: 1, x: x0 })
    else {
      bin.count++
      bin.x = Math.min(bin.x, x0)
    }
  }
  return [...bins.values()]
    .filter((bin) => bin.count >= 2 && bin.x > first + 20)
    .sort((a, b) => b.count - a.count)
    .slice(0, 12)
    .map((bin) => bin.x)
}

function cutAt(sorted: readonly Segment[], x: number): Cut {
  const stretches: Stretch[] = []
  let open: Segment[] = []
  let score = 0
  const flush = () => {
    if (open.length === 0) return
    const gain = proseOnBothSides(open, x)
    score += gain
    stretches.push({ segments: open, columns: gain > 0 })
    open = []
  }
  for (const segment of sorted) {
    const crosses = segment.x0 < x - 2 && segment.x1 > x + 1
    if (crosses) {
      flush()
      const last = stretches.at(-1)
      if (last !== undefined && !last.columns) last.segments.push(segment)
      else stretches.push({ segments: [segment], columns: false })
    } else open.push(segment)
  }
  flush()
  return { x, stretches, score }
}

/** How much prose is read rightly by the cut: characters of the lesser side, or 0 when this is no pair of columns. */
function proseOnBothSides(segments: readonly Segment[], x: number): number {
  const left: Segment[] = []
  const right: Segment[] = []
  for (const segment of segments) (segment.x1 <= x + 1 ? left : right).push(segment)
  const a = sideFacts(left)
  const b = sideFacts(right)
  if (a.lines < 3 || b.lines < 3 || !a.prose || !b.prose) return 0
  const overlap = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top)
  if (overlap < 0.3 * Math.min(a.bottom - a.top, b.bottom - b.top)) return 0
  // Cells of a table stand on common baselines and leave their column ragged; columns of prose do at most one of the two.
  if (a.filled < 0.45 && sharedBaselines(left, right) > 0.7) return 0
  return Math.min(a.characters, b.characters)
}

function sideFacts(segments: readonly Segment[]): { lines: number; prose: boolean; characters: number; top: number; bottom: number; filled: number } {
  let lines = 0
  let characters = 0
  let letters = 0
  let long = 0
  let y = Number.NEGATIVE_INFINITY
  let [x0, x1] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (const segment of segments) {
    if (segment.y - y > 0.4 * segment.size) lines++
    y = segment.y
    characters += segment.text.length
    if (isProse(segment.text)) {
      long++
      letters += segment.text.length
    }
    x0 = Math.min(x0, segment.x0)
    x1 = Math.max(x1, segment.x1)
  }
  const filled = segments.filter((segment) => segment.x1 > x1 - 0.2 * (x1 - x0)).length / Math.max(1, lines)
  const top = segments[0]?.y ?? 0
  // Lists with dot leaders are no prose, but fill their column like it.
  const prose = (letters > 0.6 * characters && long > 0.4 * lines) || (filled > 0.6 && characters > 25 * lines)
  return { lines, prose, characters, top, bottom: y, filled }
}

function isProse(text: string): boolean {
  if (/[\u0e00-\u0e7f\u2e80-\u9fff]/.test(text)) return text.length >= 6
  return text.length >= 12 && text.split(' ').length >= 3 && (text.match(/\p{L}/gu)?.length ?? 0) > 0.6 * text.length
}

function sharedBaselines(left: readonly Segment[], right: readonly Segment[]): number {
  let shared = 0
  let j = 0
  for (const segment of right) {
    while (j < left.length && (left[j]?.y ?? 0) < segment.y - 0.5 * segment.size) j++
    const near = left[j]
    if (near !== undefined && Math.abs(near.y - segment.y) <= 0.5 * segment.size) shared++
  }
  return shared / Math.max(1, right.length)
}
