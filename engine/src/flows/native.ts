import type { Citation } from '../domain/answer.ts'
import type { ChatRequest, NativeCitation } from '../ports/chat.ts'
import { narrowed } from './cite.ts'
import type { Draft } from './draft.ts'

/** Which part of the stream became which part of what was shown. */
export interface ShownMap {
  add(from: number, until: number, start: number, end: number): void
  /** The place in what was shown for one in the stream. */
  at(place: number): number
}

export function shownMap(): ShownMap {
  const parts: { readonly from: number; readonly until: number; readonly start: number; readonly end: number }[] = []
  return {
    add: (from, until, start, end) => void parts.push({ from, until, start, end }),
    at(place) {
      const part = parts.findLast(({ from }) => from <= place)
      if (part === undefined) return 0
      return place >= part.until ? part.end : Math.min(part.end, part.start + (place - part.from))
    },
  }
}

/** Of a longer quote only what is most like the claim is cited. */
const LONGEST_QUOTE = 1200

/**
 * The citation that a provider claims, checked against the stored text like one that was written. A passage that there is
 * not gives none. What is said to be quoted counts, not where it is said to stand; where only a place is told its text
 * counts, and a place outside the passage is as good as none.
 */
export async function nativeCitation(draft: Draft, told: NativeCitation, request: ChatRequest, shown: number, claim: string): Promise<Citation | undefined> {
  const index = told.passage - 1
  if (!Number.isInteger(index) || index < 0 || index >= shown) return undefined
  const quote = (told.quote ?? pointedAt(request.passages?.[index]?.text ?? '', told)).trim()
  if (!/[\p{L}\p{N}]/u.test(quote)) return draft.cite.claim(index, claim, draft.citations)
  return draft.cite.quote(index, quote.length > LONGEST_QUOTE ? narrowed(quote, claim) : quote, draft.citations)
}

function pointedAt(text: string, { start, end }: NativeCitation): string {
  if (start === undefined || end === undefined || !Number.isInteger(start) || !Number.isInteger(end)) return ''
  return start < 0 || end > text.length || start >= end ? '' : text.slice(start, end)
}
