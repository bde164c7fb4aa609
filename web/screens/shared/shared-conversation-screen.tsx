'use client'
import { useQuery } from '@tanstack/react-query'
import { AppError, createClient } from 'quarry-engine/client'
import { useSyncExternalStore } from 'react'
import { dateTime } from '../../lib/format.ts'
import { SHARED } from '../../strings/shared.ts'
import { UI } from '../../strings/ui.ts'
import { EmptyState } from '../../ui/empty-state.tsx'
import { ErrorNote } from '../../ui/error-note.tsx'
import { PageHeader } from '../../ui/page-header.tsx'
import { SkeletonLines } from '../../ui/skeleton.tsx'
import { SharedMessages } from './shared-messages.tsx'
import { tokenOf } from './token.ts'

const nobody = createClient({
  address: process.env.NEXT_PUBLIC_API_URL ?? '',
  token: undefined,
  fetch: (address, init) => fetch(address, { ...init, credentials: 'omit' }),
})

const followHash = (changed: () => void) => {
  addEventListener('hashchange', changed)
  return () => removeEventListener('hashchange', changed)
}

/** A conversation as it was when its link was made, for whoever has the link. */
export function SharedConversationScreen() {
  const token = useSyncExternalStore(
    followHash,
    () => tokenOf(location.hash),
    () => null,
  )
  const { data, error, refetch } = useQuery({
    queryKey: ['openLink', token],
    queryFn: ({ signal }) => nobody.call('openLink', { body: { token: token ?? '' }, signal }),
    enabled: typeof token === 'string',
    // As it was when the link was made: it does not change. A look that fails counts.
    staleTime: Number.POSITIVE_INFINITY,
    retry: (failures, fault) => failures < 2 && fault instanceof AppError && fault.code === 'server/unreachable',
  })
  return (
    <main className="mx-auto flex min-h-dvh max-w-3xl flex-col p-4 sm:p-6">
      {data !== undefined ? (
        <>
          <PageHeader
            title={data.title}
            hint={
              <>
                {SHARED.sharedAt(dateTime(data.shared_at))} {data.expires_at !== null && SHARED.until(dateTime(data.expires_at))}
              </>
            }
          />
          {data.messages.length === 0 ? <p className="text-soft">{SHARED.empty}</p> : <SharedMessages messages={data.messages} />}
          <footer className="mt-auto border-t border-line pt-3 text-xs text-soft">{SHARED.made}</footer>
        </>
      ) : (
        <>
          <PageHeader title={SHARED.title} />
          {token === undefined ? (
            <EmptyState icon="link" title={SHARED.noToken}>
              {SHARED.noTokenHint}
            </EmptyState>
          ) : error !== null ? (
            <ErrorNote fault={error} {...(error instanceof AppError && !error.retry ? {} : { onRetry: () => void refetch() })} />
          ) : (
            <>
              <p role="status" className="sr-only">
                {UI.loading}
              </p>
              <SkeletonLines lines={5} className="h-16" />
            </>
          )}
        </>
      )}
    </main>
  )
}
