'use client'
import { useCallPages } from '../../lib/api.ts'
import { ErrorNote } from '../../ui/error-note.tsx'
import { SkeletonLines } from '../../ui/skeleton.tsx'
import { useDatabase } from '../databases/database-context.ts'
import { GoldenCard } from './golden-card.tsx'
import { RunCard } from './run-card.tsx'

/** The questions by which a database is measured, and what they tell. */
export function EvaluationScreen() {
  const { id } = useDatabase()
  const list = useCallPages('listGolden', { parameters: { database: id }, query: { limit: 50 } })
  const cases = list.data?.pages.flatMap((page) => page.cases)
  if (cases === undefined) {
    return list.error === null ? <SkeletonLines lines={6} /> : <ErrorNote fault={list.error} onRetry={() => void list.refetch()} />
  }
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-5">
      {cases.length > 0 && <RunCard />}
      <GoldenCard cases={cases} hasMore={list.hasNextPage} isLoading={list.isFetchingNextPage} onMore={() => void list.fetchNextPage()} />
    </div>
  )
}
