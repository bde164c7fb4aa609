import { type QueryKey, useQuery } from '@tanstack/react-query'
import type { Client, Reply } from 'quarry-engine/client'
import { useMemo } from 'react'
import { api, keyOf } from '../../lib/api.ts'
import { findQuote } from './find-quote.ts'
import type { Highlight } from './highlight.ts'
import type { TextWindow } from './text-rows.ts'

export type Block = Pick<Reply<'readText'>['blocks'][number], 'kind' | 'start' | 'end'>

export interface TextPart extends TextWindow {
  readonly end: number
  readonly blocks: readonly Block[]
}

/** Where the extracted text of one document comes from: each reader has a route of its own. */
export interface TextSource {
  readonly key: (range: { readonly start: number; readonly end: number }) => QueryKey
  readonly read: (range: { readonly start: number; readonly end: number }, signal: AbortSignal) => Promise<TextPart>
}

/** Texts change with a new revision only. */
export const TEXT_FRESH_MS = 10 * 60_000

/** `revision` is the one that answers: of another one nothing is shown. */
export function useTextSource(database: string, document: string, revision: number | null): TextSource {
  return useMemo(() => {
    const input = (query: { readonly start: number; readonly end: number }) => ({ parameters: { database, document }, query })
    return {
      key: (range) => [...keyOf('readText', input(range)), revision],
      read: (range, signal) => api.call('readText', { ...input(range), signal }),
    }
  }, [database, document, revision])
}

export function usePublicTextSource(client: Client, publication: string, database: string, document: string): TextSource {
  return useMemo(() => {
    const input = (query: { readonly start: number; readonly end: number }) => ({ parameters: { publication, database, document }, query })
    return {
      key: (range) => keyOf('publicText', input(range)),
      read: async (range, signal) => ({ ...(await client.call('publicText', { ...input(range), signal })), blocks: [] }),
    }
  }, [client, publication, database, document])
}

/** Source: what an edit before a passage moves it by, mostly; read at once with it. */
const AROUND = 10_000

export interface Mark {
  readonly start: number
  readonly end: number
}

/**
 * Where a passage stands in the text as it is now: the document may have been replaced since it was cited.
 * `mark` is null when its words are not there any more, undefined while it is not known.
 */
export function useMark(source: TextSource, highlight: Highlight | undefined, enabled = true) {
  const range = { start: Math.max(0, (highlight?.start ?? 0) - AROUND), end: (highlight?.end ?? 0) + AROUND }
  const { data, error, refetch } = useQuery({
    queryKey: source.key(range),
    queryFn: ({ signal }) => source.read(range, signal),
    staleTime: TEXT_FRESH_MS,
    enabled: enabled && highlight !== undefined,
  })
  const mark = useMemo(() => (highlight === undefined || data === undefined ? undefined : markIn(data, highlight)), [highlight, data])
  return { mark, error, retry: () => void refetch() }
}

export function markIn(part: Pick<TextPart, 'start' | 'text' | 'characters'>, { start, end, quote }: Highlight): Mark | null {
  const there = part.text.slice(start - part.start, end - part.start)
  if (quote.trim() === '') return there === '' ? null : { start, end: Math.min(end, part.characters) }
  if (there === quote || (there !== '' && findQuote(there, quote, { least: 0.9 }) !== undefined)) return { start, end: Math.min(end, part.characters) }
  const found = findQuote(part.text, quote, { near: (start - part.start) / Math.max(1, part.text.length) })
  return found === undefined ? null : { start: part.start + found.start, end: part.start + found.end }
}
