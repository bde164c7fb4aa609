import type { Reply } from 'quarry-engine/client'
import { useEffect, useMemo } from 'react'
import { useCallPages } from '../../lib/api.ts'

export type Database = Reply<'listDatabases'>['databases'][number]

/** Source: as the server takes them. */
export const MOST_DATABASES = 20
/** Where the last choice is kept. */
const NAME = 'quarry-asked'
/** Up to here a newcomer asks them all. */
const FEW = 5

/** All databases of the account, page after page. */
export function useDatabases() {
  const { data, error, refetch, hasNextPage, isFetchingNextPage, fetchNextPage } = useCallPages('listDatabases', { query: { limit: 200 } })
  useEffect(() => {
    if (hasNextPage && !isFetchingNextPage && error === null) void fetchNextPage()
  }, [hasNextPage, isFetchingNextPage, error, fetchNextPage])
  const all = useMemo(() => data?.pages.flatMap(({ databases }) => databases), [data])
  return { all, isWhole: all !== undefined && !hasNextPage, error: all === undefined ? error : null, retry: () => void refetch() }
}

/** What a new chat asks at first: what the address names, else what was asked last, else the few that there are. */
export function firstChoice(all: readonly Database[], wanted: string | null): readonly string[] {
  const named = all.find(({ id, name }) => id === wanted || name === wanted)
  if (named !== undefined) return [named.id]
  const last = readLast().filter((id) => all.some((one) => one.id === id))
  if (last.length > 0) return last
  const filled = all.filter(({ chunks }) => chunks > 0)
  const some = filled.length > 0 ? filled : all
  return (some.length <= FEW ? some : some.slice(0, 1)).map(({ id }) => id)
}

function readLast(): readonly string[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(NAME) ?? '[]')
    return Array.isArray(kept) ? kept.filter((one) => typeof one === 'string') : []
  } catch {
    return [] // closed storage, or something else under this name
  }
}

export function keepLast(ids: readonly string[]): void {
  try {
    localStorage.setItem(NAME, JSON.stringify(ids))
  } catch {
    // then the choice lasts as long as the page
  }
}
