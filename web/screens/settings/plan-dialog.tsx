'use client'
import { AppError } from 'quarry-engine/client'
import { type FormEvent, useState } from 'react'
import { useSend } from '../../lib/api.ts'
import { LIMITS, SETTINGS } from '../../strings/settings.ts'
import { UI } from '../../strings/ui.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { ErrorNote } from '../../ui/error-note.tsx'
import { TextField } from '../../ui/field.tsx'
import { focusFirstInvalid } from '../../ui/focus-invalid.ts'
import { useToasts } from '../../ui/toasts.tsx'
import { draftOf, LIMIT_NAMES, type LimitName, limitsOf, type Plan } from './limit-numbers.ts'

/** Makes a plan, or changes one; an empty box is "no limit". */
export function PlanDialog({ plan, onClose }: { readonly plan: Plan | undefined; readonly onClose: () => void }) {
  const [name, setName] = useState(plan?.name ?? '')
  const [draft, setDraft] = useState(() => draftOf(plan))
  const [wrong, setWrong] = useState<readonly (LimitName | 'name')[]>([])
  const toasts = useToasts()
  const create = useSend('createPlan', ['listPlans'])
  const change = useSend('updatePlan', ['listPlans', 'limits'])
  const fault = create.error ?? change.error

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault()
    const read = limitsOf(draft)
    const found = [...(name.trim() === '' ? (['name'] as const) : []), ...read.wrong]
    setWrong(found)
    if (found.length > 0) return focusFirstInvalid(event.currentTarget)
    const body = { ...read.limits, name: name.trim() }
    const done = {
      onSuccess: () => {
        toasts.say(SETTINGS.saved)
        onClose()
      },
    }
    if (plan === undefined) create.mutate({ body }, done)
    else change.mutate({ parameters: { plan: plan.id }, body }, done)
  }

  const nameProblem = wrong.includes('name') ? LIMITS.nameProblem : fault instanceof AppError && fault.code === 'plan/exists' ? fault.message : undefined
  return (
    <Dialog open wide title={plan === undefined ? LIMITS.newTitle : LIMITS.editPlan(plan.name)} onClose={onClose}>
      <form noValidate onSubmit={submit} className="grid gap-4">
        <TextField data-autofocus label={LIMITS.name} maxLength={200} value={name} problem={nameProblem} onChange={(event) => setName(event.target.value)} />
        <p className="text-sm text-soft">{LIMITS.empty}</p>
        <div className="grid gap-4 sm:grid-cols-2">
          {LIMIT_NAMES.map((one) => (
            <TextField
              key={one}
              label={LIMITS.limits[one]}
              inputMode="decimal"
              value={draft[one]}
              problem={wrong.includes(one) ? LIMITS.numberProblem : undefined}
              onChange={(event) => setDraft((now) => ({ ...now, [one]: event.target.value }))}
            />
          ))}
        </div>
        {fault !== null && <ErrorNote fault={fault} />}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{UI.cancel}</Button>
          <Button type="submit" look="primary" busy={create.isPending || change.isPending}>
            {UI.save}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
