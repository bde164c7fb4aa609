import type { Reply } from 'quarry-engine/client'
import { useSend } from '../../lib/api.ts'
import { EVALUATION } from '../../strings/evaluation.ts'
import { Badge } from '../../ui/badge.tsx'
import { Button, IconButton } from '../../ui/button.tsx'
import { Card } from '../../ui/card.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { useToasts } from '../../ui/toasts.tsx'
import { useDatabase } from '../databases/database-context.ts'
import { shownPages } from './case-draft.ts'
import { CaseForm } from './case-form.tsx'

type GoldenCase = Reply<'listGolden'>['cases'][number]

const WORDS = EVALUATION.set

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
        {golden.answerable ? <p className="text-xs text-soft wrap-anywhere">{sourcesOf(golden)}</p> : <Badge tone="warn">{WORDS.refuse}</Badge>}
        {golden.missing.length > 0 && <p className="text-xs text-warn wrap-anywhere">{WORDS.missing(golden.missing.join(', '))}</p>}
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

function sourcesOf({ expected, pages }: GoldenCase): string {
  const shown = [...new Set([...expected, ...pages.map(({ of }) => of)])].map((document) => {
    const on = shownPages(pages.filter(({ of }) => of === document).map(({ page }) => page))
    return on === '' ? document : WORDS.onPages(document, on)
  })
  return shown.join('; ')
}
