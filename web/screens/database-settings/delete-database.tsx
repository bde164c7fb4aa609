import { useRouter } from 'next/navigation'
import { type FormEvent, useState } from 'react'
import { useSend } from '../../lib/api.ts'
import { PAGES } from '../../lib/pages.ts'
import { DATABASE_SETTINGS } from '../../strings/database-settings.ts'
import { UI } from '../../strings/ui.ts'
import { Button } from '../../ui/button.tsx'
import { Card } from '../../ui/card.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { ErrorNote } from '../../ui/error-note.tsx'
import { TextField } from '../../ui/field.tsx'
import { useToasts } from '../../ui/toasts.tsx'
import type { Database } from '../databases/database-context.ts'

const WORDS = DATABASE_SETTINGS.remove

/** The end of a database: asks for its name, because nothing brings it back. */
export function DeleteDatabase({ database }: { readonly database: Database }) {
  const [isAsking, setIsAsking] = useState(false)
  const [typed, setTyped] = useState('')
  const router = useRouter()
  const toasts = useToasts()
  const remove = useSend('removeDatabase', ['listDatabases'])
  const told = WORDS.text(database.documents.total, database.chunks)
  function close() {
    setIsAsking(false)
    setTyped('')
    remove.reset()
  }
  function submit(event: FormEvent) {
    event.preventDefault()
    if (typed !== database.name) return
    remove.mutate(
      { parameters: { database: database.id } },
      {
        onSuccess: () => {
          toasts.say(WORDS.done(database.name))
          router.push(PAGES.databases)
        },
      },
    )
  }
  return (
    <Card title={WORDS.title} hint={told}>
      <Button look="danger" icon="trash" onClick={() => setIsAsking(true)}>
        {WORDS.button}
      </Button>
      <Dialog open={isAsking} title={WORDS.confirmTitle(database.name)} onClose={close}>
        <form onSubmit={submit} className="grid gap-4 text-sm">
          <p>{told}</p>
          <TextField
            label={WORDS.typeName(database.name)}
            autoComplete="off"
            spellCheck={false}
            value={typed}
            onChange={(event) => setTyped(event.target.value)}
          />
          {remove.error !== null && <ErrorNote fault={remove.error} />}
          <div className="flex justify-end gap-2">
            <Button onClick={close}>{UI.cancel}</Button>
            <Button type="submit" look="danger" busy={remove.isPending} disabled={typed !== database.name}>
              {WORDS.action}
            </Button>
          </div>
        </form>
      </Dialog>
    </Card>
  )
}
