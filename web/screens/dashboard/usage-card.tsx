'use client'
import { useState } from 'react'
import { useCall } from '../../lib/api.ts'
import { dailyPoints, utcDay } from '../../lib/days.ts'
import { compactNumber, dollars, number } from '../../lib/format.ts'
import { DASHBOARD } from '../../strings/dashboard.ts'
import { Card } from '../../ui/card.tsx'
import { Chart } from '../../ui/chart.tsx'
import { ErrorNote } from '../../ui/error-note.tsx'
import { Select } from '../../ui/field.tsx'
import { Skeleton } from '../../ui/skeleton.tsx'
import { AMOUNTS, type Amount, amountOf } from './usage.ts'

const WORDS = DASHBOARD.usage
const SPANS = [7, 30, 90]
const exact = (amount: Amount) => (amount === 'cost' ? dollars : number)
const short = (amount: Amount) => (amount === 'cost' ? dollars : compactNumber)

/** What was used day by day; the sums choose what is drawn. */
export function UsageCard({ isOwner }: { readonly isOwner: boolean }) {
  const [days, setDays] = useState(30)
  const [isEveryone, setEveryone] = useState(isOwner)
  const [amount, setAmount] = useState<Amount>('requests')
  const asked = { query: { from: utcDay(days - 1), by: 'day', everyone: isEveryone ? ('true' as const) : ('false' as const) } }
  const { data, error, refetch } = useCall('usage', asked, { staleTime: 30_000, placeholderData: (before) => before })
  return (
    <Card
      title={WORDS.title}
      hint={WORDS.costHint}
      actions={
        <>
          {isOwner && (
            <Select
              label={WORDS.whose}
              labelHidden
              value={isEveryone ? 'everyone' : 'mine'}
              onChange={(event) => setEveryone(event.target.value === 'everyone')}
            >
              <option value="everyone">{WORDS.everyone}</option>
              <option value="mine">{WORDS.mine}</option>
            </Select>
          )}
          <Select label={WORDS.days} labelHidden value={days} onChange={(event) => setDays(Number(event.target.value))}>
            {SPANS.map((span) => (
              <option key={span} value={span}>
                {WORDS.lastDays(number(span))}
              </option>
            ))}
          </Select>
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
                onClick={() => setAmount(one)}
                className="rounded-lg border border-line px-3 py-2 text-left hover:bg-sunken aria-pressed:border-accent aria-pressed:bg-accent-soft"
              >
                <span className="block text-xs text-soft">{WORDS[one]}</span>
                <span className="text-lg font-semibold tabular-nums">{exact(one)(data.lines.reduce((all, line) => all + amountOf(line, one), 0))}</span>
              </button>
            ))}
          </fieldset>
          <Chart label={WORDS[amount]} points={dailyPoints(data, (line) => amountOf(line, amount))} format={short(amount)} />
        </>
      )}
    </Card>
  )
}
