'use client'
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useSend } from '../../lib/api.ts'
import { PROFILE } from '../../strings/settings.ts'
import { Button } from '../../ui/button.tsx'
import { Card } from '../../ui/card.tsx'
import { ConfirmDialog } from '../../ui/dialog.tsx'
import { PasswordField } from '../../ui/password-field.tsx'

export function RemoveCard() {
  const [isAsking, setAsking] = useState(false)
  const [password, setPassword] = useState('')
  const queries = useQueryClient()
  const remove = useSend('removeMe')
  function close() {
    setAsking(false)
    setPassword('')
    remove.reset()
  }
  return (
    <Card title={PROFILE.remove} hint={PROFILE.removeHint} className="lg:col-span-2">
      <Button look="danger" icon="trash" onClick={() => setAsking(true)}>
        {PROFILE.remove}
      </Button>
      <ConfirmDialog
        open={isAsking}
        title={PROFILE.removeTitle}
        action={PROFILE.removeAction}
        busy={remove.isPending}
        fault={remove.error}
        onClose={close}
        onConfirm={() => remove.mutate({ body: password === '' ? {} : { password } }, { onSuccess: () => void queries.resetQueries() })}
      >
        <div className="grid gap-4">
          <p>{PROFILE.removeHint}</p>
          <PasswordField kind="current" label={PROFILE.removePassword} value={password} onValue={setPassword} />
          <p className="text-xs text-soft">{PROFILE.removeNoPassword}</p>
        </div>
      </ConfirmDialog>
    </Card>
  )
}
