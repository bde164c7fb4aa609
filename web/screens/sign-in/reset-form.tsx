'use client'
import { type ReactNode, useState } from 'react'
import { api } from '../../lib/api.ts'
import { SIGN_IN } from '../../strings/sign-in.ts'
import { PasswordField } from '../../ui/password-field.tsx'
import { useToasts } from '../../ui/toasts.tsx'
import { EntryForm } from './entry-form.tsx'
import { EntryFrame } from './entry-frame.tsx'
import { foundProblems, newPasswordProblem } from './problems.ts'
import { useAttempt } from './use-attempt.ts'

export function ResetForm({ ticket, onDone, leave }: { readonly ticket: string; readonly onDone: () => void; readonly leave: ReactNode }) {
  const [password, setPassword] = useState('')
  const toasts = useToasts()
  const { busy, attempt, problems, run } = useAttempt()
  const submit = () =>
    run(foundProblems({ password: newPasswordProblem(password) }), async () => {
      await api.call('redeemReset', { body: { ticket, password } })
      toasts.say(SIGN_IN.reset.done)
      onDone()
    })
  return (
    <EntryFrame title={SIGN_IN.reset.title} hint={SIGN_IN.reset.hint} below={leave}>
      <EntryForm action={SIGN_IN.reset.go} busy={busy} fault={problems.other} attempt={attempt} onSubmit={() => void submit()}>
        <PasswordField kind="new" name="password" value={password} onValue={setPassword} problem={problems.password} />
      </EntryForm>
    </EntryFrame>
  )
}
