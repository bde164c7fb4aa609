import { NO_ANSWER } from './prompt.ts'

// The words that a model writes when the passages hold no answer. Some wrap them in marks or quotes, or write something before them.

const MARKS = '*_`"\'“”„«»‹›‘’(){}'
const MOST_MARKS = 6
const HEAD_MARKS = `[\\s${MARKS}\\[\\]#>~.:–—-]{0,12}`
const AT_HEAD = new RegExp(`^${HEAD_MARKS}${NO_ANSWER}`, 'i')
const HEAD = new RegExp(`^${HEAD_MARKS}`)
const WRAPPED = new RegExp(`^\\[?[${MARKS}]{0,${MOST_MARKS}}${NO_ANSWER}`, 'i')

/** Whether an answer begins with the words, and so is none. `held` begins with its first sign. */
export function refusesAtHead(held: string, ended: boolean): boolean | 'wait' {
  if (AT_HEAD.test(held)) return true
  const rest = held.slice(HEAD.exec(held)?.[0].length ?? 0).toUpperCase()
  return !ended && NO_ANSWER.startsWith(rest) ? 'wait' : false
}

/** How many signs at the end of a text may belong to the words that come next: blanks and the marks behind them. */
export function marksAtEnd(text: string): number {
  let start = text.length
  while (text.length - start < MOST_MARKS && start > 0 && MARKS.includes(text.charAt(start - 1))) start -= 1
  while (/[ \t]/.test(text.charAt(start - 1))) start -= 1
  return text.length - start
}

/** How many signs at the end of a text may be the beginning of the words. */
export function mayRefuse(text: string): number {
  const end = text.slice(-NO_ANSWER.length).toUpperCase()
  for (let length = end.length; length > 0; length -= 1) if (NO_ANSWER.startsWith(end.slice(-length))) return length
  return 0
}

/**
 * The words and the marks around them at the head of a text: `length` signs to leave out, or 0 when they are part of another word. `before`
 * is what was written until then. Undefined: there are no such words.
 */
export function refusal(held: string, ended: boolean, before: string): { readonly length: number } | 'wait' | undefined {
  const words = WRAPPED.exec(held)?.[0]
  if (words === undefined) return undefined
  const marks = words.length - NO_ANSWER.length
  const closing = new RegExp(`^[${MARKS}\\]]{0,${marks}}`).exec(held.slice(words.length))?.[0] ?? ''
  const end = words.length + closing.length
  const next = held.slice(end, end + 1)
  if (next === '' && !ended) return 'wait'
  const goesOn = (/^[_\p{L}]/u.test(words) && /[\p{L}\p{N}_]$/u.test(before)) || (/^[\p{L}\p{N}_]/u.test(next) && !/[^_]$/.test(closing))
  if (goesOn) return { length: 0 }
  // A sentence of its own goes with its full stop.
  const isSentence = /(?:^|[.!?:;…。！？]["”’)\]*_]*|\n)[ \t]*$/u.test(before)
  return { length: end + (isSentence && /^[.!。]/.test(next) ? 1 : 0) }
}
