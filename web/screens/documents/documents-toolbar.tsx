import { type RefObject, useEffect, useState } from 'react'
import { DOCUMENTS } from '../../strings/documents.ts'
import { Button } from '../../ui/button.tsx'
import { Select, TextField } from '../../ui/field.tsx'
import type { Database } from '../databases/database-context.ts'
import type { Filters, StateFilter } from './use-documents.ts'

interface ToolbarProps {
  readonly counts: Database['documents']
  readonly filters: Filters
  readonly onFilters: (filters: Filters) => void
  readonly box: RefObject<HTMLDivElement | null>
}

const STATES: readonly StateFilter[] = ['ready', 'processing', 'queued', 'failed', 'archive']
/** Source: between two letters of somebody who types calmly. */
const PAUSE_MS = 250

export function DocumentsToolbar({ counts, filters, onFilters, box }: ToolbarProps) {
  const [typed, setTyped] = useState(filters.search)
  useEffect(() => setTyped(filters.search), [filters.search])
  useEffect(() => {
    if (typed.trim() === filters.search) return
    const timer = setTimeout(() => onFilters({ ...filters, search: typed.trim() }), PAUSE_MS)
    return () => clearTimeout(timer)
  }, [typed, filters, onFilters])
  return (
    <div ref={box} className="flex flex-wrap items-end gap-2">
      <div className="min-w-48 grow basis-64">
        <TextField
          type="search"
          label={DOCUMENTS.search}
          labelHidden
          placeholder={DOCUMENTS.search}
          maxLength={200}
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
        />
      </div>
      <div className="basis-44">
        <Select
          label={DOCUMENTS.filterState}
          labelHidden
          value={filters.state ?? ''}
          onChange={(event) => onFilters({ ...filters, state: STATES.find((state) => state === event.target.value) })}
        >
          <option value="">{DOCUMENTS.withCount(DOCUMENTS.all, counts.total)}</option>
          {STATES.filter((state) => counts[state] > 0 || filters.state === state).map((state) => (
            <option key={state} value={state}>
              {DOCUMENTS.withCount(DOCUMENTS.states[state], counts[state])}
            </option>
          ))}
        </Select>
      </div>
    </div>
  )
}

interface StatusProps {
  readonly many: number
  /** What to say while nothing is chosen. */
  readonly said: string
  readonly onDelete: () => void
  readonly onClear: () => void
}

/** How many there are, or what is chosen; stays in sight while one scrolls through what is chosen. */
export function StatusLine({ many, said, onDelete, onClear }: StatusProps) {
  return (
    <div
      aria-live="polite"
      className={`flex min-h-11 flex-wrap items-center gap-2 px-3 py-1.5 text-sm ${many > 0 ? 'sticky top-2 z-20 rounded-lg border border-accent bg-accent-soft shadow-sm' : 'text-soft'}`}
    >
      <span className={`grow ${many > 0 ? 'font-medium' : ''}`}>{many > 0 ? DOCUMENTS.selected(many) : said}</span>
      {many > 0 && (
        <>
          <Button small onClick={onClear}>
            {DOCUMENTS.clearSelection}
          </Button>
          <Button small look="danger" icon="trash" onClick={onDelete}>
            {DOCUMENTS.deleteSelected}
          </Button>
        </>
      )}
    </div>
  )
}
