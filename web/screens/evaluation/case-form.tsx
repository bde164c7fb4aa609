import { type FormEvent, useDeferredValue, useId, useRef, useState } from 'react'
import { useCall, useSend } from '../../lib/api.ts'
import { EVALUATION } from '../../strings/evaluation.ts'
import { Button, IconButton } from '../../ui/button.tsx'
import { ErrorNote } from '../../ui/error-note.tsx'
import { Checkbox, TextField } from '../../ui/field.tsx'
import { focusFirstInvalid } from '../../ui/focus-invalid.ts'
import { useToasts } from '../../ui/toasts.tsx'
import { useDatabase } from '../databases/database-context.ts'
import { type CaseDraft, caseOf, isSound, NEW_CASE, problemsOf, type SourceDraft } from './case-draft.ts'

const WORDS = EVALUATION.set

/** Adds a question to the set. */
export function CaseForm() {
  const { id: database } = useDatabase()
  const { say } = useToasts()
  const put = useSend('putGolden', ['listGolden'])
  const [draft, setDraft] = useState(NEW_CASE)
  const [isTried, setIsTried] = useState(false)
  const form = useRef<HTMLFormElement>(null)
  const set = (part: Partial<CaseDraft>) => setDraft((now) => ({ ...now, ...part }))

  function add(event: FormEvent) {
    event.preventDefault()
    setIsTried(true)
    if (put.isPending) return
    if (!isSound(problemsOf(draft))) return focusFirstInvalid(form.current)
    put.mutate(
      { parameters: { database }, body: { cases: [caseOf(draft)] } },
      {
        onSuccess: ({ cases }) => {
          const missing = cases.flatMap((one) => one.missing)
          setDraft(NEW_CASE)
          setIsTried(false)
          say(missing.length === 0 ? WORDS.added : WORDS.addedMissing(missing.join(', ')))
        },
      },
    )
  }

  return (
    <form ref={form} onSubmit={add} className="grid max-w-2xl gap-4 border-t border-line pt-5">
      <TextField label={WORDS.question} required maxLength={4000} value={draft.question} onChange={(event) => set({ question: event.target.value })} />
      <Checkbox
        label={WORDS.answerable}
        hint={WORDS.answerableHint}
        checked={draft.isAnswerable}
        onChange={(event) => set({ isAnswerable: event.target.checked })}
      />
      {draft.isAnswerable && (
        <>
          <Sources draft={draft} isTried={isTried} onChange={(sources) => set({ sources })} />
          <TextField label={WORDS.answer} hint={WORDS.answerHint} value={draft.answer} onChange={(event) => set({ answer: event.target.value })} />
        </>
      )}
      {put.error !== null && <ErrorNote fault={put.error} />}
      <Button type="submit" look="primary" busy={put.isPending} className="justify-self-start">
        {WORDS.add}
      </Button>
    </form>
  )
}

interface SourcesProps {
  readonly draft: CaseDraft
  readonly isTried: boolean
  readonly onChange: (sources: readonly SourceDraft[]) => void
}

/** The documents that hold the answer, one line each, with names offered while one types. */
function Sources({ draft, isTried, onChange }: SourcesProps) {
  const { id: database } = useDatabase()
  const { sources } = draft
  const { hasNoDocument, wrongPages, pagesOfNothing } = problemsOf(draft)
  const [typed, setTyped] = useState('')
  const search = useDeferredValue(typed.trim())
  const known = useCall('listDocuments', { parameters: { database }, query: { limit: 20, ...(search === '' ? {} : { search }) } })
  const names = useId()
  const change = (key: number, part: Partial<SourceDraft>) => onChange(sources.map((one) => (one.key === key ? { ...one, ...part } : one)))

  return (
    <fieldset className="grid gap-3">
      <legend className="sr-only">{WORDS.expected}</legend>
      <datalist id={names}>
        {(known.data?.documents ?? []).map(({ external_id, name }) => (
          <option key={external_id} value={external_id} label={name === external_id ? undefined : name} />
        ))}
      </datalist>
      {sources.map(({ key, document, pages }, place) => (
        <div key={key} className="flex flex-wrap items-start gap-3">
          <div className="grow basis-56">
            <TextField
              label={place === 0 ? WORDS.expected : WORDS.alsoExpected}
              hint={place === 0 ? WORDS.expectedHint : undefined}
              problem={!isTried ? undefined : pagesOfNothing.has(key) ? WORDS.pagesOfNothing : place === 0 && hasNoDocument ? WORDS.expectedMissing : undefined}
              list={names}
              maxLength={1000}
              autoComplete="off"
              spellCheck={false}
              value={document}
              onChange={(event) => {
                setTyped(event.target.value.slice(0, 200))
                change(key, { document: event.target.value })
              }}
            />
          </div>
          <div className="w-36">
            <TextField
              label={WORDS.pages}
              hint={place === 0 ? WORDS.pagesHint : undefined}
              problem={isTried && wrongPages.has(key) ? WORDS.pagesProblem : undefined}
              autoComplete="off"
              maxLength={200}
              value={pages}
              onChange={(event) => change(key, { pages: event.target.value })}
            />
          </div>
          {sources.length > 1 && (
            <div className="pt-6.5">
              <IconButton
                icon="trash"
                label={document.trim() === '' ? WORDS.dropLine : WORDS.dropDocument(document.trim())}
                onClick={() => onChange(sources.filter((one) => one.key !== key))}
              />
            </div>
          )}
        </div>
      ))}
      {sources.length < 100 && (
        <Button
          small
          icon="plus"
          className="justify-self-start"
          onClick={() => onChange([...sources, { key: Math.max(...sources.map(({ key }) => key)) + 1, document: '', pages: '' }])}
        >
          {WORDS.another}
        </Button>
      )}
    </fieldset>
  )
}
