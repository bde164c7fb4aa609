'use client'
import { type ReactNode, useState } from 'react'
import { api } from '../../lib/api.ts'
import { SIGN_IN } from '../../strings/sign-in.ts'
import { TextField } from '../../ui/field.tsx'
import { PasswordField } from '../../ui/password-field.tsx'
import { EntryForm } from './entry-form.tsx'
import { EntryFrame } from './entry-frame.tsx'
import { emailProblem, foundProblems, newPasswordProblem } from './problems.ts'
import { useAttempt } from './use-attempt.ts'

interface Props {
  readonly kind: 'claim' | 'invitation'
  readonly ticket: string
  readonly onSignedIn: () => void
  readonly leave: ReactNode
}

/** Makes an account by a link: the first one of the server, or that of an invitation, whose address is known already. */
export function JoinForm({ kind, ticket, onSignedIn, leave }: Props) {
  const [email, setEmail] = useState('')
  const [name, setName] = useState('')
  const [password, setPassword] = useState('')
  const { busy, attempt, problems, run } = useAttempt()
  const isClaim = kind === 'claim'
  const words = isClaim ? SIGN_IN.claim : SIGN_IN.join
  const submit = () =>
    run(foundProblems({ email: isClaim ? emailProblem(email) : undefined, password: newPasswordProblem(password) }), async () => {
      const person = { ticket, password, transport: 'cookie' as const, ...(name.trim() === '' ? {} : { name: name.trim() }) }
      if (isClaim) await api.call('claimServer', { body: { ...person, email: email.trim() } })
      else await api.call('acceptInvitation', { body: person })
      onSignedIn()
    })
  return (
    <EntryFrame title={words.title} hint={words.hint} below={leave}>
      <EntryForm action={words.go} busy={busy} fault={problems.other} attempt={attempt} onSubmit={() => void submit()}>
        {isClaim && (
          <TextField
            label={SIGN_IN.email}
            type="email"
            name="email"
            autoComplete="username"
            required
            value={email}
            onChange={(event) => setEmail(event.target.value)}
            problem={problems.email}
          />
        )}
        <TextField
          label={SIGN_IN.name}
          name="name"
          autoComplete="name"
          maxLength={200}
          value={name}
          onChange={(event) => setName(event.target.value)}
          hint={SIGN_IN.nameHint}
        />
        <PasswordField kind="new" name="password" value={password} onValue={setPassword} problem={problems.password} />
      </EntryForm>
    </EntryFrame>
  )
}
