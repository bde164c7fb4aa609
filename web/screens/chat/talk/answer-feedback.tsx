import { type SyntheticEvent, useRef, useState } from 'react'
import { CHAT } from '../../../strings/chat.ts'
import { Button, IconButton } from '../../../ui/button.tsx'
import { TextArea } from '../../../ui/field.tsx'
import { useToasts } from '../../../ui/toasts.tsx'
import type { Feedback } from './message.ts'

const MOST_LETTERS = 2000

interface AnswerFeedbackProps {
  readonly feedback: Feedback
  readonly onRate: (feedback: Feedback) => Promise<void>
}

/** Two thumbs; a rating may be told why. Pressing the same thumb again takes it back. */
export function AnswerFeedback({ feedback, onRate }: AnswerFeedbackProps) {
  const [asks, setAsks] = useState(false)
  const toasts = useToasts()
  const group = useRef<HTMLDivElement>(null)

  async function rate(rating: 'up' | 'down') {
    const isBack = feedback.rating === rating
    setAsks(!isBack)
    await onRate({ rating: isBack ? null : rating, comment: null }).catch(toasts.fail)
  }
  function close() {
    setAsks(false)
    group.current?.querySelector<HTMLElement>('[aria-pressed=true]')?.focus()
  }
  async function comment(text: string) {
    close()
    if (text === '' || feedback.rating === null) return
    await onRate({ rating: feedback.rating, comment: text }).then(() => toasts.say(CHAT.thanks), toasts.fail)
  }

  return (
    <>
      <div ref={group} className="inline-flex">
        <IconButton icon="thumbUp" label={CHAT.good} aria-pressed={feedback.rating === 'up'} onClick={() => void rate('up')} />
        <IconButton icon="thumbDown" label={CHAT.bad} aria-pressed={feedback.rating === 'down'} onClick={() => void rate('down')} />
      </div>
      {asks && feedback.rating !== null && <CommentForm comment={feedback.comment ?? ''} onSend={(text) => void comment(text)} onClose={close} />}
    </>
  )
}

function CommentForm({ comment, onSend, onClose }: { readonly comment: string; readonly onSend: (text: string) => void; readonly onClose: () => void }) {
  const [text, setText] = useState(comment)
  function send(event: SyntheticEvent) {
    event.preventDefault()
    onSend(text.trim())
  }
  return (
    <form onSubmit={send} className="order-last grid w-full gap-2 rounded-lg border border-line bg-surface p-3">
      <TextArea
        label={CHAT.comment}
        rows={2}
        maxLength={MOST_LETTERS}
        value={text}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => event.key === 'Escape' && onClose()}
      />
      <div className="flex justify-end gap-2">
        <Button small onClick={onClose}>
          {CHAT.noComment}
        </Button>
        <Button small type="submit" look="primary" disabled={text.trim() === ''}>
          {CHAT.sendComment}
        </Button>
      </div>
    </form>
  )
}
