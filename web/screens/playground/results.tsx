import type { Reply } from 'quarry-engine/client'
import { duration } from '../../lib/format.ts'
import { movesOf } from '../../lib/hit-moves.ts'
import { PLAYGROUND } from '../../strings/playground.ts'
import { Badge } from '../../ui/badge.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { ErrorNote } from '../../ui/error-note.tsx'
import { SkeletonLines } from '../../ui/skeleton.tsx'
import { Hit } from './hit.tsx'
import { bestScores } from './scores.tsx'
import { filterFaultOf } from './search-call.ts'
import type { Version } from './versions.ts'

type Found = Reply<'query'>

interface ResultsProps {
  readonly found: Found | undefined
  readonly fault: unknown
  readonly isBusy: boolean
  readonly isFiltered: boolean
  readonly versions: readonly Version[]
  /** The list that this one is compared with. */
  readonly before?: Found | undefined
  /** Half of the window at most. */
  readonly isNarrow?: boolean
  readonly onRetry: () => void
}

/** The passages of one search, with what the search says of itself. */
export function Results({ found, fault, isBusy, isFiltered, versions, before, isNarrow = false, onRetry }: ResultsProps) {
  if (fault !== null && fault !== undefined) return filterFaultOf(fault) === undefined ? <ErrorNote fault={fault} onRetry={onRetry} /> : null
  if (found === undefined) return <SkeletonLines lines={3} className="h-44" />
  const best = bestScores(found.results)
  const moves = before === undefined ? undefined : movesOf(before.results, found.results)
  return (
    <div aria-busy={isBusy} className={isBusy ? 'opacity-60' : undefined}>
      <h2 className="sr-only">{PLAYGROUND.results}</h2>
      <Facts found={found} versions={versions} />
      {found.results.length === 0 ? (
        <EmptyState icon="search" title={PLAYGROUND.nothingTitle}>
          {isFiltered ? PLAYGROUND.nothingFiltered : PLAYGROUND.nothingPlain}
        </EmptyState>
      ) : (
        <ol className="grid grid-cols-[minmax(0,1fr)] gap-3">
          {found.results.map((passage, index) => (
            <li key={passage.chunk_id}>
              <Hit passage={passage} rank={index + 1} best={best} move={moves?.[index]} isHybrid={found.mode === 'hybrid'} isNarrow={isNarrow} />
            </li>
          ))}
        </ol>
      )}
    </div>
  )
}

function Facts({ found, versions }: { readonly found: Found; readonly versions: readonly Version[] }) {
  const version = versions.find(({ id }) => id === found.version_id)
  return (
    <div className="mb-3 grid gap-2">
      <div className="flex flex-wrap items-center gap-2 text-sm">
        <p role="status" className="mr-auto font-medium">
          {PLAYGROUND.found(found.results.length, duration(found.took_ms / 1000))}
        </p>
        <Badge tone="accent">{PLAYGROUND.modes[found.mode]}</Badge>
        {found.model !== null && <Badge>{found.model}</Badge>}
        {version !== undefined && <Badge>{PLAYGROUND.versionTag(version.ordinal, version.state === 'live')}</Badge>}
      </div>
      {found.degraded !== null && (
        <p className="rounded-lg bg-warn-soft px-3 py-2 text-sm text-warn">
          <b className="font-medium">{PLAYGROUND.degraded}</b> {found.degraded}
        </p>
      )}
    </div>
  )
}
