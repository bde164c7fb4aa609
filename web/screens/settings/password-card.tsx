'use client'
import { AppError } from 'quarry-engine/client'
import { type FormEvent, useRef, useState } from 'react'
import { useSend } from '../../lib/api.ts'
import { number } from '../../lib/format.ts'
import { PROFILE } from '../../strings/settings.ts'
import { SIGN_IN } from '../../strings/sign-in.ts'
import { Button } from '../../ui/button.tsx'
import { Card } from '../../ui/card.tsx'
import { ErrorNote } from '../../ui/error-note.tsx'
import { LEAST_PASSWORD_LENGTH, PasswordField } from '../../ui/password-field.tsx'
import { useToasts } from '../../ui/toasts.tsx'

export function PasswordCard() {
  const [current, setCurrent] = useState('')
  const [next, setNext] = useState('')
  const [problems, setProblems] = useState<{ readonly current?: string; readonly next?: string }>({})
  const currentField = useRef<HTMLInputElement>(null)
  const nextField = useRef<HTMLInputElement>(null)
  const toasts = useToasts()
  const change = useSend('changePassword', ['listSessions'])

  function refuse(found: typeof problems) {
    setProblems(found)
    ;(found.current === undefined ? nextField : currentField).current?.focus()
  }

  function submit(event: FormEvent) {
    event.preventDefault()
    setProblems({})
    if (current === '') return refuse({ current: PROFILE.needed })
    if (next.length < LEAST_PASSWORD_LENGTH) return refuse({ next: SIGN_IN.problems.short(number(LEAST_PASSWORD_LENGTH)) })
    change.mutate(
      { body: { current, password: next } },
      {
        onSuccess: () => {
          setCurrent('')
          setNext('')
          toasts.say(PROFILE.changed)
        },
        onError: (fault) => {
          if (!(fault instanceof AppError)) return
          const { reason } = fault.facts
          if (fault.code === 'auth/wrong-password') refuse({ current: PROFILE.wrong })
          if (fault.code === 'account/weak-password') refuse({ next: SIGN_IN.problems.weak(typeof reason === 'string' ? reason : SIGN_IN.problems.weakReason) })
        },
      },
    )
  }

  const hasPlace = problems.current !== undefined || problems.next !== undefined
  return (
    <Card title={PROFILE.password} hint={PROFILE.passwordHint}>
      <form className="grid gap-4" noValidate onSubmit={submit}>
        <PasswordField ref={currentField} kind="current" label={PROFILE.current} value={current} onValue={setCurrent} problem={problems.current} />
        <PasswordField ref={nextField} kind="new" label={PROFILE.next} value={next} onValue={setNext} problem={problems.next} />
        {change.error !== null && !hasPlace && <ErrorNote fault={change.error} />}
        <Button type="submit" className="justify-self-start" busy={change.isPending}>
          {PROFILE.change}
        </Button>
      </form>
    </Card>
  )
}
