'use client'
import { type RefObject, type SyntheticEvent, useEffect, useId, useState } from 'react'
import { useIsOnline } from '../../../lib/online.ts'
import { CHAT } from '../../../strings/chat.ts'
import { Button } from '../../../ui/button.tsx'
import { readDraft, writeDraft } from './drafts.ts'
import { MOST_LETTERS, sendsByKey } from './question-keys.ts'
import { backName, DRAFT_BACK } from './use-talk.ts'

/** From here on it is told how many letters are left. */
const NEAR_MOST = 300

interface ComposerProps {
  readonly box: RefObject<HTMLTextAreaElement | null>
  readonly place: string
  readonly running: boolean
  readonly isFollowUp: boolean
  /** It is not known yet where a question would go: what is sent now leaves as soon as it is. */
  readonly waiting: boolean
  /** Why nothing can be sent. */
  readonly blocked: string | undefined
  readonly autoFocus: boolean
  readonly onSend: (question: string) => void
  readonly onStop: () => void
}

/** The question box. What is typed stays with its conversation, as long as the tab lives. */
export function Composer({ box, place, running, isFollowUp, waiting, blocked, autoFocus, onSend, onStop }: ComposerProps) {
  const [text, setText] = useState('')
  const [note, setNote] = useState<string>()
  const [held, setHeld] = useState<string>()
  const isOnline = useIsOnline()
  const noteId = useId()

  useEffect(() => {
    const read = () => {
      setText(readDraft(place))
      setHeld((now) => (now === readDraft(place).trim() ? now : undefined))
      setNote(readDraft(backName(place)) === '' ? undefined : CHAT.notKept)
    }
    read()
    addEventListener(DRAFT_BACK, read)
    return () => removeEventListener(DRAFT_BACK, read)
  }, [place])
  // biome-ignore lint/correctness/useExhaustiveDependencies: a conversation that is opened is ready to be asked
  useEffect(() => {
    if (autoFocus && matchMedia('(pointer: fine)').matches) box.current?.focus({ preventScroll: true })
  }, [place, autoFocus])
  useEffect(() => {
    if (isOnline) setNote((now) => (now === CHAT.offline ? undefined : now))
  }, [isOnline])
  useEffect(() => () => setNote((now) => (now === blocked ? undefined : now)), [blocked])

  function write(now: string) {
    setText(now)
    setNote(undefined)
    setHeld(undefined)
    writeDraft(place, now)
    writeDraft(backName(place), '')
  }
  function send(question: string) {
    if (question === '' || running) return
    if (!navigator.onLine) return setNote(CHAT.offline)
    if (waiting) {
      setHeld(question)
      return setNote(CHAT.held)
    }
    if (blocked !== undefined) return setNote(blocked)
    write('')
    onSend(question)
  }
  function submit(event: SyntheticEvent) {
    event.preventDefault()
    send(text.trim())
  }
  // biome-ignore lint/correctness/useExhaustiveDependencies: it leaves once, when the waiting ends
  useEffect(() => {
    if (waiting || held === undefined) return
    setHeld(undefined)
    // Another conversation may have been opened meanwhile: there it is not the draft.
    if (readDraft(place).trim() === held) send(held)
  }, [waiting, held, place])

  const left = MOST_LETTERS - text.length
  return (
    <form onSubmit={submit} className="grid gap-1.5">
      <p role="status" id={noteId} className="text-sm text-warn empty:hidden">
        {note}
      </p>
      <div className="flex items-end gap-2 rounded-2xl border border-line-strong bg-surface p-2 focus-within:outline-2 focus-within:outline-offset-2 focus-within:outline-accent">
        <textarea
          ref={box}
          rows={1}
          dir="auto"
          maxLength={MOST_LETTERS}
          aria-label={CHAT.question}
          aria-describedby={noteId}
          aria-keyshortcuts="Enter"
          placeholder={isFollowUp ? CHAT.followUp : CHAT.placeholder}
          value={text}
          onChange={(event) => write(event.target.value)}
          onKeyDown={(event) => sendsByKey(event) && submit(event)}
          className="field-sizing-content max-h-48 min-h-10 min-w-0 grow resize-none bg-transparent px-2 py-2 text-base text-ink outline-none sm:text-sm"
        />
        {running ? (
          <Button
            icon="stop"
            onClick={() => {
              onStop()
              box.current?.focus()
            }}
          >
            {CHAT.stop}
          </Button>
        ) : (
          <Button type="submit" look="primary" icon="send" disabled={text.trim() === ''}>
            {CHAT.send}
          </Button>
        )}
      </div>
      <p className="flex flex-wrap justify-between gap-x-4 px-1 text-xs text-soft">
        <span>{CHAT.mayBeWrong}</span>
        {left < NEAR_MOST ? <span role="status">{CHAT.lettersLeft(left)}</span> : <span className="hidden sm:inline">{CHAT.boxHint}</span>}
      </p>
    </form>
  )
}
