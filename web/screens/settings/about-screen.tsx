'use client'
import { useDeferredValue, useState } from 'react'
import { API_ADDRESS, useCall } from '../../lib/api.ts'
import { count } from '../../lib/format.ts'
import { ABOUT } from '../../strings/settings.ts'
import { Card } from '../../ui/card.tsx'
import { ErrorNote } from '../../ui/error-note.tsx'
import { TextField } from '../../ui/field.tsx'
import { Icon } from '../../ui/icon.tsx'
import { Skeleton } from '../../ui/skeleton.tsx'
import { CELL, HEAD } from './table.tsx'

const LINKS = [
  { href: `${API_ADDRESS}/api/docs`, label: ABOUT.apiReference },
  { href: `${API_ADDRESS}/api/openapi.json`, label: ABOUT.openApi },
]

export function AboutScreen() {
  const { data, error, refetch } = useCall('about', {}, { staleTime: Number.POSITIVE_INFINITY })
  const [search, setSearch] = useState('')
  const asked = useDeferredValue(search.trim().toLowerCase())
  if (data === undefined) return error === null ? <Skeleton className="h-96" /> : <ErrorNote fault={error} onRetry={() => void refetch()} />
  const found = data.packages.filter(({ name, license }) => `${name} ${license ?? ''}`.toLowerCase().includes(asked))
  const facts = [
    { term: ABOUT.version, value: data.version },
    { term: ABOUT.license, value: data.license },
    { term: ABOUT.node, value: data.node },
  ]
  return (
    <div className="grid gap-5">
      <Card title={ABOUT.product}>
        <dl className="grid gap-x-6 gap-y-2 text-sm sm:grid-cols-3">
          {facts.map(({ term, value }) => (
            <div key={term}>
              <dt className="text-xs text-soft">{term}</dt>
              <dd className="font-medium">{value}</dd>
            </div>
          ))}
        </dl>
        <ul className="mt-4 flex flex-wrap gap-x-5 gap-y-1 text-sm">
          {LINKS.map(({ href, label }) => (
            <li key={href}>
              <a href={href} className="inline-flex min-h-6 items-center gap-1.5 text-accent underline">
                <Icon name="external" className="size-4" />
                {label}
              </a>
            </li>
          ))}
        </ul>
      </Card>
      <Card title={ABOUT.packages} hint={ABOUT.packagesHint(count(data.packages.length, ABOUT.package, ABOUT.packagesWord))}>
        <div className="mb-3 max-w-sm">
          <TextField
            label={ABOUT.search}
            labelHidden
            type="search"
            placeholder={ABOUT.search}
            value={search}
            onChange={(event) => setSearch(event.target.value)}
          />
        </div>
        <p role="status" className="text-xs text-soft">
          {found.length === 0 ? ABOUT.none : asked !== '' && count(found.length, ABOUT.package, ABOUT.packagesWord)}
        </p>
        {found.length > 0 && (
          // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
          <section tabIndex={0} aria-label={ABOUT.packages} className="max-h-144 overflow-auto rounded-lg">
            <table className="w-full text-sm">
              <caption className="sr-only">{ABOUT.packages}</caption>
              <thead className="sticky top-0 bg-surface">
                <tr>
                  <th scope="col" className={HEAD}>
                    {ABOUT.name}
                  </th>
                  <th scope="col" className={HEAD}>
                    {ABOUT.version}
                  </th>
                  <th scope="col" className={HEAD}>
                    {ABOUT.license}
                  </th>
                </tr>
              </thead>
              <tbody className="divide-y divide-line">
                {found.map(({ name, version, license }) => (
                  <tr key={`${name} ${version}`}>
                    <th scope="row" className={`${CELL} text-left font-mono text-[13px] font-normal`}>
                      {name}
                    </th>
                    <td className={`${CELL} tabular-nums`}>{version ?? ABOUT.unknown}</td>
                    <td className={CELL}>{license ?? ABOUT.unknown}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </section>
        )}
      </Card>
    </div>
  )
}
