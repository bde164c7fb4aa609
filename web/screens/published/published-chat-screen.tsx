'use client'
import { useQuery } from '@tanstack/react-query'
import { AppError } from 'quarry-engine/client'
import { useIdAfter } from '../../lib/location.ts'
import { PUBLISHED } from '../../strings/published.ts'
import { UI } from '../../strings/ui.ts'
import { ErrorNote } from '../../ui/error-note.tsx'
import { SkeletonLines } from '../../ui/skeleton.tsx'
import { PublishedChat } from './published-chat.tsx'
import { visitorClient } from './visitor-client.ts'

/** A chat that was opened to strangers: alone, or in a frame on somebody's page. */
export function PublishedChatScreen() {
  const publication = useIdAfter('embed')
  const { data, error, refetch } = useQuery({
    queryKey: ['publicChat', publication],
    queryFn: ({ signal }) => visitorClient(undefined).call('publicChat', { parameters: { publication: publication ?? '' }, signal }),
    enabled: publication !== undefined,
    staleTime: 60_000,
  })
  if (data !== undefined && publication !== undefined) return <PublishedChat key={publication} publication={publication} chat={data} />
  return (
    <main className="mx-auto grid max-w-3xl gap-4 p-4">
      <h1 className={error === null ? 'sr-only' : 'text-lg font-semibold'}>{error === null ? PUBLISHED.title : PUBLISHED.closedTitle}</h1>
      {error instanceof AppError && error.code === 'publication/not-found' ? (
        <p>{PUBLISHED.closedHint}</p>
      ) : error !== null ? (
        <ErrorNote fault={error} onRetry={() => void refetch()} />
      ) : (
        <>
          <p role="status" className="sr-only">
            {UI.loading}
          </p>
          <SkeletonLines lines={4} className="h-16" />
        </>
      )}
    </main>
  )
}
