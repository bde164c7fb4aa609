'use client'
import Link from 'next/link'
import { bytes, compactNumber, count, number } from '../../lib/format.ts'
import { PAGES } from '../../lib/pages.ts'
import { DASHBOARD } from '../../strings/dashboard.ts'
import { Badge } from '../../ui/badge.tsx'
import { ButtonLink } from '../../ui/button.tsx'
import { Card } from '../../ui/card.tsx'
import { Icon } from '../../ui/icon.tsx'
import { TimeAgo } from '../../ui/time-ago.tsx'
import { byActivity, type Database } from './work.ts'

const SHOWN = 8
const WORDS = DASHBOARD.databases
const HEAD = 'px-3 py-2 text-left text-xs font-medium text-soft'
const sum = (databases: readonly Database[], amount: (database: Database) => number) => databases.reduce((all, database) => all + amount(database), 0)

/** The databases that were used last, each with what needs a person. */
export function DatabasesCard({ databases, isAll }: { readonly databases: readonly Database[]; readonly isAll: boolean }) {
  const sums = WORDS.sums(
    count(databases.length, WORDS.database, WORDS.databases),
    count(
      sum(databases, ({ documents }) => documents.total),
      WORDS.document,
      WORDS.documents,
    ),
    bytes(sum(databases, (database) => database.bytes)),
  )
  return (
    <Card
      title={WORDS.title}
      hint={isAll ? sums : undefined}
      actions={
        (databases.length > SHOWN || !isAll) && (
          <ButtonLink small icon="database" href={PAGES.databases}>
            {WORDS.all(isAll ? number(databases.length) : '')}
          </ButtonLink>
        )
      }
    >
      <div className="-mx-4 overflow-x-auto sm:-mx-5">
        <table className="w-full text-sm">
          <caption className="sr-only">{WORDS.title}</caption>
          <thead className="border-b border-line">
            <tr>
              <th scope="col" className={`${HEAD} pl-4 sm:pl-5`}>
                {WORDS.name}
              </th>
              <th scope="col" className={HEAD}>
                {WORDS.holds}
              </th>
              <th scope="col" className={`${HEAD} hidden text-right sm:table-cell`}>
                {WORDS.chunks}
              </th>
              <th scope="col" className={`${HEAD} hidden text-right sm:table-cell`}>
                {WORDS.size}
              </th>
              <th scope="col" className={`${HEAD} hidden lg:table-cell`}>
                {WORDS.search}
              </th>
              <th scope="col" className={`${HEAD} hidden sm:table-cell sm:pr-5`}>
                {WORDS.activity}
              </th>
            </tr>
          </thead>
          <tbody className="divide-y divide-line">
            {byActivity(databases)
              .slice(0, SHOWN)
              .map((database) => (
                <Row key={database.id} database={database} />
              ))}
          </tbody>
        </table>
      </div>
    </Card>
  )
}

function Row({ database }: { readonly database: Database }) {
  const { id, name, documents, chunks, mode, model, last_activity_at } = database
  return (
    <tr className="hover:bg-sunken">
      <th scope="row" className="w-3/5 max-w-0 py-2.5 pl-4 pr-3 text-left font-normal sm:w-2/5 sm:pl-5">
        <Link href={PAGES.database(id)} className="block truncate font-medium text-accent hover:underline" title={name}>
          {name}
        </Link>
        <span className="block truncate text-xs text-soft sm:hidden">
          {bytes(database.bytes)} · <TimeAgo at={last_activity_at} />
        </span>
        <span className="hidden truncate text-xs text-soft sm:block">{database.description}</span>
      </th>
      <td className="px-3 py-2.5 tabular-nums">
        {documents.total === 0 ? (
          <span className="text-soft">{WORDS.empty}</span>
        ) : documents.ready === documents.total ? (
          number(documents.total)
        ) : (
          WORDS.of(number(documents.ready), number(documents.total))
        )}
        {documents.failed > 0 && (
          <Link href={`${PAGES.database(id)}?state=failed`} className="mt-0.5 flex min-h-6 items-center gap-1 text-xs text-bad underline">
            <Icon name="warning" className="size-3.5" />
            {WORDS.failed(number(documents.failed))}
          </Link>
        )}
      </td>
      <td className="hidden px-3 py-2.5 text-right tabular-nums sm:table-cell">{compactNumber(chunks)}</td>
      <td className="hidden whitespace-nowrap px-3 py-2.5 text-right tabular-nums sm:table-cell">{bytes(database.bytes)}</td>
      <td className="hidden px-3 py-2.5 lg:table-cell">
        <Badge tone={mode === 'hybrid' ? 'accent' : 'neutral'}>{WORDS[mode]}</Badge>
        {model !== null && <span className="mt-0.5 block max-w-52 truncate font-mono text-xs text-soft">{model}</span>}
      </td>
      <td className="hidden px-3 py-2.5 text-soft sm:table-cell sm:pr-5">
        <TimeAgo at={last_activity_at} />
      </td>
    </tr>
  )
}
