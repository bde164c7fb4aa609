import { AppError } from 'quarry-engine/client'
import { type FormEvent, useRef, useState } from 'react'
import { useSend } from '../../lib/api.ts'
import { ACCESS } from '../../strings/access.ts'
import { Button } from '../../ui/button.tsx'
import { ErrorNote } from '../../ui/error-note.tsx'
import { Select, TextField } from '../../ui/field.tsx'
import { Segments } from '../../ui/segments.tsx'
import { useToasts } from '../../ui/toasts.tsx'
import { LEVELS, type Level } from './people-card.tsx'

const WORDS = ACCESS.people
const LOOKS_LIKE_EMAIL = /^\S+@\S+$/
type Kind = keyof typeof WORDS.kinds

export function ShareForm({ database }: { readonly database: string }) {
  const [kind, setKind] = useState<Kind>('person')
  const [email, setEmail] = useState('')
  const [level, setLevel] = useState<Level>('read')
  const [isWrong, setIsWrong] = useState(false)
  const share = useSend('share', ['listShares'])
  const toasts = useToasts()
  const box = useRef<HTMLInputElement>(null)
  const isUnknown = share.error instanceof AppError && share.error.code === 'account/not-found'
  function submit(event: FormEvent) {
    event.preventDefault()
    const wrong = kind === 'person' && !LOOKS_LIKE_EMAIL.test(email.trim())
    setIsWrong(wrong)
    if (wrong) return box.current?.focus()
    share.mutate(
      { parameters: { database }, body: { with: kind === 'person' ? email.trim() : 'everyone', level } },
      {
        onSuccess: (shared) => {
          toasts.say(WORDS.shared(shared.name ?? shared.email ?? WORDS.everyone))
          setEmail('')
          box.current?.focus()
        },
      },
    )
  }
  return (
    <form onSubmit={submit} noValidate className="grid gap-3">
      <Segments
        label={WORDS.kind}
        value={kind}
        options={[
          { value: 'person', label: WORDS.kinds.person },
          { value: 'everyone', label: WORDS.kinds.everyone },
        ]}
        onValue={(value) => {
          setKind(value)
          share.reset()
        }}
      />
      <div className="flex flex-wrap items-start gap-3">
        {kind === 'person' && (
          <div className="grow basis-56">
            <TextField
              ref={box}
              type="email"
              label={WORDS.email}
              hint={WORDS.emailHint}
              autoComplete="off"
              value={email}
              onChange={(event) => {
                setEmail(event.target.value)
                setIsWrong(false)
                share.reset()
              }}
              problem={isWrong ? WORDS.emailProblem : isUnknown ? WORDS.unknown(email.trim()) : undefined}
            />
          </div>
        )}
        <div className="grow basis-56 sm:max-w-80">
          <Select label={WORDS.level} value={level} onChange={(event) => setLevel(event.target.value as Level)}>
            {LEVELS.map((one) => (
              <option key={one} value={one}>
                {WORDS.levels[one]}
              </option>
            ))}
          </Select>
        </div>
        <Button type="submit" look="primary" busy={share.isPending} className="sm:mt-[1.625rem]">
          {WORDS.share}
        </Button>
      </div>
      {share.error !== null && !isUnknown && <ErrorNote fault={share.error} />}
    </form>
  )
}
