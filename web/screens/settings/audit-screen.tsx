'use client'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useDeferredValue, useId, useMemo, useState } from 'react'
import { api, keyOf, useCall } from '../../lib/api.ts'
import { number } from '../../lib/format.ts'
import { AUDIT } from '../../strings/settings.ts'
import { Button } from '../../ui/button.tsx'
import { Card } from '../../ui/card.tsx'
import { ErrorNote } from '../../ui/error-note.tsx'
import { TextField } from '../../ui/field.tsx'
import { Icon } from '../../ui/icon.tsx'
import { SkeletonLines } from '../../ui/skeleton.tsx'
import { AuditTable } from './audit-table.tsx'
import { whoIs } from './people.ts'

const PAGE = 50

/** Who did what: filtered, page by page, and whether the chain of entries is whole. */
export function AuditScreen() {
  const [action, setAction] = useState('')
  const [actor, setActor] = useState('')
  const actions = useId()
  const check = useCall('checkAudit', {}, { enabled: false })
  const asked = useDeferredValue({ ...(action.trim() === '' ? {} : { action: action.trim() }), ...(actor.trim() === '' ? {} : { actor: actor.trim() }) })
  // Its pages go by `before`, not by a cursor as all other lists do.
  const found = useInfiniteQuery({
    queryKey: keyOf('audit', asked),
    initialPageParam: undefined as number | undefined,
    queryFn: ({ pageParam, signal }) =>
      api.call('audit', { query: { ...asked, limit: PAGE, ...(pageParam === undefined ? {} : { before: pageParam }) }, signal }),
    getNextPageParam: (last) => last.next_before ?? undefined,
    placeholderData: (before) => before,
  })
  const people = useCall('listUsers', { query: { limit: 200 } })
  const names = useMemo(() => new Map(people.data?.users.map((user) => [user.id, whoIs(user)])), [people.data])
  const entries = found.data?.pages.flatMap((page) => page.entries)
  const seen = [...new Set(entries?.map((entry) => entry.action))].toSorted()
  return (
    <Card
      title={AUDIT.title}
      hint={AUDIT.hint}
      actions={
        <Button icon="shield" busy={check.isFetching} onClick={() => void check.refetch()}>
          {AUDIT.check}
        </Button>
      }
    >
      <ChainState check={check} />
      <div className="mb-4 flex flex-wrap items-end gap-3">
        <div className="w-full sm:w-56">
          <TextField
            label={AUDIT.action}
            placeholder={AUDIT.anyAction}
            list={actions}
            maxLength={100}
            value={action}
            onChange={(event) => setAction(event.target.value)}
          />
        </div>
        <div className="w-full sm:w-72">
          <TextField label={AUDIT.actor} placeholder={AUDIT.anyActor} maxLength={200} value={actor} onChange={(event) => setActor(event.target.value)} />
        </div>
        <datalist id={actions}>
          {seen.map((one) => (
            <option key={one} value={one} />
          ))}
        </datalist>
        {(action !== '' || actor !== '') && (
          <Button
            look="quiet"
            icon="close"
            onClick={() => {
              setAction('')
              setActor('')
            }}
          >
            {AUDIT.clear}
          </Button>
        )}
      </div>
      {found.error !== null && <ErrorNote fault={found.error} onRetry={() => void found.refetch()} />}
      {entries === undefined && found.error === null && <SkeletonLines lines={8} />}
      {entries?.length === 0 && <p className="py-4 text-sm text-soft">{AUDIT.none}</p>}
      {entries !== undefined && entries.length > 0 && <AuditTable entries={entries} names={names} onAction={setAction} onActor={setActor} />}
      {found.hasNextPage && (
        <Button className="mt-3" busy={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>
          {AUDIT.more}
        </Button>
      )}
    </Card>
  )
}

type Check = ReturnType<typeof useCall<'checkAudit'>>

function ChainState({ check }: { readonly check: Check }) {
  return (
    <div role="status" className="text-sm">
      {check.error !== null && <ErrorNote fault={check.error} />}
      {check.data !== undefined && !check.isFetching && (
        <p className={`mb-4 flex items-center gap-2 rounded-lg p-3 ${check.data.sound ? 'bg-good-soft text-good' : 'bg-bad-soft text-bad'}`}>
          <Icon name={check.data.sound ? 'check' : 'warning'} className="size-4" />
          {check.data.sound ? AUDIT.sound : AUDIT.broken(number(check.data.first_fault ?? 0))}
        </p>
      )}
    </div>
  )
}
