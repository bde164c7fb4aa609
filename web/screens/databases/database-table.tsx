import Link from 'next/link'
import { bytes, number } from '../../lib/format.ts'
import { PAGES } from '../../lib/pages.ts'
import { DATABASES } from '../../strings/databases.ts'
import { Badge } from '../../ui/badge.tsx'
import { Icon } from '../../ui/icon.tsx'
import { Menu, type MenuEntry } from '../../ui/menu.tsx'
import { TimeAgo } from '../../ui/time-ago.tsx'
import type { Column, Listed, Order } from './database-list.ts'
import { StateBadge } from './state-badge.tsx'

interface DatabaseTableProps {
  readonly databases: readonly Listed[]
  readonly order: Order
  readonly onSort: (column: Column) => void
  readonly entriesOf: (database: Listed) => readonly MenuEntry[]
}

const HEAD = 'px-3 py-2 text-left text-xs font-medium text-soft'
const CELL = 'px-3 py-3 align-top'
const WIDE = 'hidden lg:table-cell'
const MIDDLE = 'hidden sm:table-cell'

/** On phones each row tells its facts under the name; wider windows give them columns. */
export function DatabaseTable({ databases, order, onSort, entriesOf }: DatabaseTableProps) {
  const column = (by: Column, look: string) => (
    <th scope="col" className={`${HEAD} ${look}`} aria-sort={order.by === by ? (order.ascending ? 'ascending' : 'descending') : undefined}>
      <button type="button" onClick={() => onSort(by)} className="-mx-1.5 inline-flex min-h-6 items-center gap-1 rounded px-1.5 hover:text-ink">
        {DATABASES.sortBy[by]}
        <Icon name={order.ascending ? 'up' : 'down'} className={`size-3.5 ${order.by === by ? '' : 'invisible'}`} />
      </button>
    </th>
  )
  return (
    <div className="rounded-xl border border-line bg-surface">
      <table className="w-full table-fixed text-sm">
        <caption className="sr-only">{DATABASES.title}</caption>
        <thead className="border-b border-line">
          <tr>
            {column('name', '')}
            <th scope="col" className={`${HEAD} ${MIDDLE} w-40`}>
              {DATABASES.column.state}
            </th>
            {column('documents', `${MIDDLE} w-28`)}
            {column('size', `${MIDDLE} w-24`)}
            <th scope="col" className={`${HEAD} ${WIDE} w-44`}>
              {DATABASES.column.mode}
            </th>
            {column('activity', `${WIDE} w-36`)}
            <th scope="col" className="w-14">
              <span className="sr-only">{DATABASES.column.actions}</span>
            </th>
          </tr>
        </thead>
        <tbody className="divide-y divide-line">
          {databases.map((database) => (
            <Row key={database.id} database={database} entries={entriesOf(database)} />
          ))}
        </tbody>
      </table>
    </div>
  )
}

function Row({ database, entries }: { readonly database: Listed; readonly entries: readonly MenuEntry[] }) {
  const { id, name, description, documents, mode, model, access, last_activity_at: active } = database
  const shared = DATABASES.shared[access]
  return (
    <tr className="hover:bg-sunken">
      <th scope="row" className={`${CELL} text-left font-normal`}>
        <Link href={PAGES.database(id)} className="font-medium text-accent hover:underline">
          {name}
        </Link>
        {description !== null && description !== '' && <span className="mt-0.5 line-clamp-2 text-xs text-soft">{description}</span>}
        {shared !== '' && <span className="mt-0.5 block text-xs text-soft">{shared}</span>}
        <span className="mt-1.5 grid gap-1 text-xs text-soft sm:hidden">
          <StateBadge database={database} />
          <span>{DATABASES.facts(documents.total, database.bytes)}</span>
          <TimeAgo at={active} />
        </span>
      </th>
      <td className={`${CELL} ${MIDDLE}`}>
        <StateBadge database={database} />
      </td>
      <td className={`${CELL} ${MIDDLE} tabular-nums`}>{number(documents.total)}</td>
      <td className={`${CELL} ${MIDDLE} tabular-nums`}>{bytes(database.bytes)}</td>
      <td className={`${CELL} ${WIDE}`}>
        <Badge tone={mode === 'hybrid' ? 'accent' : 'neutral'}>{DATABASES.mode[mode]}</Badge>
        {model !== null && (
          <span className="mt-0.5 block truncate font-mono text-xs text-soft" title={model}>
            {model}
          </span>
        )}
      </td>
      <td className={`${CELL} ${WIDE} text-soft`}>
        <TimeAgo at={active} />
      </td>
      <td className="px-1 py-1.5 text-right align-top">
        <Menu label={DATABASES.more(name)} entries={entries} />
      </td>
    </tr>
  )
}
