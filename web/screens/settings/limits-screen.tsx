'use client'
import { useCall } from '../../lib/api.ts'
import { bytes, dollars, number } from '../../lib/format.ts'
import { LIMITS } from '../../strings/settings.ts'
import { Card } from '../../ui/card.tsx'
import { ErrorNote } from '../../ui/error-note.tsx'
import { Progress } from '../../ui/progress.tsx'
import { Skeleton, SkeletonLines } from '../../ui/skeleton.tsx'
import { TimeAgo } from '../../ui/time-ago.tsx'
import { CapsForm } from './caps-form.tsx'
import { PlansCard } from './plans-card.tsx'

export function LimitsScreen() {
  const caps = useCall('spendCaps', {})
  return (
    <div className="grid gap-5">
      {caps.data === undefined && (caps.error === null ? <Skeleton className="h-64" /> : <ErrorNote fault={caps.error} onRetry={() => void caps.refetch()} />)}
      {caps.data !== undefined && <CapsForm key={`${caps.data.per_day_usd} ${caps.data.per_month_usd}`} caps={caps.data} />}
      <PlansCard />
      <MyLimits />
    </div>
  )
}

const shown = (what: keyof typeof LIMITS.what, value: number) =>
  what === 'spend_usd' ? dollars(value) : what === 'stored_bytes' ? bytes(value) : number(value)

function MyLimits() {
  const { data, error, refetch } = useCall('limits', {})
  return (
    <Card title={LIMITS.mine}>
      {data === undefined && (error === null ? <SkeletonLines lines={2} /> : <ErrorNote fault={error} onRetry={() => void refetch()} />)}
      {data?.limits.length === 0 && <p className="text-sm text-soft">{LIMITS.mineNone}</p>}
      <ul className="grid gap-4 md:grid-cols-2">
        {data?.limits.map(({ of, what, window, most, remaining, resets_at }) => {
          const label = window === null ? LIMITS.what[what] : `${LIMITS.what[what]} ${LIMITS.windows[window]}`
          const share = most === 0 ? 1 : 1 - (remaining ?? most) / most
          return (
            <li key={`${of} ${what} ${window}`} className="grid gap-1.5 text-sm">
              <p className="flex flex-wrap justify-between gap-x-3">
                <span className="font-medium">{label}</span>
                <span className="tabular-nums text-soft">
                  {remaining === null ? LIMITS.most(shown(what, most)) : LIMITS.left(shown(what, remaining), shown(what, most))}
                </span>
              </p>
              {remaining !== null && <Progress share={share} label={LIMITS.usedOf(label)} tone={share >= 0.9 ? 'bad' : 'accent'} />}
              {resets_at !== null && window !== 'minute' && (
                <p className="text-xs text-soft">
                  {LIMITS.resets} <TimeAgo at={resets_at} />
                </p>
              )}
            </li>
          )
        })}
      </ul>
    </Card>
  )
}
