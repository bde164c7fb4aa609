import type { Reply } from 'quarry-engine/client'
import { useCall } from '../../lib/api.ts'
import { bytes, dateTime, dollars, number } from '../../lib/format.ts'
import { DATABASE_USAGE } from '../../strings/database-usage.ts'
import { Card } from '../../ui/card.tsx'
import { ErrorNote } from '../../ui/error-note.tsx'
import { Progress } from '../../ui/progress.tsx'
import { SkeletonLines } from '../../ui/skeleton.tsx'

const WORDS = DATABASE_USAGE.limits
type Limit = Reply<'limits'>['limits'][number]

const shown = ({ what }: Limit, value: number): string => (what === 'stored_bytes' ? bytes(value) : what === 'spend_usd' ? dollars(value) : number(value))
const nameOf = ({ what, window }: Limit): string => [WORDS.whats[what], ...(window === null ? [] : [WORDS.windows[window]])].join(' ')

/** The limits of whoever looks, with what is left. */
export function LimitsCard() {
  const { data, error, refetch } = useCall('limits', {})
  return (
    <Card title={WORDS.title} hint={WORDS.hint}>
      {error !== null && data === undefined && <ErrorNote fault={error} onRetry={() => void refetch()} />}
      {error === null && data === undefined && <SkeletonLines lines={3} className="h-9" />}
      {data?.limits.length === 0 && <p className="text-sm text-soft">{WORDS.none}</p>}
      {data !== undefined && data.limits.length > 0 && (
        <ul aria-label={WORDS.caption} className="grid gap-3 text-sm">
          {data.limits.map((limit) => {
            const { of, what, window, most, remaining, resets_at } = limit
            const share = remaining === null || most === 0 ? 0 : remaining / most
            return (
              <li key={`${of}/${what}/${window}`}>
                <div className="mb-1 flex flex-wrap justify-between gap-x-3">
                  <span>{nameOf(limit)}</span>
                  <span className="text-soft tabular-nums" title={resets_at === null ? undefined : `${WORDS.renewed} ${dateTime(resets_at)}`}>
                    {remaining === null ? WORDS.unknown(shown(limit, most)) : WORDS.of(shown(limit, remaining), shown(limit, most))}
                  </span>
                </div>
                {remaining !== null && <Progress label={nameOf(limit)} share={share} tone={share < 0.1 ? 'bad' : share < 0.25 ? 'warn' : 'accent'} />}
              </li>
            )
          })}
        </ul>
      )}
    </Card>
  )
}
