'use client'
import { useState } from 'react'
import { useSend } from '../../lib/api.ts'
import { CHAT } from '../../strings/chat.ts'
import { UI } from '../../strings/ui.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { ErrorNote } from '../../ui/error-note.tsx'
import { TextField } from '../../ui/field.tsx'

interface RenameDialogProps {
  readonly id: string
  readonly title: string
  readonly onClose: () => void
}

export function RenameDialog({ id, title, onClose }: RenameDialogProps) {
  const [name, setName] = useState(title)
  const rename = useSend('renameConversation', ['listConversations', 'getConversation'])
  return (
    <Dialog open title={CHAT.renameTitle} onClose={onClose}>
      <form
        className="grid gap-4"
        onSubmit={(event) => {
          event.preventDefault()
          rename.mutate({ parameters: { conversation: id }, body: { title: name.trim() } }, { onSuccess: onClose })
        }}
      >
        <TextField label={CHAT.name} maxLength={200} dir="auto" value={name} onChange={(event) => setName(event.target.value)} autoFocus />
        {rename.error !== null && <ErrorNote fault={rename.error} />}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{UI.cancel}</Button>
          <Button type="submit" look="primary" busy={rename.isPending} disabled={name.trim() === ''}>
            {UI.save}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
