'use client'
import { useState } from 'react'
import { useSend } from '../../lib/api.ts'
import { useMe } from '../../lib/session.ts'
import { useSignOut } from '../../lib/sign-out.ts'
import { PROFILE, SETTINGS } from '../../strings/settings.ts'
import { SHELL } from '../../strings/shell.ts'
import { UI } from '../../strings/ui.ts'
import { Button } from '../../ui/button.tsx'
import { Card } from '../../ui/card.tsx'
import { ErrorNote } from '../../ui/error-note.tsx'
import { TextField } from '../../ui/field.tsx'
import { useToasts } from '../../ui/toasts.tsx'
import { ThemeChoice } from '../shell/theme-choice.tsx'
import { PasswordCard } from './password-card.tsx'
import { RemoveCard } from './remove-card.tsx'
import { SessionsCard } from './sessions-card.tsx'

export function ProfileScreen() {
  const toasts = useToasts()
  const { busy, signOut } = useSignOut(toasts.fail)
  return (
    <div className="grid gap-5 lg:grid-cols-2">
      <NameCard />
      <Card title={PROFILE.looks} hint={PROFILE.looksHint}>
        <div className="grid justify-items-start gap-3">
          <ThemeChoice />
          <Button icon="signOut" busy={busy} onClick={signOut}>
            {SHELL.signOut}
          </Button>
        </div>
      </Card>
      <PasswordCard />
      <SessionsCard />
      <RemoveCard />
    </div>
  )
}

function NameCard() {
  const { account } = useMe()
  const [name, setName] = useState(account.name ?? '')
  const toasts = useToasts()
  const save = useSend('updateMe', ['whoAmI'])
  return (
    <Card title={PROFILE.you}>
      <form
        className="grid gap-4"
        onSubmit={(event) => {
          event.preventDefault()
          save.mutate({ body: { name: name.trim() === '' ? null : name.trim() } }, { onSuccess: () => toasts.say(SETTINGS.saved) })
        }}
      >
        <TextField
          label={PROFILE.name}
          hint={PROFILE.nameHint}
          name="name"
          autoComplete="name"
          maxLength={200}
          value={name}
          onChange={(event) => setName(event.target.value)}
        />
        <dl className="grid gap-1 text-sm">
          <div className="flex flex-wrap gap-x-2">
            <dt className="text-soft">{PROFILE.email}</dt>
            <dd>{account.email ?? PROFILE.noEmail}</dd>
          </div>
          <div className="flex flex-wrap gap-x-2">
            <dt className="text-soft">{PROFILE.role}</dt>
            <dd>
              {SETTINGS.roles[account.role]}. {SETTINGS.roleHints[account.role]}
            </dd>
          </div>
        </dl>
        {account.role !== 'owner' && <p className="text-xs text-soft">{PROFILE.changedBy}</p>}
        {save.error !== null && <ErrorNote fault={save.error} />}
        <Button type="submit" className="justify-self-start" busy={save.isPending}>
          {UI.save}
        </Button>
      </form>
    </Card>
  )
}
