import { useQueries, useQueryClient } from '@tanstack/react-query'
import type { Reply } from 'quarry-engine/client'
import { useCallback } from 'react'
import { api, keyOf } from '../../lib/api.ts'
import { CHUNKS_PER_PAGE } from './find-ordinal.ts'

export type Chunk = Reply<'listChunks'>['chunks'][number]

const FRESH_MS = 5 * 60_000

function queryOf(database: string, document: string, page: number) {
  const input = { parameters: { database, document }, query: { offset: page * CHUNKS_PER_PAGE, limit: CHUNKS_PER_PAGE } }
  return {
    queryKey: keyOf('listChunks', input),
    queryFn: ({ signal }: { readonly signal: AbortSignal }) => api.call('listChunks', { ...input, signal }),
    staleTime: FRESH_MS,
  }
}

/** The chunks of the pages that are asked for; the first page always, as it tells how many there are. */
export function useChunks(database: string, document: string, ordinals: readonly number[]) {
  const pages = [...new Set([0, ...ordinals.map((ordinal) => Math.floor(ordinal / CHUNKS_PER_PAGE))])]
  const replies = useQueries({ queries: pages.map((page) => queryOf(database, document, page)) })
  const byPage = new Map(pages.map((page, index) => [page, replies[index]?.data]))
  const failed = replies.find(({ error, data }) => error !== null && data === undefined)
  return {
    total: byPage.get(0)?.total,
    chunk: (ordinal: number): Chunk | undefined => byPage.get(Math.floor(ordinal / CHUNKS_PER_PAGE))?.chunks[ordinal % CHUNKS_PER_PAGE],
    fault: failed?.error,
    retry: () => void failed?.refetch(),
  }
}

/** The same pages, for whoever looks for something in them. */
export function useChunkReader(database: string, document: string): (page: number) => Promise<Reply<'listChunks'>> {
  const queries = useQueryClient()
  return useCallback((page: number) => queries.fetchQuery(queryOf(database, document, page)), [queries, database, document])
}
