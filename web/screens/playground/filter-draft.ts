import { AppError } from 'quarry-engine/client'
import { filterText, jsonText, notationOf, readFilter } from '../../lib/filter-notation.ts'
import { emptyGroup, filterOfTree, type Group, newRow, problemOf, rowsOf, treeOfFilter } from './filter-tree.ts'

export type FilterMode = 'rows' | 'text' | 'json'

/** A filter while it is written. Rows and text are kept apart, so that neither is lost while the other is looked at. */
export interface FilterDraft {
  readonly mode: FilterMode
  readonly tree: Group
  readonly text: string
}

export type FilterFault =
  /** Rows that lack something; each says what. */
  | { readonly kind: 'unfinished' }
  | { readonly kind: 'not-json'; readonly at: number | undefined }
  /** Rows cannot say it. */
  | { readonly kind: 'not-rows' }
  /** Told by the readers of the filter language, which are those of the server. */
  | { readonly kind: 'told'; readonly fault: AppError }

type Read = { readonly text: string } | { readonly fault: FilterFault }

export const noFilter = (): FilterDraft => ({ mode: 'rows', tree: emptyGroup(), text: '' })
export const firstRow = (): FilterDraft => ({ mode: 'rows', tree: { ...emptyGroup(), parts: [newRow()] }, text: '' })

/** A draft of a filter that an address holds: as rows where they can say it. */
export function draftOf(text: string): FilterDraft {
  if (text.trim() === '') return noFilter()
  try {
    const tree = treeOfFilter(readFilter(text))
    if (tree !== undefined) return { mode: 'rows', tree, text: '' }
  } catch {
    // What cannot be read is shown as it was typed; the server says what is wrong with it.
  }
  return { mode: notationOf(text), tree: emptyGroup(), text }
}

/** The filter as text for the request and the address; empty for none. */
export function textOf(draft: FilterDraft): Read {
  if (draft.mode === 'rows') {
    if (rowsOf(draft.tree).some((row) => problemOf(row) !== undefined)) return { fault: { kind: 'unfinished' } }
    const filter = filterOfTree(draft.tree)
    return { text: filter === undefined ? '' : filterText(filter) }
  }
  const text = draft.text.trim()
  if (text === '') return { text }
  const fault = faultOf(() => readFilter(text))
  return fault === undefined ? { text } : { fault }
}

/** The same filter written in another way; the fault that is in the way otherwise. */
export function switched(draft: FilterDraft, mode: FilterMode): { readonly draft: FilterDraft } | { readonly fault: FilterFault } {
  const read = textOf(draft)
  if ('fault' in read) return read
  if (read.text === '') return { draft: { mode, tree: mode === 'rows' ? firstRow().tree : emptyGroup(), text: '' } }
  const filter = readFilter(read.text)
  if (mode !== 'rows') return { draft: { mode, tree: emptyGroup(), text: mode === 'json' ? jsonText(filter) : filterText(filter) } }
  const tree = treeOfFilter(filter)
  return tree === undefined ? { fault: { kind: 'not-rows' } } : { draft: { mode, tree, text: '' } }
}

function faultOf(read: () => unknown): FilterFault | undefined {
  try {
    read()
    return undefined
  } catch (fault) {
    if (fault instanceof AppError) return { kind: 'told', fault }
    const [, place] = fault instanceof SyntaxError ? (/position (\d+)/.exec(fault.message) ?? []) : []
    return { kind: 'not-json', at: place === undefined ? undefined : Number(place) }
  }
}
