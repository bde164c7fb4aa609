'use client'
import dynamic from 'next/dynamic'
import { useDeferredValue, useState } from 'react'
import { useCallPages } from '../../lib/api.ts'
import { PEOPLE } from '../../strings/settings.ts'
import { Button } from '../../ui/button.tsx'
import { Card } from '../../ui/card.tsx'
import { ErrorNote } from '../../ui/error-note.tsx'
import { TextField } from '../../ui/field.tsx'
import { SkeletonLines } from '../../ui/skeleton.tsx'
import { InvitationsCard } from './invitations-card.tsx'
import { PeopleTable } from './people-table.tsx'

const InviteDialog = dynamic(() => import('./invite-dialog.tsx').then((file) => file.InviteDialog))

export function PeopleScreen() {
  const [search, setSearch] = useState('')
  const [isInviting, setInviting] = useState(false)
  const asked = useDeferredValue(search.trim())
  const found = useCallPages('listUsers', { query: { limit: 50, ...(asked === '' ? {} : { search: asked }) } })
  const users = found.data?.pages.flatMap((page) => page.users)
  return (
    <div className="grid gap-5">
      <Card
        title={PEOPLE.title}
        actions={
          <Button look="primary" icon="plus" onClick={() => setInviting(true)}>
            {PEOPLE.invite}
          </Button>
        }
      >
        <div className="mb-3 max-w-sm">
          <TextField
            label={PEOPLE.search}
            labelHidden
            type="search"
            maxLength={200}
            placeholder={PEOPLE.searchHint}
            value={search}
            onChange={(event) => setSearch(event.target.value)}
          />
        </div>
        {found.error !== null && <ErrorNote fault={found.error} onRetry={() => void found.refetch()} />}
        {users === undefined && found.error === null && <SkeletonLines lines={4} className="h-12" />}
        {users?.length === 0 && <p className="py-4 text-sm text-soft">{PEOPLE.none}</p>}
        {users !== undefined && users.length > 0 && <PeopleTable users={users} />}
        {found.hasNextPage && (
          <Button className="mt-3" busy={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>
            {PEOPLE.moreUsers}
          </Button>
        )}
      </Card>
      <InvitationsCard />
      {isInviting && <InviteDialog onClose={() => setInviting(false)} />}
    </div>
  )
}
