import { FILTER } from '../../strings/playground.ts'
import type { KnownField } from './known-fields.ts'

export const FIELDS_LIST = 'known-filter-fields'
const valuesList = (field: string) => `known-values-of-${field}`

/** What the boxes of conditions propose: fields, and the values that documents have in them. */
export function FieldProposals({ fields }: { readonly fields: readonly KnownField[] }) {
  return (
    <>
      <datalist id={FIELDS_LIST}>
        {fields.map(({ name }) => (
          <option key={name} value={name}>
            {name in FILTER.builtIn ? FILTER.builtIn[name as keyof typeof FILTER.builtIn] : undefined}
          </option>
        ))}
      </datalist>
      {fields
        .filter(({ values }) => values.length > 0)
        .map(({ name, values }) => (
          <datalist key={name} id={valuesList(name)}>
            {values.map((value) => (
              <option key={value} value={value} />
            ))}
          </datalist>
        ))}
    </>
  )
}

/** The list of proposals for a field's values; undefined where none are known. */
export function proposalsFor(field: KnownField | undefined): string | undefined {
  return field === undefined || field.values.length === 0 ? undefined : valuesList(field.name)
}
