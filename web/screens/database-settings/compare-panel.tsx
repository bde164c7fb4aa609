import { useQuery } from '@tanstack/react-query'
import { type FormEvent, useEffect, useRef, useState } from 'react'
import { api } from '../../lib/api.ts'
import { DATABASE_SETTINGS } from '../../strings/database-settings.ts'
import { Button, IconButton } from '../../ui/button.tsx'
import { ErrorNote } from '../../ui/error-note.tsx'
import { TextField } from '../../ui/field.tsx'
import { ComparedQuestion } from './compared-question.tsx'
import type { Version } from './index-work.ts'

const WORDS = DATABASE_SETTINGS.compare
const SUGGESTED = 5

interface ComparePanelProps {
  readonly database: string
  readonly live: Version
  readonly other: Version
  readonly onClose: () => void
}

/** A few questions put to the live version and to another one, side by side. */
export function ComparePanel({ database, live, other, onClose }: ComparePanelProps) {
  const [questions, setQuestions] = useState<readonly string[]>([])
  const [draft, setDraft] = useState('')
  const heading = useRef<HTMLHeadingElement>(null)
  const box = useRef<HTMLInputElement>(null)
  const suggestions = useQuery({
    queryKey: ['suggestions-to-compare', database],
    queryFn: ({ signal }) => api.call('suggestions', { parameters: { database }, query: { n: SUGGESTED }, signal }),
    enabled: false,
  })
  useEffect(() => heading.current?.focus(), [])

  const add = (more: readonly string[]) => setQuestions((now) => [...now, ...more.filter((question) => !now.includes(question))])
  function submit(event: FormEvent) {
    event.preventDefault()
    if (draft.trim() === '') return
    add([draft.trim()])
    setDraft('')
  }
  async function suggest() {
    const { data } = await suggestions.refetch()
    if (data !== undefined) add(data.suggestions)
  }
  return (
    <section aria-labelledby={`compare-${other.id}`} className="rounded-xl border border-accent bg-surface p-4 sm:p-5">
      <div className="mb-3 flex items-start justify-between gap-3">
        <div>
          <h2 id={`compare-${other.id}`} ref={heading} tabIndex={-1} className="text-base font-semibold outline-none">
            {WORDS.title(other.ordinal, live.ordinal)}
          </h2>
          <p className="mt-0.5 text-sm text-soft">{WORDS.hint}</p>
        </div>
        <IconButton icon="close" label={WORDS.close} onClick={onClose} />
      </div>
      <form onSubmit={submit} className="flex flex-wrap items-end gap-2">
        <div className="min-w-0 grow basis-60">
          <TextField
            ref={box}
            label={WORDS.add}
            placeholder={WORDS.addPlaceholder}
            maxLength={4000}
            value={draft}
            onChange={(event) => setDraft(event.target.value)}
          />
        </div>
        <Button type="submit" icon="plus">
          {WORDS.addButton}
        </Button>
        <Button look="quiet" busy={suggestions.isFetching} onClick={() => void suggest()}>
          {WORDS.suggest}
        </Button>
      </form>
      <div className="mt-4 grid grid-cols-[minmax(0,1fr)] gap-3">
        {suggestions.error !== null && <ErrorNote fault={suggestions.error} />}
        {questions.length === 0 && (
          <p role="status" className="text-sm text-soft">
            {suggestions.data?.suggestions.length === 0 ? WORDS.noSuggestions : WORDS.empty}
          </p>
        )}
        {questions.map((question) => (
          <ComparedQuestion
            key={question}
            database={database}
            question={question}
            other={other}
            onRemove={() => {
              setQuestions(questions.filter((one) => one !== question))
              box.current?.focus()
            }}
          />
        ))}
      </div>
    </section>
  )
}
