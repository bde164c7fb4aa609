'use client'
import { useSend } from '../../lib/api.ts'
import { DATABASES } from '../../strings/databases.ts'
import { ConfirmDialog } from '../../ui/dialog.tsx'
import { useToasts } from '../../ui/toasts.tsx'
import { type Listed, stateOf } from './database-list.ts'

interface DeleteDialogProps {
  readonly database: Listed
  readonly onClose: () => void
  readonly onDeleted: () => void
}

export function DeleteDialog({ database, onClose, onDeleted }: DeleteDialogProps) {
  const { id, name, documents, chunks } = database
  const toasts = useToasts()
  const remove = useSend('removeDatabase', ['listDatabases', 'getDatabase', 'listJobs'])
  function confirm() {
    remove.mutate(
      { parameters: { database: id } },
      {
        onSuccess: () => {
          toasts.say(DATABASES.deleted(name))
          onDeleted()
        },
      },
    )
  }
  return (
    <ConfirmDialog
      open
      title={DATABASES.deleteTitle(name)}
      action={DATABASES.delete}
      busy={remove.isPending}
      fault={remove.error}
      onConfirm={confirm}
      onClose={onClose}
    >
      <p>{DATABASES.gone}</p>
      <ul className="mt-2 list-disc pl-5">
        <li>{DATABASES.goneDocuments(documents.total, database.bytes)}</li>
        <li>{DATABASES.goneChunks(chunks)}</li>
        <li>{DATABASES.goneAccess}</li>
        {stateOf(database) === 'processing' && <li>{DATABASES.goneRunning}</li>}
      </ul>
    </ConfirmDialog>
  )
}
