import type { Verdict } from '../../../strings/chat.ts'
import type { Item } from './branch.ts'

/** A source of an answer that is shown beside it: a citation by its number, or a near passage by its place. */
export type OpenSource = { readonly item: string } & ({ readonly number: number } | { readonly nearest: number })

export interface ShownSource {
  readonly name: string
  readonly headingPath: readonly string[]
  readonly page: number | null
  readonly quote: string
  readonly verdict: Verdict | undefined
  readonly reason: string | null
  /** Undefined where no more than the quote is told. */
  readonly place:
    | { readonly database: string; readonly document: string; readonly start: number; readonly end: number; readonly revision: number | null }
    | undefined
  /** From 1, as it is numbered in the answer. */
  readonly number: number | undefined
  readonly before: OpenSource | undefined
  readonly after: OpenSource | undefined
}

/** Undefined when it is no longer there. */
export function shownSource(items: readonly Item[], open: OpenSource | undefined): ShownSource | undefined {
  const item = open === undefined ? undefined : items.find(({ key }) => key === open.item)
  if (open === undefined || item?.role !== 'assistant') return undefined
  const key = { item: item.key }
  if ('number' in open) {
    const numbers = item.citations.map(({ number }) => number).sort((a, b) => a - b)
    const found = item.citations.find(({ number }) => number === open.number)
    if (found === undefined) return undefined
    const { name, heading_path: headingPath, page, quote, verdict, reason, number, database_id, document_id, start, end, revision } = found
    const at = numbers.indexOf(number)
    const [before, after] = [numbers[at - 1], numbers[at + 1]]
    const place =
      database_id === null || document_id === null ? undefined : { database: database_id, document: document_id, start: start ?? 0, end: end ?? 0, revision }
    const neighbours = {
      before: before === undefined ? undefined : { ...key, number: before },
      after: after === undefined ? undefined : { ...key, number: after },
    }
    return { name, headingPath, page, quote, verdict, reason, number, place, ...neighbours }
  }
  const passage = item.nearest[open.nearest]
  if (passage === undefined) return undefined
  const { name, heading_path: headingPath, pages, text: quote, database_id: database, document_id: document, start, end } = passage
  const neighbours = {
    before: open.nearest === 0 ? undefined : { ...key, nearest: open.nearest - 1 },
    after: open.nearest + 1 === item.nearest.length ? undefined : { ...key, nearest: open.nearest + 1 },
  }
  const told = { verdict: undefined, reason: null, number: undefined, page: pages?.[0] ?? null }
  return { name, headingPath, quote, place: { database, document, start, end, revision: null }, ...told, ...neighbours }
}
