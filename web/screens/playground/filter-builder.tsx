import { useEffect, useRef, useState } from 'react'
import { FILTER } from '../../strings/playground.ts'
import { Button, IconButton } from '../../ui/button.tsx'
import { Select } from '../../ui/field.tsx'
import { FieldProposals } from './filter-fields.tsx'
import { FilterRow } from './filter-row.tsx'
import { emptyGroup, type Group, isGroup, JOINS, type Join, newRow, type Row, replaced } from './filter-tree.ts'
import type { KnownField } from './known-fields.ts'

interface FilterBuilderProps {
  readonly tree: Group
  readonly fields: readonly KnownField[]
  readonly showsProblems: boolean
  readonly onChange: (tree: Group) => void
}

/** The deepest that groups can be nested by hand; the typed notations go further. */
const DEEPEST = 3

/** A filter made of rows. The focus goes to a new row, and after a removal to the button that adds one. */
export function FilterBuilder({ tree, fields, showsProblems, onChange }: FilterBuilderProps) {
  const box = useRef<HTMLDivElement>(null)
  const [wanted, setWanted] = useState<string>()
  useEffect(() => {
    if (wanted === undefined) return
    box.current?.querySelector<HTMLElement>(wanted)?.focus()
    setWanted(undefined)
  }, [wanted])

  function add(group: Group, part: Row | Group) {
    const row = isGroup(part) ? part.parts[0] : part
    onChange(replaced(tree, group.id, { ...group, parts: [...group.parts, part] }))
    setWanted(`[data-row="${row?.id}"]`)
  }
  function remove(group: Group, id: number) {
    onChange(replaced(tree, id, undefined))
    setWanted(`[data-add="${group.id}"]`)
  }

  const shown = (group: Group, place: string, depth: number) => (
    <div className="grid gap-2">
      {(group.parts.length > 1 || group.join === 'none' || depth > 0) && (
        <div className="max-w-64">
          <Select
            label={FILTER.join}
            labelHidden
            value={group.join}
            onChange={(event) => onChange(replaced(tree, group.id, { ...group, join: event.target.value as Join }))}
          >
            {JOINS.map((join) => (
              <option key={join} value={join}>
                {FILTER.joins[join]}
              </option>
            ))}
          </Select>
        </div>
      )}
      {group.parts.map((part, index) => {
        const name = place === '' ? String(index + 1) : `${place}.${index + 1}`
        if (!isGroup(part)) {
          return (
            <FilterRow
              key={part.id}
              row={part}
              place={name}
              fields={fields}
              showsProblems={showsProblems}
              onChange={(row) => onChange(replaced(tree, row.id, row))}
              onRemove={() => remove(group, part.id)}
            />
          )
        }
        return (
          // biome-ignore lint/a11y/useSemanticElements: a fieldset draws a legend
          <div key={part.id} role="group" aria-label={FILTER.group(name)} className="flex items-start gap-2 rounded-lg border border-line bg-ground p-2.5">
            <div className="min-w-0 grow">{shown(part, name, depth + 1)}</div>
            <IconButton icon="trash" label={FILTER.removeGroup(name)} onClick={() => remove(group, part.id)} />
          </div>
        )
      })}
      <div className="flex flex-wrap gap-2">
        <Button small icon="plus" data-add={group.id} onClick={() => add(group, newRow())}>
          {FILTER.addCondition}
        </Button>
        {depth < DEEPEST && group.parts.length > 0 && (
          <Button small look="quiet" icon="plus" onClick={() => add(group, { ...emptyGroup(group.join === 'any' ? 'all' : 'any'), parts: [newRow()] })}>
            {FILTER.addGroup}
          </Button>
        )}
      </div>
    </div>
  )
  return (
    <div ref={box}>
      <FieldProposals fields={fields} />
      {shown(tree, '', 0)}
    </div>
  )
}
