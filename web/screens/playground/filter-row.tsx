import { FILTER } from '../../strings/playground.ts'
import { IconButton } from '../../ui/button.tsx'
import { Select, TextField } from '../../ui/field.tsx'
import { FIELDS_LIST, proposalsFor } from './filter-fields.tsx'
import { needsValue, OPERATORS, type Operator, problemOf, type Row, takesList, type ValueType } from './filter-tree.ts'
import type { KnownField } from './known-fields.ts'

const TYPES: readonly ValueType[] = ['text', 'number', 'truth']

interface FilterRowProps {
  readonly row: Row
  /** Its number, such as "1.2", for names that are told apart. */
  readonly place: string
  readonly fields: readonly KnownField[]
  /** Says what is missing; not while somebody has only begun. */
  readonly showsProblems: boolean
  readonly onChange: (row: Row) => void
  readonly onRemove: () => void
}

/** One condition: field, operator and value. The type is asked only where the documents do not tell it. */
export function FilterRow({ row, place, fields, showsProblems, onChange, onRemove }: FilterRowProps) {
  const known = fields.find(({ name }) => name === row.field.trim())
  const problem = showsProblems ? problemOf(row) : undefined
  const asksType = needsValue(row.operator) && row.field.trim() !== '' && known?.type === undefined
  function setField(field: string) {
    const type = fields.find(({ name }) => name === field.trim())?.type
    onChange({ ...row, field, ...(type === undefined ? {} : typed(row, type)) })
  }
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset draws a legend, and this is one row
    <div role="group" aria-label={FILTER.condition(place)} className="flex items-start gap-2">
      <div className="grid min-w-0 grow gap-2 sm:grid-cols-[minmax(0,1fr)_9rem_minmax(0,1.2fr)]">
        <TextField
          label={FILTER.field}
          labelHidden
          list={FIELDS_LIST}
          placeholder={FILTER.fieldPlaceholder}
          autoComplete="off"
          autoCapitalize="off"
          spellCheck={false}
          value={row.field}
          onChange={(event) => setField(event.target.value)}
          problem={problem === 'field' ? FILTER.problems.field : undefined}
          data-row={row.id}
        />
        <Select label={FILTER.operator} labelHidden value={row.operator} onChange={(event) => onChange({ ...row, operator: event.target.value as Operator })}>
          {OPERATORS.map((operator) => (
            <option key={operator} value={operator}>
              {FILTER.operators[operator]}
            </option>
          ))}
        </Select>
        {needsValue(row.operator) && (
          <div className="flex items-start gap-2">
            {asksType && (
              <div className="w-28 shrink-0">
                <Select
                  label={FILTER.type}
                  labelHidden
                  value={row.type}
                  onChange={(event) => onChange({ ...row, ...typed(row, event.target.value as ValueType) })}
                >
                  {TYPES.map((type) => (
                    <option key={type} value={type}>
                      {FILTER.types[type]}
                    </option>
                  ))}
                </Select>
              </div>
            )}
            <div className="min-w-0 grow">
              <ValueBox
                row={row}
                known={known}
                problem={problem === 'value' || problem === 'number' ? FILTER.problems[problem] : undefined}
                onChange={onChange}
              />
            </div>
          </div>
        )}
      </div>
      <IconButton icon="close" label={FILTER.removeCondition(place)} onClick={onRemove} />
    </div>
  )
}

interface ValueBoxProps {
  readonly row: Row
  readonly known: KnownField | undefined
  readonly problem: string | undefined
  readonly onChange: (row: Row) => void
}

function ValueBox({ row, known, problem, onChange }: ValueBoxProps) {
  if (row.type === 'truth' && !takesList(row.operator)) {
    return (
      <Select label={FILTER.value} labelHidden value={row.value} onChange={(event) => onChange({ ...row, value: event.target.value })}>
        <option value="true">{FILTER.truths.true}</option>
        <option value="false">{FILTER.truths.false}</option>
      </Select>
    )
  }
  return (
    <TextField
      label={FILTER.value}
      labelHidden
      list={takesList(row.operator) ? undefined : proposalsFor(known)}
      placeholder={takesList(row.operator) ? FILTER.listPlaceholder : FILTER.valuePlaceholder}
      inputMode={row.type === 'number' && !takesList(row.operator) ? 'decimal' : undefined}
      autoComplete="off"
      spellCheck={false}
      value={row.value}
      onChange={(event) => onChange({ ...row, value: event.target.value })}
      problem={problem}
    />
  )
}

/** A row with values of another type: what cannot be one is emptied. */
function typed(row: Row, type: ValueType): Pick<Row, 'type' | 'value'> {
  if (type === 'truth' && row.value !== 'true' && row.value !== 'false') return { type, value: 'true' }
  return { type, value: row.type === 'truth' && type !== 'truth' ? '' : row.value }
}
