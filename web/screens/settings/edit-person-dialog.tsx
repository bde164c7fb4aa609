'use client'
import type { Reply } from 'quarry-engine/client'
import { type FormEvent, useState } from 'react'
import { useSend } from '../../lib/api.ts'
import { useMe } from '../../lib/session.ts'
import { PEOPLE, SETTINGS } from '../../strings/settings.ts'
import { UI } from '../../strings/ui.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { ErrorNote } from '../../ui/error-note.tsx'
import { Select, TextField } from '../../ui/field.tsx'
import { focusFirstInvalid } from '../../ui/focus-invalid.ts'
import { useToasts } from '../../ui/toasts.tsx'
import { isAddress, type User, whoIs } from './people.ts'
import { RoleSelect } from './role-select.tsx'

interface Props {
  readonly user: User
  readonly plans: Reply<'listPlans'>['plans']
  readonly onClose: () => void
}

export function EditPersonDialog({ user, plans, onClose }: Props) {
  const { account } = useMe()
  const [role, setRole] = useState(user.role)
  const [plan, setPlan] = useState(user.plan_id ?? '')
  const [email, setEmail] = useState(user.email ?? '')
  const [problem, setProblem] = useState<string>()
  const toasts = useToasts()
  const change = useSend('updateUser', ['listUsers', 'whoAmI'])
  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault()
    const address = email.trim()
    if (address !== (user.email ?? '') && !isAddress(address)) {
      setProblem(PEOPLE.emailProblem)
      return focusFirstInvalid(event.currentTarget)
    }
    setProblem(undefined)
    const body = {
      ...(role === user.role ? {} : { role }),
      ...(plan === (user.plan_id ?? '') ? {} : { plan_id: plan === '' ? null : plan }),
      ...(address === (user.email ?? '') ? {} : { email: address }),
    }
    if (Object.keys(body).length === 0) return onClose()
    change.mutate(
      { parameters: { user: user.id }, body },
      {
        onSuccess: () => {
          toasts.say(SETTINGS.saved)
          onClose()
        },
      },
    )
  }
  return (
    <Dialog open title={PEOPLE.editTitle(whoIs(user))} onClose={onClose}>
      <form noValidate onSubmit={submit} className="grid gap-4">
        <TextField
          label={PEOPLE.email}
          data-autofocus
          type="email"
          autoComplete="off"
          value={email}
          problem={problem}
          onChange={(event) => setEmail(event.target.value)}
        />
        <RoleSelect role={role} onRole={setRole} disabled={user.id === account.id} />
        <Select label={PEOPLE.plan} value={plan} onChange={(event) => setPlan(event.target.value)}>
          <option value="">{PEOPLE.defaultPlan}</option>
          {plans.map(({ id, name }) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </Select>
        {change.error !== null && <ErrorNote fault={change.error} />}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{UI.cancel}</Button>
          <Button type="submit" look="primary" busy={change.isPending}>
            {UI.save}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
