import { DATABASES } from '../../strings/databases.ts'
import { Badge, type Tone } from '../../ui/badge.tsx'
import { type Listed, type State, stateOf } from './database-list.ts'

const TONES: Readonly<Record<State, Tone>> = { empty: 'neutral', processing: 'accent', ready: 'good', failed: 'bad' }

/** How a database is, and what of it needs a person. */
export function StateBadge({ database }: { readonly database: Listed }) {
  const { documents } = database
  const state = stateOf(database)
  const waiting = documents.queued + documents.processing
  return (
    <span className="flex flex-wrap items-center gap-1">
      <Badge tone={TONES[state]}>{DATABASES.state[state]}</Badge>
      {waiting > 0 && <span className="text-xs text-soft tabular-nums">{DATABASES.processing(documents.total - waiting, documents.total)}</span>}
      {documents.failed > 0 && state !== 'failed' && <Badge tone="bad">{DATABASES.someFailed(documents.failed)}</Badge>}
    </span>
  )
}
