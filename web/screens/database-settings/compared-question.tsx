import Link from 'next/link'
import type { Reply } from 'quarry-engine/client'
import { useCall } from '../../lib/api.ts'
import { score } from '../../lib/format.ts'
import { type Move, movesOf } from '../../lib/hit-moves.ts'
import { PAGES } from '../../lib/pages.ts'
import { DATABASE_SETTINGS } from '../../strings/database-settings.ts'
import { PLAYGROUND } from '../../strings/playground.ts'
import { Badge } from '../../ui/badge.tsx'
import { IconButton } from '../../ui/button.tsx'
import { ErrorNote } from '../../ui/error-note.tsx'
import { Skeleton } from '../../ui/skeleton.tsx'
import type { Version } from './index-work.ts'

const WORDS = DATABASE_SETTINGS.compare
type Passage = Reply<'query'>['results'][number]

interface ComparedQuestionProps {
  readonly database: string
  readonly question: string
  readonly other: Version
  readonly onRemove: () => void
}

export function ComparedQuestion({ database, question, other, onRemove }: ComparedQuestionProps) {
  const once = { staleTime: Number.POSITIVE_INFINITY }
  const live = useCall('query', { parameters: { database }, body: { query: question } }, once)
  const changed = useCall('query', { parameters: { database }, body: { query: question, version: other.id } }, once)
  const fault = live.error ?? changed.error
  const moves = live.data === undefined || changed.data === undefined ? undefined : movesOf(live.data.results, changed.data.results)
  const search = new URLSearchParams({ q: question, against: other.id })
  return (
    <article aria-label={question} className="rounded-lg border border-line p-3">
      <div className="flex items-start justify-between gap-2">
        <div className="min-w-0">
          <h3 className="text-sm font-medium">{question}</h3>
          <p role="status" className="min-h-4 text-xs text-soft">
            {moves !== undefined && told(moves, live.data?.results.length ?? 0)}
          </p>
        </div>
        <IconButton icon="close" label={WORDS.remove(question)} onClick={onRemove} />
      </div>
      {fault !== null && (
        <ErrorNote
          fault={fault}
          onRetry={() => {
            void live.refetch()
            void changed.refetch()
          }}
        />
      )}
      {fault === null && moves === undefined && <Skeleton className="mt-2 h-32" />}
      {moves !== undefined && (
        <>
          <div className="mt-2 grid grid-cols-[minmax(0,1fr)] gap-3 md:grid-cols-[minmax(0,1fr)_minmax(0,1fr)]">
            <Ranked title={WORDS.live} passages={live.data?.results ?? []} />
            <Ranked title={WORDS.candidate(other.ordinal)} passages={changed.data?.results ?? []} moves={moves} />
          </div>
          <Link href={`${PAGES.playground(database)}?${search}`} className="mt-2 inline-flex min-h-6 items-center rounded text-xs text-accent hover:underline">
            {WORDS.playground}
          </Link>
        </>
      )}
    </article>
  )
}

function told(moves: readonly Move[], before: number): string {
  const same = moves.filter((move) => move.before === move.rank).length
  const fresh = moves.filter((move) => move.before === undefined).length
  return same === moves.length && moves.length === before ? WORDS.unchanged : WORDS.changed(same, moves.length - same - fresh, fresh)
}

function Ranked({ title, passages, moves }: { readonly title: string; readonly passages: readonly Passage[]; readonly moves?: readonly Move[] }) {
  return (
    <section aria-label={title} className="min-w-0 rounded-lg bg-ground p-3">
      <h4 className="mb-1 text-xs font-medium text-soft">{title}</h4>
      {passages.length === 0 && <p className="text-sm text-soft">{WORDS.nothing}</p>}
      <ol className="grid grid-cols-[minmax(0,1fr)] gap-2 text-sm">
        {passages.map((passage, index) => (
          <li key={passage.chunk_id}>
            <div className="flex items-baseline gap-2">
              <span className="shrink-0 text-xs text-soft tabular-nums">{index + 1}</span>
              <span className="min-w-0 grow truncate font-medium" title={passage.name}>
                {[passage.title ?? passage.name, ...passage.heading_path.slice(-1)].join(' › ')}
              </span>
              {moves !== undefined && <Moved move={moves[index]} />}
              <span className="shrink-0 whitespace-nowrap text-xs text-soft tabular-nums">{score(passage.score)}</span>
            </div>
            <p className="line-clamp-2 pl-4 text-xs text-soft">{passage.text}</p>
          </li>
        ))}
      </ol>
    </section>
  )
}

function Moved({ move }: { readonly move: Move | undefined }) {
  const words = PLAYGROUND.hit.moved
  if (move === undefined || move.before === move.rank) return null
  if (move.before === undefined) return <Badge tone="accent">{words.fresh}</Badge>
  const by = move.before - move.rank
  return <Badge tone={by > 0 ? 'good' : 'warn'}>{by > 0 ? words.up(by) : words.down(-by)}</Badge>
}
