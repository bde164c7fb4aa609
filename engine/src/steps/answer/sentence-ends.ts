import { endsInAbbreviation, isUnmarked } from './sentences.ts'

/**
 * Where the sentences of an answer end, told while it is still being written. Whether one has ended is known when the first
 * sign of the next one has come: `open` is what was written of it, `gap` the blanks since, `next` that first sign. The
 * decision rests on these alone, so that it is the same however the stream is cut. `cited`: a citation stands at its end.
 */
export function hasEnded(open: string, gap: string, next: string, cited: boolean): boolean {
  if (open === '') return false
  if (/[。！？]["”’」』）)\]]*$/.test(open) && !/["”’」』）)\]。！？…]/.test(next)) return true
  if (gap === '') return false
  if (/\n/.test(gap)) return /\n\s*\n/.test(gap) || !/\p{Ll}/u.test(next) || ENDED.test(open) || /^\s*(?:[-*+•|#]|\d{1,3}[.)])\s?/.test(open)
  if (open.length > LONGEST) return true
  if (isUnmarked(open.slice(-1))) return cited
  if (!ENDED.test(open)) return false
  if (/^(?:[-*+>•#]+|\(?\p{L}[.)]|\(?\d{1,3}[.)])$/u.test(open.trim())) return false
  if (/\.["”’»)\]*_]*$/.test(open) && (/\p{Ll}/u.test(next) || endsInAbbreviation(open))) return false
  return !/…["”’»)]*$/.test(open) || !/\p{Ll}/u.test(next)
}

const ENDED = /[.!?…؟।॥۔]["'”’»)\]*_`]*$/
const LONGEST = 4000

/** Pieces of a stream in which a sentence can begin: runs of blanks, and of other signs, cut after the full stops of East Asia. */
export function runsOf(text: string): string[] {
  return text.match(/\s+|[^\s。！？]+|[。！？]+/g) ?? []
}

/** The sentences of a whole text, without the blanks between them. */
export function sentencesOf(text: string): { readonly start: number; readonly end: number }[] {
  const found: { readonly start: number; readonly end: number }[] = []
  let [start, end, at, gap] = [0, 0, 0, '']
  for (const run of runsOf(text)) {
    if (run.trim() === '') gap += run
    else {
      if (hasEnded(text.slice(start, end), gap, run.charAt(0), false)) {
        found.push({ start, end })
        start = at
      }
      if (end === start) start = at
      end = at + run.length
      gap = ''
    }
    at += run.length
  }
  if (end > start) found.push({ start, end })
  return found
}
