'use client'
import dynamic from 'next/dynamic'
import { useState } from 'react'
import { useCall } from '../../lib/api.ts'
import { dailyPoints, utcDay } from '../../lib/days.ts'
import { bytes, compactNumber, dollars, number } from '../../lib/format.ts'
import { useMe } from '../../lib/session.ts'
import { DATABASE_USAGE } from '../../strings/database-usage.ts'
import { Card } from '../../ui/card.tsx'
import { ErrorNote } from '../../ui/error-note.tsx'
import { Select } from '../../ui/field.tsx'
import { Skeleton } from '../../ui/skeleton.tsx'
import { type Database, useDatabase } from '../databases/database-context.ts'
import { AMOUNTS, type Amount, amountOf, sumOf } from './amounts.ts'
import { BreakdownCard } from './breakdown-card.tsx'
import { DownloadButton } from './download-button.tsx'
import { LimitsCard } from './limits-card.tsx'

const Chart = dynamic(() => import('../../ui/chart.tsx').then((file) => file.Chart), { loading: () => <Skeleton className="h-44" /> })

const WORDS = DATABASE_USAGE
const SPANS = [7, 30, 90, 365]

/** What a database cost and was used for, by day and by whom. */
export function DatabaseUsageScreen() {
  const database = useDatabase()
  const isOwner = useMe().account.role === 'owner'
  const [days, setDays] = useState(30)
  const [isEveryone, setIsEveryone] = useState(isOwner)
  const [amount, setAmount] = useState<Amount>('requests')
  const everyone = isEveryone ? ('true' as const) : ('false' as const)
  const scope = { database: database.id, from: utcDay(days - 1), everyone }
  const { data, error, refetch } = useCall('usage', { query: { ...scope, by: 'day' } }, { staleTime: 30_000, placeholderData: (before) => before })
  const exact = (one: Amount) => (one === 'cost' ? dollars : number)
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-5">
      <Card
        title={WORDS.title}
        hint={isEveryone ? WORDS.hintEveryone : WORDS.hintMine}
        actions={
          <>
            {isOwner && (
              <Select label={WORDS.whose} labelHidden value={everyone} onChange={(event) => setIsEveryone(event.target.value === 'true')}>
                <option value="true">{WORDS.everyone}</option>
                <option value="false">{WORDS.mine}</option>
              </Select>
            )}
            <Select label={WORDS.span} labelHidden value={days} onChange={(event) => setDays(Number(event.target.value))}>
              {SPANS.map((span) => (
                <option key={span} value={span}>
                  {WORDS.lastDays(span)}
                </option>
              ))}
            </Select>
            <DownloadButton query={{ ...scope, by: 'day,key' }} name={database.name} />
          </>
        }
      >
        {error !== null && data === undefined && <ErrorNote fault={error} onRetry={() => void refetch()} />}
        {error === null && data === undefined && <Skeleton className="h-72" />}
        {data !== undefined && (
          <>
            <fieldset className="mb-4 grid grid-cols-2 gap-2 lg:grid-cols-4">
              <legend className="sr-only">{WORDS.amounts}</legend>
              {AMOUNTS.map((one) => (
                <button
                  key={one}
                  type="button"
                  aria-pressed={one === amount}
                  title={one === 'cost' ? WORDS.costHint : undefined}
                  onClick={() => setAmount(one)}
                  className="rounded-lg border border-line px-3 py-2 text-left hover:bg-sunken aria-pressed:border-accent aria-pressed:bg-accent-soft"
                >
                  <span className="block text-xs text-soft">{WORDS.amount[one]}</span>
                  <span className="text-lg font-semibold tabular-nums">{exact(one)(sumOf(data.lines, one))}</span>
                </button>
              ))}
            </fieldset>
            <Chart
              label={WORDS.amount[amount]}
              points={dailyPoints(data, (line) => amountOf(line, amount))}
              format={amount === 'cost' ? dollars : compactNumber}
            />
            {!data.complete && <p className="mt-2 text-sm text-warn">{WORDS.incomplete}</p>}
          </>
        )}
      </Card>
      <BreakdownCard scope={scope} isOwner={isOwner} />
      <div className="grid gap-5 lg:grid-cols-2">
        <Held database={database} />
        <LimitsCard />
      </div>
    </div>
  )
}

function Held({ database }: { readonly database: Database }) {
  const facts = [
    [WORDS.held.documents, number(database.documents.total)],
    [WORDS.held.chunks, number(database.chunks)],
    [WORDS.held.tokens, number(database.tokens)],
    [WORDS.held.bytes, bytes(database.bytes)],
  ] as const
  return (
    <Card title={WORDS.held.title}>
      <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-6 gap-y-1.5 text-sm">
        {facts.map(([name, value]) => (
          <div key={name} className="contents">
            <dt className="text-soft">{name}</dt>
            <dd className="text-right tabular-nums">{value}</dd>
          </div>
        ))}
      </dl>
    </Card>
  )
}
