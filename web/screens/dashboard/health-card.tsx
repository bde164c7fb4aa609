'use client'
import type { Reply } from 'quarry-engine/client'
import { useCall } from '../../lib/api.ts'
import { bytes, duration, number } from '../../lib/format.ts'
import { DASHBOARD } from '../../strings/dashboard.ts'
import { Badge, type Tone } from '../../ui/badge.tsx'
import { Card } from '../../ui/card.tsx'
import { ErrorNote } from '../../ui/error-note.tsx'
import { Skeleton } from '../../ui/skeleton.tsx'
import { TimeAgo } from '../../ui/time-ago.tsx'

type Part = Reply<'serverParts'>['parts'][number]
const ASK_MS = 30_000
const WORDS = DASHBOARD.health
const TONES: Readonly<Record<Part['state'], Tone>> = { ok: 'good', degraded: 'warn', down: 'bad' }

/** How the server is, for its owners: what does not work first, all else behind a line. */
export function HealthCard() {
  const { data, error, refetch } = useCall('serverParts', {}, { refetchInterval: ASK_MS })
  if (data === undefined)
    return <Card title={WORDS.title}>{error === null ? <Skeleton className="h-24" /> : <ErrorNote fault={error} onRetry={() => void refetch()} />}</Card>
  const ill = data.parts.filter((part) => part.state !== 'ok')
  return (
    <Card
      title={WORDS.title}
      hint={WORDS.facts(data.version, duration(data.uptime_seconds), bytes(data.memory.rss_bytes))}
      actions={<Badge tone={TONES[data.state]}>{WORDS.states[data.state]}</Badge>}
    >
      {ill.length === 0 ? <p className="text-sm">{WORDS.allOk}</p> : <Parts parts={ill} />}
      <details className="mt-3">
        <summary className="w-fit rounded py-1 text-sm text-soft underline hover:text-ink">{WORDS.parts(number(data.parts.length))}</summary>
        <div className="mt-2">
          <Parts parts={data.parts} />
        </div>
      </details>
    </Card>
  )
}

function Parts({ parts }: { readonly parts: readonly Part[] }) {
  return (
    <ul className="divide-y divide-line text-sm">
      {parts.map(({ name, about, state, says, hint, last_error }) => (
        <li key={name} className="grid gap-x-4 py-2 sm:grid-cols-[13rem_minmax(0,1fr)_auto]">
          <p className="font-medium">
            {WORDS.names[name]}
            {about !== null && <span className="block font-mono text-xs font-normal text-soft">{about}</span>}
          </p>
          <div>
            <p>{says}</p>
            {hint !== null && <p className="text-soft">{hint}</p>}
            {last_error !== null && (
              <p className="text-xs text-soft">
                {WORDS.lastError} <TimeAgo at={last_error.at} />: {last_error.error.message}
              </p>
            )}
          </div>
          <div>
            <Badge tone={TONES[state]}>{WORDS.states[state]}</Badge>
          </div>
        </li>
      ))}
    </ul>
  )
}
