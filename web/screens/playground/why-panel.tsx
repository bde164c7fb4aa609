import { type FormEvent, useDeferredValue, useState } from 'react'
import { useCall } from '../../lib/api.ts'
import { sentFilter } from '../../lib/filter-notation.ts'
import { PLAYGROUND } from '../../strings/playground.ts'
import { Card } from '../../ui/card.tsx'
import { ErrorNote } from '../../ui/error-note.tsx'
import { TextField } from '../../ui/field.tsx'
import { Icon } from '../../ui/icon.tsx'
import { SkeletonLines } from '../../ui/skeleton.tsx'
import type { SearchState } from './search-state.ts'
import { Verdict } from './verdict.tsx'

const WORDS = PLAYGROUND.why
const MATCHES = 8

/** Finds a document by its name and shows what the search makes of it for the question at hand. */
export function WhyPanel({ database, state }: { readonly database: string; readonly state: SearchState }) {
  const [search, setSearch] = useState('')
  const [chosen, setChosen] = useState<string>()
  const sought = useDeferredValue(search.trim())
  const matches = useCall('listDocuments', { parameters: { database }, query: { search: sought, limit: MATCHES } }, { enabled: sought !== '' })
  const { question, n, filter, threshold } = state
  const asked = {
    query: question,
    n_results: n,
    document: chosen ?? '',
    ...(filter === '' ? {} : { filter: sentFilter(filter) }),
    ...(threshold === undefined ? {} : { threshold }),
  }
  const verdict = useCall('why', { parameters: { database }, body: asked }, { enabled: chosen !== undefined, staleTime: Number.POSITIVE_INFINITY })
  function takeFirst(event: FormEvent) {
    event.preventDefault()
    const [first] = matches.data?.documents ?? []
    if (first !== undefined) setChosen(first.id)
  }
  return (
    <Card title={WORDS.title} hint={WORDS.hint}>
      <div className="grid gap-x-6 gap-y-4 lg:grid-cols-2">
        <form onSubmit={takeFirst} className="grid content-start gap-2">
          <TextField
            type="search"
            label={WORDS.search}
            placeholder={WORDS.searchPlaceholder}
            autoComplete="off"
            value={search}
            maxLength={200}
            onChange={(event) => setSearch(event.target.value)}
          />
          {matches.error !== null && <ErrorNote fault={matches.error} onRetry={() => void matches.refetch()} />}
          {sought !== '' && matches.data?.documents.length === 0 && (
            <p role="status" className="text-sm text-soft">
              {WORDS.noMatch}
            </p>
          )}
          {sought !== '' && matches.data !== undefined && matches.data.documents.length > 0 && (
            <ul aria-label={WORDS.matches} className="grid gap-0.5">
              {matches.data.documents.map(({ id, name, title }) => (
                <li key={id}>
                  <button
                    type="button"
                    aria-pressed={id === chosen}
                    onClick={() => setChosen(id)}
                    className="flex min-h-9 w-full items-center gap-2 rounded-lg px-2 py-1.5 text-left text-sm hover:bg-sunken aria-pressed:bg-accent-soft aria-pressed:text-accent"
                  >
                    <Icon name="file" className="size-4" />
                    <span className="min-w-0">
                      {title ?? name}
                      {title !== null && title !== name && <span className="ml-2 text-xs text-soft">{name}</span>}
                    </span>
                  </button>
                </li>
              ))}
            </ul>
          )}
        </form>
        <section aria-label={WORDS.verdict} aria-live="polite" className="min-w-0">
          {verdict.error !== null && <ErrorNote fault={verdict.error} onRetry={() => void verdict.refetch()} />}
          {chosen !== undefined && verdict.isFetching && verdict.data === undefined && <SkeletonLines lines={3} className="h-8" />}
          {verdict.data !== undefined && <Verdict database={database} told={verdict.data} />}
        </section>
      </div>
    </Card>
  )
}
