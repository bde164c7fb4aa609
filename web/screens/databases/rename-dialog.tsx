'use client'
import { AppError } from 'quarry-engine/client'
import { type FormEvent, useState } from 'react'
import { useSend } from '../../lib/api.ts'
import { DATABASES } from '../../strings/databases.ts'
import { UI } from '../../strings/ui.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { ErrorNote } from '../../ui/error-note.tsx'
import { TextArea, TextField } from '../../ui/field.tsx'
import { useToasts } from '../../ui/toasts.tsx'
import type { Listed } from './database-list.ts'

export function RenameDialog({ database, onClose }: { readonly database: Listed; readonly onClose: () => void }) {
  const [name, setName] = useState(database.name)
  const [description, setDescription] = useState(database.description ?? '')
  const toasts = useToasts()
  const save = useSend('updateDatabase', ['listDatabases', 'getDatabase', 'databaseStatus'])
  const isTaken = save.error instanceof AppError && save.error.code === 'database/exists'

  function send(event: FormEvent) {
    event.preventDefault()
    const change = {
      ...(name.trim() === database.name ? {} : { name: name.trim() }),
      ...(description.trim() === (database.description ?? '') ? {} : { description: description.trim() }),
    }
    if (Object.keys(change).length === 0) return onClose()
    save.mutate(
      { parameters: { database: database.id }, body: change },
      {
        onSuccess: () => {
          toasts.say(DATABASES.renamed)
          onClose()
        },
      },
    )
  }
  return (
    <Dialog open title={DATABASES.renameTitle(database.name)} onClose={onClose}>
      <form onSubmit={send} className="grid gap-4">
        <TextField
          label={DATABASES.name}
          hint={DATABASES.nameHint}
          problem={isTaken ? DATABASES.nameTaken : undefined}
          value={name}
          required
          maxLength={100}
          pattern="[^\/\\]*\S[^\/\\]*"
          autoComplete="off"
          onChange={({ target }) => setName(target.value)}
        />
        <TextArea label={DATABASES.description} rows={3} maxLength={2000} value={description} onChange={({ target }) => setDescription(target.value)} />
        {save.error !== null && !isTaken && <ErrorNote fault={save.error} />}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{UI.cancel}</Button>
          <Button type="submit" look="primary" busy={save.isPending}>
            {UI.save}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
