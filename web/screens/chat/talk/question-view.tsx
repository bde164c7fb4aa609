import { memo, type SyntheticEvent, useEffect, useRef, useState } from 'react'
import { CHAT } from '../../../strings/chat.ts'
import { UI } from '../../../strings/ui.ts'
import { Button, IconButton } from '../../../ui/button.tsx'
import { TextArea } from '../../../ui/field.tsx'
import type { QuestionItem } from './branch.ts'
import { MOST_LETTERS, sendsByKey } from './question-keys.ts'
import { VersionSwitch } from './version-switch.tsx'

interface QuestionViewProps {
  readonly item: QuestionItem
  readonly busy: boolean
  /** Undefined: it cannot be asked in other words here. */
  readonly onResend: ((question: string, parent: string) => void) | undefined
  readonly onShow: (id: string) => void
}

export const QuestionView = memo(function QuestionView({ item, busy, onResend, onShow }: QuestionViewProps) {
  const [editing, setEditing] = useState(false)
  const pencil = useRef<HTMLButtonElement>(null)
  const returns = useRef(false)
  useEffect(() => {
    if (!editing && returns.current) pencil.current?.focus()
    returns.current = editing
  }, [editing])

  return (
    <article className="grid justify-items-end gap-1">
      {editing && onResend !== undefined ? (
        <EditQuestion
          text={item.text}
          busy={busy}
          onCancel={() => setEditing(false)}
          onSend={(text) => {
            setEditing(false)
            onResend(text, item.parent)
          }}
        />
      ) : (
        <div className="flex w-full items-start justify-end gap-1">
          {onResend !== undefined && (
            <IconButton ref={pencil} icon="pencil" label={CHAT.edit} disabled={busy} onClick={() => setEditing(true)} className="mt-1 shrink-0" />
          )}
          <h2 dir="auto" className="min-w-0 max-w-[85%] whitespace-pre-wrap rounded-2xl rounded-br-md bg-accent-soft px-4 py-2.5 font-normal">
            <span className="sr-only">{CHAT.you}: </span>
            {item.text}
          </h2>
        </div>
      )}
      <VersionSwitch id={item.id} versions={item.versions} disabled={busy} onShow={onShow} />
    </article>
  )
})

interface EditProps {
  readonly text: string
  readonly busy: boolean
  readonly onSend: (text: string) => void
  readonly onCancel: () => void
}

function EditQuestion({ text, busy, onSend, onCancel }: EditProps) {
  const [now, setNow] = useState(text)
  const form = useRef<HTMLFormElement>(null)
  useEffect(() => {
    const box = form.current?.querySelector('textarea')
    box?.focus()
    box?.setSelectionRange(box.value.length, box.value.length)
  }, [])
  function send(event: SyntheticEvent) {
    event.preventDefault()
    if (now.trim() !== '' && !busy) onSend(now.trim())
  }
  return (
    <form ref={form} onSubmit={send} className="grid w-full max-w-[85%] gap-2">
      <TextArea
        label={CHAT.editing}
        labelHidden
        dir="auto"
        rows={Math.min(8, now.split('\n').length + 1)}
        maxLength={MOST_LETTERS}
        value={now}
        onChange={(event) => setNow(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === 'Escape') onCancel()
          if (sendsByKey(event)) send(event)
        }}
      />
      <div className="flex justify-end gap-2">
        <Button small onClick={onCancel}>
          {UI.cancel}
        </Button>
        <Button small type="submit" look="primary" icon="send" disabled={busy || now.trim() === ''}>
          {CHAT.resend}
        </Button>
      </div>
    </form>
  )
}
