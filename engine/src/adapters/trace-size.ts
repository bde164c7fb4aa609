import type { AnswerTrace } from '../domain/trace.ts'

/** Bytes that a kept trace may take, as JSON in UTF-8. */
export const MOST_TRACE_BYTES = 2 ** 20
/** Of one text in it, UTF-16 units: a prompt with all its passages is shorter. */
const LONGEST_TEXT = 2 ** 17
const CUT = '…'

/** The trace with long texts, and then long lists, cut so far that it takes at most so many bytes; as it is when it fits. */
export function fittingTrace(trace: AnswerTrace, most = MOST_TRACE_BYTES): AnswerTrace {
  const fits = (one: AnswerTrace) => Buffer.byteLength(JSON.stringify(one)) <= most
  if (fits(trace)) return trace
  for (let longest = LONGEST_TEXT, items = Number.POSITIVE_INFINITY; ; ) {
    const cut = cutTo(trace, longest, items) as AnswerTrace // the same shape: only texts and lists are shorter
    if (fits(cut) || items === 0) return cut
    if (longest > 128) longest /= 2
    else items = items === Number.POSITIVE_INFINITY ? 4096 : items > 1 ? items / 2 : 0
  }
}

function cutTo(value: unknown, longest: number, items: number): unknown {
  if (typeof value === 'string') return value.length <= longest ? value : `${beginningOf(value, longest)}${CUT}`
  if (Array.isArray(value)) return value.slice(0, items).map((one) => cutTo(one, longest, items))
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, cutTo(one, longest, items)]))
}

/** Of a character that would be cut in two neither half. */
function beginningOf(text: string, longest: number): string {
  const isSplit = (text.codePointAt(longest - 1) ?? 0) > 0xff_ff
  return text.slice(0, isSplit ? longest - 1 : longest).toWellFormed()
}
