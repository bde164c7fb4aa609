'use client'
import { useState } from 'react'
import { api } from '../../lib/api.ts'
import { SIGN_IN } from '../../strings/sign-in.ts'
import { Button } from '../../ui/button.tsx'
import { TextField } from '../../ui/field.tsx'
import { EntryForm } from './entry-form.tsx'
import { EntryFrame } from './entry-frame.tsx'
import { emailProblem, foundProblems } from './problems.ts'
import { useAttempt } from './use-attempt.ts'

interface Props {
  readonly email: string
  readonly onEmail: (email: string) => void
  readonly onBack: () => void
}

/** The reply is the same whether there is such an account or not, and so are the words. */
export function ForgottenForm({ email, onEmail, onBack }: Props) {
  const [isSent, setSent] = useState(false)
  const { busy, attempt, problems, run } = useAttempt()
  const submit = () =>
    run(foundProblems({ email: emailProblem(email) }), async () => {
      setSent(false)
      await api.call('requestReset', { body: { email: email.trim() } })
      setSent(true)
    })
  return (
    <EntryFrame title={SIGN_IN.forgotten.title} hint={SIGN_IN.forgotten.hint}>
      <EntryForm action={SIGN_IN.forgotten.go} busy={busy} fault={problems.other} attempt={attempt} onSubmit={() => void submit()}>
        <TextField
          label={SIGN_IN.email}
          type="email"
          name="email"
          autoComplete="username"
          required
          value={email}
          onChange={(event) => onEmail(event.target.value)}
          problem={problems.email}
        />
      </EntryForm>
      <div role="status">
        {isSent && (
          <div className="mt-4 grid gap-1 rounded-lg bg-good-soft p-3 text-sm">
            <p>{SIGN_IN.forgotten.sent}</p>
            <p>{SIGN_IN.forgotten.notSent}</p>
          </div>
        )}
      </div>
      <p className="mt-3 text-center">
        <Button look="quiet" small icon="left" onClick={onBack}>
          {SIGN_IN.forgotten.back}
        </Button>
      </p>
    </EntryFrame>
  )
}
