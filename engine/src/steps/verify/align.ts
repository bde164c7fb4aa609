import type { Token } from './tokens.ts'

/** One difference between a quote and the text: a side is missing where the other has a token too many. */
export interface Difference {
  readonly quoted: Token | undefined
  readonly stored: Token | undefined
}

export interface Alignment {
  /** Range of tokens of the text, end exclusive. */
  readonly from: number
  readonly to: number
  readonly same: number
  readonly differences: readonly Difference[]
}

/** Longer quotes are compared only exactly: bounds the work at 400 x 464 steps per place. */
export const MAX_ALIGNED = 400
const SLACK = 32
const CANDIDATES = 3
const COMMON = 2000 // positions after which a word tells nothing about the place
const BUCKET = 8

export type Positions = ReadonlyMap<string, readonly number[]>

export function positionsOf(tokens: readonly Token[]): Positions {
  const positions = new Map<string, number[]>()
  for (const [index, token] of tokens.entries()) {
    const list = positions.get(token.folded)
    if (list === undefined) positions.set(token.folded, [index])
    else if (list.length < COMMON) list.push(index)
  }
  return positions
}

/** The place of the text most like the quote, or undefined when no word points anywhere. `near` breaks ties. */
export function alignBest(quote: readonly Token[], text: readonly Token[], positions: Positions, near: number): Alignment | undefined {
  if (quote.length > MAX_ALIGNED) return undefined
  let best: Alignment | undefined
  for (const offset of candidates(quote, positions, near)) {
    const from = Math.max(0, offset - SLACK)
    const found = align(quote, text.slice(from, offset + quote.length + SLACK), from)
    if (best === undefined || found.same - found.differences.length > best.same - best.differences.length) best = found
  }
  return best
}

function candidates(quote: readonly Token[], positions: Positions, near: number): number[] {
  const votes = new Map<number, number>()
  for (const [index, token] of quote.entries()) {
    const places = positions.get(token.folded) ?? []
    const weight = 1 / Math.sqrt(places.length)
    for (const place of places) {
      const bucket = Math.floor((place - index) / BUCKET)
      votes.set(bucket, (votes.get(bucket) ?? 0) + weight)
    }
  }
  const distance = (bucket: number) => Math.abs(bucket * BUCKET - near)
  return [...votes]
    .sort(([one, mine], [two, theirs]) => theirs - mine || distance(one) - distance(two))
    .slice(0, CANDIDATES)
    .map(([bucket]) => bucket * BUCKET)
}

/** Fewest insertions, deletions and substitutions of the whole quote against any stretch of the window. */
function align(quote: readonly Token[], window: readonly Token[], offset: number): Alignment {
  const [rows, columns] = [quote.length + 1, window.length + 1]
  const cost = new Uint16Array(rows * columns) // first row stays 0: the text may begin anywhere
  for (let row = 1; row < rows; row += 1) {
    cost[row * columns] = row
    for (let column = 1; column < columns; column += 1) {
      const differs = quote[row - 1]?.folded === window[column - 1]?.folded ? 0 : 1
      const diagonal = (cost[(row - 1) * columns + column - 1] ?? 0) + differs
      const up = (cost[(row - 1) * columns + column] ?? 0) + 1
      const left = (cost[row * columns + column - 1] ?? 0) + 1
      cost[row * columns + column] = Math.min(diagonal, up, left)
    }
  }
  let end = 0
  for (let column = 1; column < columns; column += 1) {
    if ((cost[(rows - 1) * columns + column] ?? 0) < (cost[(rows - 1) * columns + end] ?? 0)) end = column
  }
  const differences: Difference[] = []
  let same = 0
  let [row, column] = [rows - 1, end]
  while (row > 0) {
    const here = cost[row * columns + column] ?? 0
    const equal = column > 0 && quote[row - 1]?.folded === window[column - 1]?.folded
    if (column > 0 && here === (cost[(row - 1) * columns + column - 1] ?? 0) + (equal ? 0 : 1)) {
      if (equal) same += 1
      else differences.push({ quoted: quote[row - 1], stored: window[column - 1] })
      row -= 1
      column -= 1
    } else if (here === (cost[(row - 1) * columns + column] ?? 0) + 1) {
      differences.push({ quoted: quote[row - 1], stored: undefined })
      row -= 1
    } else {
      differences.push({ quoted: undefined, stored: window[column - 1] })
      column -= 1
    }
  }
  return { from: offset + column, to: offset + end, same, differences: differences.reverse() }
}
