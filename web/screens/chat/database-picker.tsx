'use client'
import { useId, useState } from 'react'
import { CHAT } from '../../strings/chat.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { Checkbox, TextField } from '../../ui/field.tsx'
import { type Database, MOST_DATABASES } from './use-databases.ts'

interface DatabasePickerProps {
  readonly all: readonly Database[]
  readonly chosen: readonly string[]
  readonly onChoose: (ids: readonly string[]) => void
  readonly onClose: () => void
}

/** Which databases a new conversation asks. */
export function DatabasePicker({ all, chosen, onChoose, onClose }: DatabasePickerProps) {
  const [now, setNow] = useState<readonly string[]>(chosen)
  const [words, setWords] = useState('')
  const noteId = useId()
  const shown = all.filter(({ name }) => name.toLowerCase().includes(words.trim().toLowerCase()))
  const isFull = now.length >= MOST_DATABASES
  return (
    <Dialog open title={CHAT.choose} onClose={onClose}>
      <form
        className="grid gap-3"
        onSubmit={(event) => {
          event.preventDefault()
          onChoose(now)
        }}
      >
        <p className="text-sm text-soft">{CHAT.chooseHint}</p>
        {all.length > 6 && <TextField label={CHAT.chooseSearch} type="search" value={words} onChange={(event) => setWords(event.target.value)} />}
        <fieldset aria-describedby={noteId} className="grid max-h-72 content-start gap-3 overflow-y-auto p-1">
          <legend className="sr-only">{CHAT.databases}</legend>
          {shown.map(({ id, name, documents }) => (
            <Checkbox
              key={id}
              label={name}
              hint={CHAT.documents(documents.ready)}
              checked={now.includes(id)}
              disabled={isFull && !now.includes(id)}
              onChange={(event) => setNow(event.target.checked ? [...now, id] : now.filter((one) => one !== id))}
            />
          ))}
          {shown.length === 0 && <p className="text-sm text-soft">{CHAT.chooseNone}</p>}
        </fieldset>
        <p id={noteId} role="status" className="text-sm text-soft empty:hidden">
          {isFull ? CHAT.chooseMost(MOST_DATABASES) : undefined}
        </p>
        <div className="flex justify-end">
          <Button type="submit" look="primary" disabled={now.length === 0}>
            {CHAT.chosen(now.length)}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
