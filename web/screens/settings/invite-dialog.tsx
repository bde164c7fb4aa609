'use client'
import { type FormEvent, useState } from 'react'
import { useSend } from '../../lib/api.ts'
import { PEOPLE } from '../../strings/settings.ts'
import { UI } from '../../strings/ui.ts'
import { Button } from '../../ui/button.tsx'
import { CodeBlock } from '../../ui/code-block.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { ErrorNote } from '../../ui/error-note.tsx'
import { TextField } from '../../ui/field.tsx'
import { focusFirstInvalid } from '../../ui/focus-invalid.ts'
import { isAddress } from './people.ts'
import { type Role, RoleSelect } from './role-select.tsx'

/** First who and as what, then the link, once. */
export function InviteDialog({ onClose }: { readonly onClose: () => void }) {
  const [email, setEmail] = useState('')
  const [role, setRole] = useState<Role>('member')
  const [problem, setProblem] = useState<string>()
  const invite = useSend('invite', ['listInvitations'])
  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault()
    if (!isAddress(email.trim())) {
      setProblem(PEOPLE.emailProblem)
      return focusFirstInvalid(event.currentTarget)
    }
    setProblem(undefined)
    invite.mutate({ body: { email: email.trim(), role } })
  }
  return (
    <Dialog open title={PEOPLE.inviteTitle} onClose={onClose}>
      {invite.data === undefined ? (
        <form noValidate onSubmit={submit} className="grid gap-4">
          <p className="text-sm text-soft">{PEOPLE.inviteHint}</p>
          <TextField
            label={PEOPLE.email}
            data-autofocus
            type="email"
            autoComplete="off"
            value={email}
            problem={problem}
            onChange={(event) => setEmail(event.target.value)}
          />
          <RoleSelect role={role} onRole={setRole} />
          {invite.error !== null && <ErrorNote fault={invite.error} />}
          <div className="flex justify-end gap-2">
            <Button onClick={onClose}>{UI.cancel}</Button>
            <Button type="submit" look="primary" busy={invite.isPending}>
              {PEOPLE.inviteAction}
            </Button>
          </div>
        </form>
      ) : (
        <div className="grid grid-cols-[minmax(0,1fr)] gap-4 text-sm" role="status">
          <p>
            {PEOPLE.inviteMade(invite.data.invitation.email)} {invite.data.sent ? PEOPLE.inviteSent : PEOPLE.inviteNotSent}
          </p>
          <CodeBlock label={PEOPLE.inviteLink} code={invite.data.link} />
          <div className="flex justify-end">
            <Button look="primary" onClick={onClose} ref={(button) => button?.focus()}>
              {PEOPLE.inviteDone}
            </Button>
          </div>
        </div>
      )}
    </Dialog>
  )
}
