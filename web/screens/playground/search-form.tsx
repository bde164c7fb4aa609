import { type FormEvent, useState } from 'react'
import { FILTER, PLAYGROUND } from '../../strings/playground.ts'
import { Button } from '../../ui/button.tsx'
import { Card } from '../../ui/card.tsx'
import { TextField } from '../../ui/field.tsx'
import { draftOf, type FilterDraft, type FilterFault, type FilterMode, firstRow, noFilter, switched, textOf } from './filter-draft.ts'
import { FilterField } from './filter-field.tsx'
import type { KnownField } from './known-fields.ts'
import { type Options, SearchOptions } from './search-options.tsx'
import { MOST_RESULTS, type SearchState, searchOf } from './search-state.ts'
import type { Version } from './versions.ts'

interface SearchFormProps {
  /** What the address says; the form follows it when it goes back or forward. */
  readonly state: SearchState
  readonly fields: readonly KnownField[]
  readonly versions: readonly Version[]
  readonly isHybrid: boolean
  readonly weights: { readonly dense: number; readonly lexical: number }
  readonly isBusy: boolean
  /** That the server had something against the filter. */
  readonly filterFault: FilterFault | undefined
  readonly onSearch: (state: SearchState) => void
}

/** Everything that one search can be told. */
export function SearchForm({ state, fields, versions, isHybrid, weights, isBusy, filterFault, onSearch }: SearchFormProps) {
  const [seen, setSeen] = useState(searchOf(state))
  const [question, setQuestion] = useState(state.question)
  const [n, setN] = useState(String(state.n))
  const [filter, setFilter] = useState(() => draftOf(state.filter))
  const [showsFilter, setShowsFilter] = useState(state.filter !== '')
  const [options, setOptions] = useState<Options>(state)
  const [fault, setFault] = useState<FilterFault>()
  const [isMissing, setIsMissing] = useState(false)
  const count = Number(n)
  const isCount = Number.isInteger(count) && count >= 1 && count <= MOST_RESULTS

  const now = searchOf(state)
  if (now !== seen) {
    setSeen(now)
    if (now !== searchOf(drafted(state))) {
      setQuestion(state.question)
      setN(String(state.n))
      setFilter(inMode(draftOf(state.filter), filter.mode))
      setShowsFilter(state.filter !== '')
      setOptions(state)
      setFault(undefined)
    }
  }

  /** What the form says now; a filter that cannot be read is taken from `otherwise`. */
  function drafted(otherwise: SearchState): SearchState {
    const read = showsFilter ? textOf(filter) : { text: '' }
    return { ...options, question: question.trim(), n: isCount ? count : otherwise.n, filter: 'fault' in read ? otherwise.filter : read.text }
  }

  function submit(event: FormEvent) {
    event.preventDefault()
    const read = showsFilter ? textOf(filter) : { text: '' }
    setFault('fault' in read ? read.fault : undefined)
    setIsMissing(question.trim() === '')
    if ('fault' in read || question.trim() === '' || !isCount) return
    onSearch(drafted(state))
  }

  return (
    <Card>
      <form onSubmit={submit} className="grid gap-4" noValidate>
        <div className="grid grid-cols-[minmax(0,1fr)_auto] items-start gap-3 sm:grid-cols-[minmax(0,1fr)_6rem_auto]">
          <div className="col-span-2 sm:col-span-1">
            <TextField
              type="search"
              label={PLAYGROUND.question}
              placeholder={PLAYGROUND.questionPlaceholder}
              maxLength={4000}
              value={question}
              onChange={(event) => {
                setQuestion(event.target.value)
                setIsMissing(false)
              }}
              problem={isMissing ? PLAYGROUND.questionMissing : undefined}
            />
          </div>
          <TextField
            type="number"
            label={PLAYGROUND.results}
            min={1}
            max={MOST_RESULTS}
            value={n}
            onChange={(event) => setN(event.target.value)}
            problem={isCount ? undefined : PLAYGROUND.resultsProblem(MOST_RESULTS)}
          />
          <Button type="submit" look="primary" icon="search" busy={isBusy} className="mt-[1.625rem]">
            {PLAYGROUND.run}
          </Button>
        </div>
        {showsFilter ? (
          <FilterField
            draft={filter}
            fields={fields}
            fault={fault ?? filterFault}
            onChange={(draft) => {
              setFilter(draft)
              setFault(undefined)
            }}
            onTakeAway={() => {
              setShowsFilter(false)
              setFilter(noFilter())
              setFault(undefined)
              requestAnimationFrame(() => document.getElementById(ADD_FILTER)?.focus())
            }}
          />
        ) : (
          <div>
            <Button
              small
              id={ADD_FILTER}
              icon="filter"
              onClick={() => {
                const draft = firstRow()
                setFilter(draft)
                setShowsFilter(true)
                requestAnimationFrame(() => document.querySelector<HTMLElement>('[data-row]')?.focus())
              }}
            >
              {FILTER.add}
            </Button>
          </div>
        )}
        <SearchOptions options={options} versions={versions} isHybrid={isHybrid} weights={weights} onChange={setOptions} />
      </form>
    </Card>
  )
}

const ADD_FILTER = 'add-filter'

/** Written as the person was writing, where that can say it. */
function inMode(draft: FilterDraft, mode: FilterMode): FilterDraft {
  const tried = switched(draft, mode)
  return 'draft' in tried ? tried.draft : draft
}
