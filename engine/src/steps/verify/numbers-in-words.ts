import { NUMBERS_IN_WORDS, SCALES } from './number-words.ts'

/** A number that is written in words: what it is without the last scale, which is told apart as for digits. */
export interface WordNumber {
  readonly start: number // UTF-16 offsets, the words of the number alone
  readonly end: number
  readonly value: number
  /** 1e6 of "five million"; of "five million two hundred" the value holds all, and there is none. */
  readonly scale: number | undefined
}

const WORD = /[\p{L}\p{M}]+/gu
const ONE = /^(?:one|a|an|ein|eine|einer|un|une|una|uno)$/iu
const HALF = /^[\s-]+(?:and\s+a\s+half|and\s+one\s+half|y\s+medi[oa]|et\s+demie?)(?![\p{L}\p{M}])/iu
const IN_ONE = new Map([
  ['anderthalb', 1.5],
  ['eineinhalb', 1.5],
  ['zweieinhalb', 2.5],
  ['dreieinhalb', 3.5],
])

/** Numbers in words, in the order of the text: "two hundred and fifty", "twenty-five", "one and a half". "One" alone is an article too often. */
export function valuesInWords(text: string): WordNumber[] {
  const words = [...text.matchAll(WORD)].map((match) => ({ word: match[0].toLowerCase(), start: match.index, end: match.index + match[0].length }))
  const found: WordNumber[] = []
  for (let at = 0; at < words.length; ) {
    const next = numberAt(words, at, text)
    if (next === undefined) at += 1
    else {
      found.push(next.number)
      at = next.after
    }
  }
  return found
}

/** Inside a number “one” is no article. */
function inner(word: string): number | undefined {
  return word === 'one' ? 1 : NUMBERS_IN_WORDS.get(word)
}

type Words = readonly { readonly word: string; readonly start: number; readonly end: number }[]

function numberAt(words: Words, first: number, text: string): { readonly number: WordNumber; readonly after: number } | undefined {
  const start = words[first]
  if (start === undefined) return undefined
  const joined = (at: number) => /^[-‐\s]$/.test(text.slice(words[at - 1]?.end ?? 0, words[at]?.start ?? 0))
  const scaleAt = (at: number) => (joined(at) ? SCALES.get(words[at]?.word ?? '') : undefined)
  const whole = IN_ONE.get(start.word)
  if (whole !== undefined) return { number: { start: start.start, end: start.end, value: whole, scale: undefined }, after: first + 1 }
  const half = HALF.exec(text.slice(start.end, start.end + 24))
  const one = ONE.test(start.word) && (scaleAt(first + 1) !== undefined || (half !== null && start.word === 'one'))
  let part = one ? 1 : NUMBERS_IN_WORDS.get(start.word)
  if (part === undefined) return undefined
  if (half !== null) {
    const after = words.findIndex((word) => word.start >= start.end + half[0].length)
    return { number: { start: start.start, end: start.end + half[0].length, value: part + 0.5, scale: undefined }, after: after === -1 ? words.length : after }
  }
  // `total` holds what stands before the last thousand or million, `part` what is being read.
  let total = 0
  let last: number | undefined // scale at the very end
  let alone = part // what stands before it
  let [at, many] = [first + 1, 0]
  for (; at < words.length; at += 1) {
    const scale = scaleAt(at)
    if (scale !== undefined && (last === undefined || scale > last || (many === 1 && last === 100))) {
      alone = part
      part *= scale
      last = scale
      many += 1
      if (scale > 100) {
        total += part
        part = 0
      }
      continue
    }
    const and = /^(?:and|und|y|et)$/.test(words[at]?.word ?? '') && last !== undefined && joined(at) ? 1 : 0
    const value = joined(at + and) ? inner(words[at + and]?.word ?? '') : undefined
    const tens = part % 100
    const fits = value !== undefined && ((last !== undefined && tens === 0 && value < 100) || (tens >= 20 && tens % 10 === 0 && value > 0 && value < 10))
    if (!fits || value === undefined) break
    part += value
    last = undefined
    at += and
    many = 2
  }
  const end = words[at - 1]?.end ?? start.end
  if (many === 1 && last !== undefined) {
    const before = words[at - 2] ?? start
    return { number: { start: start.start, end: before.end, value: alone, scale: last }, after: at }
  }
  return { number: { start: start.start, end, value: total + part, scale: undefined }, after: at }
}
