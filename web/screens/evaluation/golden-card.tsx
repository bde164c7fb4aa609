import type { Reply } from 'quarry-engine/client'
import { type FormEvent, useState } from 'react'
import { useSend } from '../../lib/api.ts'
import { EVALUATION } from '../../strings/evaluation.ts'
import { Badge } from '../../ui/badge.tsx'
import { Button, IconButton } from '../../ui/button.tsx'
import { Card } from '../../ui/card.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { ErrorNote } from '../../ui/error-note.tsx'
import { Checkbox, TextArea, TextField } from '../../ui/field.tsx'
import { useToasts } from '../../ui/toasts.tsx'
import { useDatabase } from '../databases/database-context.ts'

type GoldenCase = Reply<'listGolden'>['cases'][number]

const WORDS = EVALUATION.set
const NEW = { question: '', isAnswerable: true, expected: '', answer: '' }

export function GoldenCard({
  cases,
  hasMore,
  isLoading,
  onMore,
}: {
  readonly cases: readonly GoldenCase[]
  readonly hasMore: boolean
  readonly isLoading: boolean
  onMore(): void
}) {
  return (
    <Card title={WORDS.title} hint={WORDS.hint}>
      <div className="grid gap-5">
        {cases.length === 0 ? (
          <EmptyState icon="check" title={WORDS.empty}>
            {WORDS.emptyText}
          </EmptyState>
        ) : (
          <ul aria-label={WORDS.list} className="divide-y divide-line">
            {cases.map((one) => (
              <CaseRow key={one.id} golden={one} />
            ))}
          </ul>
        )}
        {hasMore && (
          <Button busy={isLoading} onClick={onMore} className="justify-self-start">
            {WORDS.more}
          </Button>
        )}
        <CaseForm />
      </div>
    </Card>
  )
}

function CaseRow({ golden }: { readonly golden: GoldenCase }) {
  const { id: database } = useDatabase()
  const { fail } = useToasts()
  const remove = useSend('removeGolden', ['listGolden'])
  return (
    <li className="flex items-start gap-3 py-2.5">
      <div className="min-w-0 flex-1 text-sm">
        <p className="wrap-anywhere">{golden.question}</p>
        {golden.answerable ? <p className="text-xs text-soft wrap-anywhere">{golden.expected.join(', ')}</p> : <Badge tone="warn">{WORDS.refuse}</Badge>}
      </div>
      <IconButton
        icon="trash"
        label={WORDS.remove(golden.question)}
        disabled={remove.isPending}
        onClick={() => remove.mutate({ parameters: { database, case: golden.id } }, { onError: fail })}
      />
    </li>
  )
}

function CaseForm() {
  const { id: database } = useDatabase()
  const { say } = useToasts()
  const put = useSend('putGolden', ['listGolden'])
  const [draft, setDraft] = useState(NEW)
  const [isTried, setIsTried] = useState(false)
  const expected = draft.isAnswerable
    ? draft.expected
        .split('\n')
        .map((line) => line.trim())
        .filter((line) => line !== '')
    : []
  const isMissing = draft.isAnswerable && expected.length === 0

  function add(event: FormEvent): void {
    event.preventDefault()
    setIsTried(true)
    if (isMissing || put.isPending) return
    const answer = draft.answer.trim()
    const golden = { question: draft.question, answerable: draft.isAnswerable, expected, ...(answer === '' ? {} : { answer }) }
    put.mutate(
      { parameters: { database }, body: { cases: [golden] } },
      {
        onSuccess: () => {
          setDraft(NEW)
          setIsTried(false)
          say(WORDS.added)
        },
      },
    )
  }

  return (
    <form onSubmit={add} className="grid max-w-2xl gap-4 border-t border-line pt-5">
      <TextField
        label={WORDS.question}
        required
        maxLength={4000}
        value={draft.question}
        onChange={(event) => setDraft({ ...draft, question: event.target.value })}
      />
      <Checkbox
        label={WORDS.answerable}
        hint={WORDS.answerableHint}
        checked={draft.isAnswerable}
        onChange={(event) => setDraft({ ...draft, isAnswerable: event.target.checked })}
      />
      {draft.isAnswerable && (
        <>
          <TextArea
            label={WORDS.expected}
            hint={WORDS.expectedHint}
            problem={isTried && isMissing ? WORDS.expectedMissing : undefined}
            rows={2}
            value={draft.expected}
            onChange={(event) => setDraft({ ...draft, expected: event.target.value })}
          />
          <TextField
            label={WORDS.answer}
            hint={WORDS.answerHint}
            value={draft.answer}
            onChange={(event) => setDraft({ ...draft, answer: event.target.value })}
          />
        </>
      )}
      {put.error !== null && <ErrorNote fault={put.error} />}
      <Button type="submit" look="primary" busy={put.isPending} className="justify-self-start">
        {WORDS.add}
      </Button>
    </form>
  )
}
