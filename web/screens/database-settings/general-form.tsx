import { type FormEvent, useRef, useState } from 'react'
import { useSend } from '../../lib/api.ts'
import { DATABASE_SETTINGS } from '../../strings/database-settings.ts'
import { Button } from '../../ui/button.tsx'
import { Card } from '../../ui/card.tsx'
import { ErrorNote } from '../../ui/error-note.tsx'
import { TextArea, TextField } from '../../ui/field.tsx'
import { useToasts } from '../../ui/toasts.tsx'
import type { Database } from '../databases/database-context.ts'

const WORDS = DATABASE_SETTINGS.general

export function GeneralForm({ database }: { readonly database: Database }) {
  const [name, setName] = useState(database.name)
  const [description, setDescription] = useState(database.description ?? '')
  const update = useSend('updateDatabase', ['getDatabase', 'listDatabases', 'databaseStatus'])
  const toasts = useToasts()
  const box = useRef<HTMLInputElement>(null)
  const isChanged = name.trim() !== database.name || description.trim() !== (database.description ?? '')
  const isNamed = name.trim() !== '' && !/[/\\]/.test(name)
  function save(event: FormEvent) {
    event.preventDefault()
    if (!isNamed || !isChanged) return
    update.mutate(
      { parameters: { database: database.id }, body: { name: name.trim(), description: description.trim() } },
      {
        onSuccess: () => {
          toasts.say(WORDS.saved)
          box.current?.focus()
        },
      },
    )
  }
  return (
    <Card title={WORDS.title}>
      <form onSubmit={save} className="grid max-w-2xl gap-4">
        <TextField
          ref={box}
          label={WORDS.name}
          hint={WORDS.nameHint}
          maxLength={100}
          value={name}
          onChange={(event) => setName(event.target.value)}
          problem={isNamed ? undefined : WORDS.nameProblem}
        />
        <TextArea
          label={WORDS.description}
          hint={WORDS.descriptionHint}
          rows={2}
          maxLength={2000}
          value={description}
          onChange={(event) => setDescription(event.target.value)}
        />
        <p className="text-xs text-soft">
          {WORDS.id} <code className="select-all font-mono">{database.id}</code>
        </p>
        {update.error !== null && <ErrorNote fault={update.error} />}
        <div>
          <Button type="submit" look="primary" busy={update.isPending} disabled={!isChanged || !isNamed}>
            {WORDS.save}
          </Button>
        </div>
      </form>
    </Card>
  )
}
