import { useCall } from '../../lib/api.ts'
import { bytes, compactNumber, dollars, duration, number } from '../../lib/format.ts'
import { DATABASE_SETTINGS } from '../../strings/database-settings.ts'
import { Badge } from '../../ui/badge.tsx'
import { ErrorNote } from '../../ui/error-note.tsx'
import { Skeleton } from '../../ui/skeleton.tsx'
import type { Change } from './index-draft.ts'

const WORDS = DATABASE_SETTINGS.estimate

interface EstimateProps {
  readonly database: string
  /** Undefined when there is nothing to build, or not yet. */
  readonly change: Change | undefined
  readonly isTyping: boolean
  readonly isUnchanged: boolean
}

/** What a rebuild would take: told before anything is begun. */
export function Estimate({ database, change, isTyping, isUnchanged }: EstimateProps) {
  const { data, error, isFetching, refetch } = useCall(
    'estimateRebuild',
    { parameters: { database }, body: change ?? {} },
    { enabled: change !== undefined, staleTime: 30_000 },
  )
  const isOld = isTyping || isFetching
  return (
    <section aria-label={WORDS.title} className="min-h-56 rounded-lg border border-line bg-ground p-4 text-sm">
      <h3 className="mb-2 font-medium">{WORDS.title}</h3>
      <div aria-live="polite">
        {change === undefined && <p className="text-soft">{isUnchanged ? DATABASE_SETTINGS.index.unchanged : DATABASE_SETTINGS.index.sameAsLive}</p>}
        {change !== undefined && error !== null && <ErrorNote fault={error} onRetry={() => void refetch()} />}
        {change !== undefined && error === null && data === undefined && <Skeleton className="h-40" />}
        {change !== undefined && error === null && data !== undefined && (
          <dl className={`grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 gap-y-1.5 ${isOld ? 'opacity-60' : ''}`}>
            <Line name={WORDS.documents}>{number(data.documents)}</Line>
            <Line name={WORDS.chunks}>
              {WORDS.about(number(data.chunks))}
              {data.reused_chunks !== null && data.reused_chunks > 0 && <span className="text-soft">, {WORDS.reused(data.reused_chunks)}</span>}
            </Line>
            <Line name={WORDS.tokens}>{data.tokens_to_embed === 0 ? WORDS.noTokens : WORDS.about(compactNumber(data.tokens_to_embed))}</Line>
            <Line name={WORDS.cost}>
              {data.cost_usd === null ? <Badge tone="warn">{WORDS.unpriced}</Badge> : data.cost_usd === 0 ? WORDS.free : WORDS.about(dollars(data.cost_usd))}
            </Line>
            <Line name={WORDS.leaves}>{data.leaves_machine ? <Badge tone="warn">{WORDS.leavesYes}</Badge> : WORDS.leavesNo}</Line>
            <Line name={WORDS.disk}>{WORDS.about(bytes(data.bytes))}</Line>
            <Line name={WORDS.time}>{data.seconds === null ? WORDS.unmeasured : WORDS.about(duration(data.seconds))}</Line>
          </dl>
        )}
      </div>
    </section>
  )
}

function Line({ name, children }: { readonly name: string; readonly children: React.ReactNode }) {
  return (
    <>
      <dt className="text-soft">{name}</dt>
      <dd className="min-w-0">{children}</dd>
    </>
  )
}
