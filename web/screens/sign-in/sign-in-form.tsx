'use client'
import type { Reply } from 'quarry-engine/client'
import { useState } from 'react'
import { API_ADDRESS, api } from '../../lib/api.ts'
import { SIGN_IN } from '../../strings/sign-in.ts'
import { Button } from '../../ui/button.tsx'
import { TextField } from '../../ui/field.tsx'
import { Icon } from '../../ui/icon.tsx'
import { PasswordField } from '../../ui/password-field.tsx'
import { EntryForm } from './entry-form.tsx'
import { EntryFrame } from './entry-frame.tsx'
import { emailProblem, foundProblems } from './problems.ts'
import { useAttempt } from './use-attempt.ts'

interface Props {
  readonly ways: Reply<'serverInfo'>['sign_in']
  readonly email: string
  readonly onEmail: (email: string) => void
  readonly onSignedIn: () => void
  readonly onForgot: () => void
}

export function SignInForm({ ways, email, onEmail, onSignedIn, onForgot }: Props) {
  const [password, setPassword] = useState('')
  const { busy, attempt, problems, run } = useAttempt()
  const submit = () =>
    run(foundProblems({ email: emailProblem(email), password: password === '' ? SIGN_IN.problems.password : undefined }), async () => {
      await api.call('signIn', { body: { email: email.trim(), password, transport: 'cookie' } })
      onSignedIn()
    })
  return (
    <EntryFrame title={SIGN_IN.title}>
      {ways.password && (
        <EntryForm action={SIGN_IN.go} busy={busy} fault={problems.other} attempt={attempt} onSubmit={() => void submit()}>
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
          <PasswordField kind="current" name="password" value={password} onValue={setPassword} problem={problems.password} />
        </EntryForm>
      )}
      {ways.password && ways.provider !== null && (
        <p className="my-4 flex items-center gap-3 text-xs text-soft before:h-px before:grow before:bg-line after:h-px after:grow after:bg-line">
          {SIGN_IN.or}
        </p>
      )}
      {ways.provider !== null && (
        <a
          href={new URL(ways.provider.start, API_ADDRESS === '' ? location.href : API_ADDRESS).href}
          className="inline-flex min-h-10 w-full items-center justify-center gap-2 rounded-lg border border-line-strong bg-surface px-3.5 py-1.5 text-sm font-medium hover:bg-sunken"
        >
          <Icon name="shield" className="size-4" />
          {SIGN_IN.withProvider(ways.provider.name)}
        </a>
      )}
      {!ways.password && ways.provider === null && <p className="text-sm">{SIGN_IN.noWay}</p>}
      {ways.password && (
        <p className="mt-3 text-center">
          <Button look="quiet" small onClick={onForgot}>
            {SIGN_IN.forgot}
          </Button>
        </p>
      )}
    </EntryFrame>
  )
}
