'use client'
import { useRef } from 'react'
import { useCall, useSend } from '../../lib/api.ts'
import { dateTime } from '../../lib/format.ts'
import { PEOPLE, SETTINGS } from '../../strings/settings.ts'
import { Badge } from '../../ui/badge.tsx'
import { Button } from '../../ui/button.tsx'
import { Card } from '../../ui/card.tsx'
import { ErrorNote } from '../../ui/error-note.tsx'
import { SkeletonLines } from '../../ui/skeleton.tsx'
import { TimeAgo } from '../../ui/time-ago.tsx'
import { useToasts } from '../../ui/toasts.tsx'

export function InvitationsCard() {
  const { data, error, refetch } = useCall('listInvitations', {})
  const list = useRef<HTMLUListElement>(null)
  const toasts = useToasts()
  const revoke = useSend('revokeInvitation', ['listInvitations'])
  return (
    <Card title={PEOPLE.invitations}>
      {data === undefined && (error === null ? <SkeletonLines lines={1} /> : <ErrorNote fault={error} onRetry={() => void refetch()} />)}
      {data?.invitations.length === 0 && <p className="text-sm text-soft">{PEOPLE.noInvitations}</p>}
      <ul ref={list} tabIndex={-1} aria-label={PEOPLE.invitations} className="divide-y divide-line outline-none">
        {data?.invitations.map(({ id, email, role, created_at, expires_at }) => (
          <li key={id} className="flex flex-wrap items-center justify-between gap-2 py-2.5 text-sm">
            <div className="min-w-0">
              <p className="font-medium">
                {email} <Badge>{SETTINGS.roles[role]}</Badge>
              </p>
              <p className="text-xs text-soft">
                {PEOPLE.invited} <TimeAgo at={created_at} /> · {PEOPLE.expiresAt} {dateTime(expires_at)}
              </p>
            </div>
            <Button
              small
              aria-label={PEOPLE.revokeOf(email)}
              busy={revoke.isPending && revoke.variables.parameters.invitation === id}
              onClick={() =>
                revoke.mutate(
                  { parameters: { invitation: id } },
                  {
                    onSuccess: () => {
                      toasts.say(PEOPLE.revoked(email))
                      list.current?.focus()
                    },
                    onError: toasts.fail,
                  },
                )
              }
            >
              {PEOPLE.revoke}
            </Button>
          </li>
        ))}
      </ul>
    </Card>
  )
}
