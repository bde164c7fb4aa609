'use client'
import type { Reply } from 'quarry-engine/client'
import { type FormEvent, useState } from 'react'
import { useSend } from '../../lib/api.ts'
import { dollars } from '../../lib/format.ts'
import { LIMITS, SETTINGS } from '../../strings/settings.ts'
import { UI } from '../../strings/ui.ts'
import { Button } from '../../ui/button.tsx'
import { Card } from '../../ui/card.tsx'
import { ErrorNote } from '../../ui/error-note.tsx'
import { TextField } from '../../ui/field.tsx'
import { focusFirstInvalid } from '../../ui/focus-invalid.ts'
import { Progress } from '../../ui/progress.tsx'
import { useToasts } from '../../ui/toasts.tsx'
import { numberOf } from './limit-numbers.ts'

const textOf = (value: number | null) => (value === null ? '' : String(value))

/** The budget of the whole server, beside what was spent of it. */
export function CapsForm({ caps }: { readonly caps: Reply<'spendCaps'> }) {
  const [day, setDay] = useState(textOf(caps.per_day_usd))
  const [month, setMonth] = useState(textOf(caps.per_month_usd))
  const [wrong, setWrong] = useState<{ readonly day: boolean; readonly month: boolean }>({ day: false, month: false })
  const toasts = useToasts()
  const save = useSend('setSpendCaps', ['spendCaps', 'limits'])
  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault()
    const [perDay, perMonth] = [numberOf(day, true), numberOf(month, true)]
    setWrong({ day: perDay === undefined, month: perMonth === undefined })
    if (perDay === undefined || perMonth === undefined) return focusFirstInvalid(event.currentTarget)
    save.mutate({ body: { per_day_usd: perDay, per_month_usd: perMonth } }, { onSuccess: () => toasts.say(SETTINGS.saved) })
  }
  return (
    <Card title={LIMITS.caps} hint={LIMITS.capsHint}>
      <form noValidate onSubmit={submit} className="grid gap-4">
        <div className="grid gap-4 sm:grid-cols-2">
          <div className="grid content-start gap-3">
            <TextField
              label={LIMITS.perDay}
              hint={LIMITS.empty}
              inputMode="decimal"
              value={day}
              problem={wrong.day ? LIMITS.numberProblem : undefined}
              onChange={(event) => setDay(event.target.value)}
            />
            <Spent label={LIMITS.today} spent={caps.spent_today_usd} most={caps.per_day_usd} />
          </div>
          <div className="grid content-start gap-3">
            <TextField
              label={LIMITS.perMonth}
              hint={LIMITS.empty}
              inputMode="decimal"
              value={month}
              problem={wrong.month ? LIMITS.numberProblem : undefined}
              onChange={(event) => setMonth(event.target.value)}
            />
            <Spent label={LIMITS.month} spent={caps.spent_this_month_usd} most={caps.per_month_usd} />
          </div>
        </div>
        {save.error !== null && <ErrorNote fault={save.error} />}
        <Button type="submit" className="justify-self-start" busy={save.isPending}>
          {UI.save}
        </Button>
      </form>
    </Card>
  )
}

function Spent({ label, spent, most }: { readonly label: string; readonly spent: number; readonly most: number | null }) {
  const share = most === null ? 0 : most === 0 ? 1 : spent / most
  return (
    <div className="grid gap-1.5 text-sm">
      <p className="flex flex-wrap justify-between gap-x-3">
        <span>{label}</span>
        <span className="tabular-nums text-soft">{most === null ? LIMITS.spentOnly(dollars(spent)) : LIMITS.spent(dollars(spent), dollars(most))}</span>
      </p>
      {most !== null && <Progress share={share} label={label} tone={share >= 0.9 ? 'bad' : 'accent'} />}
    </div>
  )
}
