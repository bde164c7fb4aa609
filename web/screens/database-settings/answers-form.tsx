import { type FormEvent, useRef, useState } from 'react'
import { useSend } from '../../lib/api.ts'
import { DATABASE_SETTINGS } from '../../strings/database-settings.ts'
import { Button } from '../../ui/button.tsx'
import { Card } from '../../ui/card.tsx'
import { ErrorNote } from '../../ui/error-note.tsx'
import { Select, TextArea, TextField } from '../../ui/field.tsx'
import { focusFirstInvalid } from '../../ui/focus-invalid.ts'
import { useToasts } from '../../ui/toasts.tsx'
import type { Database } from '../databases/database-context.ts'
import { type AnswerDraft, type Choice, changeOf, draftOf, isNamed, type ModelOfItsOwn } from './answer-draft.ts'

const WORDS = DATABASE_SETTINGS.answers
const STRICTNESS = ['mark', 'remove', 'withhold'] as const
const CHOICES = ['server', 'none', 'own'] as const

/** Which model writes, in which voice, and how strict it is with what no passage supports. */
export function AnswersForm({ database }: { readonly database: Database }) {
  const [draft, setDraft] = useState<AnswerDraft>(() => draftOf(database.answers))
  const [isTried, setTried] = useState(false)
  const form = useRef<HTMLFormElement>(null)
  const update = useSend('updateDatabase', ['getDatabase', 'listDatabases', 'query'])
  const toasts = useToasts()
  const change = changeOf(draft, database.answers)
  const isChanged = Object.keys(change).length > 0
  const set = (part: Partial<AnswerDraft>) => setDraft((now) => ({ ...now, ...part }))
  function save(event: FormEvent) {
    event.preventDefault()
    setTried(true)
    if (!isNamed(draft.chat) || !isNamed(draft.reranker)) return focusFirstInvalid(form.current)
    if (!isChanged) return
    update.mutate(
      { parameters: { database: database.id }, body: { answers: change } },
      {
        onSuccess: (saved) => {
          setDraft(draftOf(saved.answers))
          toasts.say(DATABASE_SETTINGS.general.saved)
        },
      },
    )
  }
  return (
    <Card title={WORDS.title} hint={WORDS.hint}>
      <form ref={form} noValidate onSubmit={save} className="grid max-w-2xl gap-4">
        <ModelField words={WORDS.chat} model={draft.chat} isTried={isTried} onChange={(chat) => set({ chat })} />
        <ModelField words={WORDS.reranker} model={draft.reranker} isTried={isTried} onChange={(reranker) => set({ reranker })} />
        <Select
          label={WORDS.strictness}
          hint={WORDS.strictHints[draft.strictness]}
          value={draft.strictness}
          onChange={(event) => set({ strictness: STRICTNESS.find((one) => one === event.target.value) ?? 'mark' })}
        >
          {STRICTNESS.map((one) => (
            <option key={one} value={one}>
              {WORDS.strict[one]}
            </option>
          ))}
        </Select>
        <TextArea
          label={WORDS.voice}
          hint={WORDS.voiceHint}
          rows={3}
          maxLength={2000}
          value={draft.voice}
          onChange={(event) => set({ voice: event.target.value })}
        />
        {update.error !== null && <ErrorNote fault={update.error} />}
        <div>
          <Button type="submit" look="primary" busy={update.isPending} disabled={!isChanged}>
            {WORDS.save}
          </Button>
        </div>
      </form>
    </Card>
  )
}

interface ModelFieldProps {
  readonly words: (typeof WORDS)['chat'] | (typeof WORDS)['reranker']
  readonly model: ModelOfItsOwn
  readonly isTried: boolean
  readonly onChange: (model: ModelOfItsOwn) => void
}

function ModelField({ words, model, isTried, onChange }: ModelFieldProps) {
  return (
    <div className="grid items-start gap-3 sm:grid-cols-2">
      <Select
        label={words.label}
        hint={words.hint}
        value={model.choice}
        onChange={(event) => onChange({ ...model, choice: CHOICES.find((one) => one === event.target.value) ?? 'server' })}
      >
        {CHOICES.map((choice: Choice) => (
          <option key={choice} value={choice}>
            {words.choices[choice]}
          </option>
        ))}
      </Select>
      {model.choice === 'own' && (
        <TextField
          label={words.name}
          hint={words.nameHint}
          problem={isTried && !isNamed(model) ? WORDS.nameProblem : undefined}
          spellCheck={false}
          autoCapitalize="none"
          autoComplete="off"
          maxLength={200}
          value={model.name}
          onChange={(event) => onChange({ ...model, name: event.target.value })}
        />
      )}
    </div>
  )
}
