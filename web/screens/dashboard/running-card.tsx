'use client'
import Link from 'next/link'
import { useCall } from '../../lib/api.ts'
import { count, number } from '../../lib/format.ts'
import { PAGES } from '../../lib/pages.ts'
import { DASHBOARD } from '../../strings/dashboard.ts'
import { Card } from '../../ui/card.tsx'
import { Progress } from '../../ui/progress.tsx'
import { type Database, type Job, shareDone, throughOf } from './work.ts'

const SHOWN = 6
const ASK_MS = 2000
const WORDS = DASHBOARD.running

/** Databases that are worked on, with how far they are; nothing when all is at rest. */
export function RunningCard({ databases }: { readonly databases: readonly Database[] }) {
  const { data } = useCall('listJobs', { query: { state: 'running', limit: 100 } }, { enabled: databases.length > 0, refetchInterval: ASK_MS })
  if (databases.length === 0) return null
  const jobs = data?.jobs ?? []
  return (
    <Card title={WORDS.title}>
      <ul className="grid gap-4">
        {databases.slice(0, SHOWN).map((database) => (
          <Work key={database.id} database={database} running={jobs.filter((job) => job.database_id === database.id)} />
        ))}
      </ul>
    </Card>
  )
}

function Work({ database, running }: { readonly database: Database; readonly running: readonly Job[] }) {
  const { documents, jobs, name, id } = database
  const share = shareDone(documents, running)
  const [first] = running
  const through = throughOf(documents)
  return (
    <li className="grid gap-1.5 text-sm">
      <div className="flex flex-wrap items-baseline justify-between gap-x-3">
        <Link href={PAGES.database(id)} className="font-medium text-accent hover:underline">
          {name}
        </Link>
        <span className="text-xs tabular-nums text-soft">
          {through < documents.total ? WORDS.through(number(through), number(documents.total)) : first !== undefined && WORDS.kinds[first.kind]}
        </span>
      </div>
      <Progress share={share ?? 0} label={WORDS.progressOf(name)} />
      <p className="flex flex-wrap gap-x-3 text-xs tabular-nums text-soft">
        {first !== undefined && (
          <span>
            {WORDS.stages[first.stage]}
            {first.total > 0 && ` ${WORDS.of(number(first.done), number(first.total))}`}
          </span>
        )}
        {jobs.queued > 0 && <span>{WORDS.waiting(count(jobs.queued, WORDS.job, WORDS.jobs))}</span>}
      </p>
    </li>
  )
}
