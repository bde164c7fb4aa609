import type { AppError } from 'quarry-engine/client'
import { useId, useState } from 'react'
import { placeInText } from '../../lib/filter-notation.ts'
import { FILTER } from '../../strings/playground.ts'
import { Button } from '../../ui/button.tsx'
import { TextArea } from '../../ui/field.tsx'
import { Segments } from '../../ui/segments.tsx'
import { FilterBuilder } from './filter-builder.tsx'
import { type FilterDraft, type FilterFault, type FilterMode, switched } from './filter-draft.ts'
import type { KnownField } from './known-fields.ts'

interface FilterFieldProps {
  readonly draft: FilterDraft
  readonly fields: readonly KnownField[]
  /** Of the last attempt to search. */
  readonly fault: FilterFault | undefined
  readonly onChange: (draft: FilterDraft) => void
  readonly onTakeAway: () => void
}

const MODES: readonly FilterMode[] = ['rows', 'text', 'json']

/** A filter by hand or typed; going from one to the other keeps its meaning, or says why it cannot. */
export function FilterField({ draft, fields, fault, onChange, onTakeAway }: FilterFieldProps) {
  const [inTheWay, setInTheWay] = useState<FilterFault>()
  const title = useId()
  const shownFault = inTheWay ?? fault
  function change(next: FilterDraft) {
    setInTheWay(undefined)
    onChange(next)
  }
  function goTo(mode: FilterMode) {
    const tried = switched(draft, mode)
    if ('draft' in tried) change(tried.draft)
    else setInTheWay(tried.fault)
  }
  return (
    <section aria-labelledby={title} className="grid gap-3 rounded-lg border border-line p-3">
      <div className="flex flex-wrap items-center justify-between gap-2">
        <div>
          <h2 id={title} className="text-sm font-medium">
            {FILTER.legend}
          </h2>
          <p className="text-xs text-soft">{FILTER.hint}</p>
        </div>
        <div className="flex flex-wrap items-center gap-2">
          <Segments label={FILTER.mode} value={draft.mode} options={MODES.map((mode) => ({ value: mode, label: FILTER.modes[mode] }))} onValue={goTo} />
          <Button small look="quiet" icon="close" onClick={onTakeAway}>
            {FILTER.take}
          </Button>
        </div>
      </div>
      {draft.mode === 'rows' ? (
        <FilterBuilder tree={draft.tree} fields={fields} showsProblems={shownFault?.kind === 'unfinished'} onChange={(tree) => change({ ...draft, tree })} />
      ) : (
        <TextArea
          label={FILTER[draft.mode]}
          labelHidden
          hint={draft.mode === 'json' ? FILTER.jsonHint : FILTER.textHint}
          rows={draft.mode === 'json' ? 5 : 2}
          spellCheck={false}
          className="font-mono text-[13px]"
          value={draft.text}
          aria-invalid={shownFault !== undefined || undefined}
          onChange={(event) => change({ ...draft, text: event.target.value })}
        />
      )}
      {shownFault !== undefined && <FaultOfFilter fault={shownFault} text={draft.mode === 'rows' ? '' : draft.text} />}
    </section>
  )
}

function FaultOfFilter({ fault, text }: { readonly fault: FilterFault; readonly text: string }) {
  const told = fault.kind === 'told' ? fault.fault.body() : undefined
  const at = fault.kind === 'not-json' ? fault.at : placeInText(told?.facts.at)
  const says = { unfinished: FILTER.unfinished, 'not-json': FILTER.notJson, 'not-rows': FILTER.notRows, told: toldIn(told) }[fault.kind]
  return (
    <div role="alert" className="grid gap-1 text-sm text-bad">
      <p>{says}</p>
      {at !== undefined && text !== '' && <MarkedPlace text={text} at={at} />}
    </div>
  )
}

/** The facts of a filter that cannot be read, as a sentence; the place in a text is shown in it instead. */
function toldIn(told: ReturnType<AppError['body']> | undefined): string {
  const { at, expected, got } = told?.facts ?? {}
  if (typeof expected !== 'string' || typeof got !== 'string') return told?.message ?? ''
  return FILTER.unreadable(expected, got, typeof at === 'string' && placeInText(at) === undefined ? at : undefined)
}

const AROUND = 40

/** The piece of the text where the fault is, with the place marked. */
function MarkedPlace({ text, at }: { readonly text: string; readonly at: number }) {
  const from = Math.max(0, at - AROUND)
  return (
    <p>
      {FILTER.here}{' '}
      <code className="rounded bg-bad-soft px-1.5 py-0.5 font-mono text-[13px] whitespace-pre-wrap text-ink">
        {from > 0 && '…'}
        {text.slice(from, at)}
        <mark className="rounded-sm px-0.5">{text.slice(at, at + 1) === '' ? ' ' : text.slice(at, at + 1)}</mark>
        {text.slice(at + 1, at + AROUND)}
      </code>
    </p>
  )
}
