'use client'
import { useRef, useState } from 'react'
import { api, useCall, useSend } from '../../lib/api.ts'
import { PROFILE } from '../../strings/settings.ts'
import { Badge } from '../../ui/badge.tsx'
import { Button } from '../../ui/button.tsx'
import { Card } from '../../ui/card.tsx'
import { ErrorNote } from '../../ui/error-note.tsx'
import { SkeletonLines } from '../../ui/skeleton.tsx'
import { TimeAgo } from '../../ui/time-ago.tsx'
import { useToasts } from '../../ui/toasts.tsx'

/** Where one is signed in, and the way to end that. */
export function SessionsCard() {
  const { data, error, refetch } = useCall('listSessions', {})
  const [isEnding, setEnding] = useState(false)
  const list = useRef<HTMLUListElement>(null)
  const toasts = useToasts()
  const end = useSend('endSession', ['listSessions'])
  const others = data?.sessions.filter((session) => !session.current) ?? []

  async function endOthers() {
    setEnding(true)
    try {
      for (const { id } of others) await api.call('endSession', { parameters: { session: id } })
      toasts.say(PROFILE.endedOthers)
      list.current?.focus()
    } catch (fault) {
      toasts.fail(fault)
    } finally {
      setEnding(false)
      void refetch()
    }
  }

  return (
    <Card
      title={PROFILE.sessions}
      hint={PROFILE.sessionsHint}
      actions={
        others.length > 1 && (
          <Button small busy={isEnding} onClick={() => void endOthers()}>
            {PROFILE.endOthers}
          </Button>
        )
      }
    >
      {data === undefined && (error === null ? <SkeletonLines lines={3} /> : <ErrorNote fault={error} onRetry={() => void refetch()} />)}
      <ul ref={list} tabIndex={-1} aria-label={PROFILE.sessions} className="max-h-96 divide-y divide-line overflow-y-auto outline-none">
        {data?.sessions.map(({ id, label, current, created_at, last_seen_at }) => (
          <li key={id} className="flex items-center justify-between gap-2 py-2.5 text-sm">
            <div className="min-w-0">
              <p className="font-medium">
                {label} {current && <Badge tone="good">{PROFILE.here}</Badge>}
              </p>
              <p className="text-xs text-soft">
                {PROFILE.used} <TimeAgo at={last_seen_at} /> · {PROFILE.since} <TimeAgo at={created_at} />
              </p>
            </div>
            {!current && (
              <Button
                small
                aria-label={PROFILE.endOf(label)}
                busy={end.isPending && end.variables.parameters.session === id}
                onClick={() =>
                  end.mutate(
                    { parameters: { session: id } },
                    {
                      onSuccess: () => {
                        toasts.say(PROFILE.ended)
                        list.current?.focus()
                      },
                      onError: toasts.fail,
                    },
                  )
                }
              >
                {PROFILE.end}
              </Button>
            )}
          </li>
        ))}
      </ul>
    </Card>
  )
}
