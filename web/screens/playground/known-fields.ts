import type { Reply } from 'quarry-engine/client'
import { BUILT_IN_FIELDS, type Scalar } from 'quarry-engine/client/filter'
import { typeOf, type ValueType } from './filter-tree.ts'

/** A field that conditions can be on, as far as the documents at hand show it. */
export interface KnownField {
  readonly name: string
  /** Undefined when documents differ. */
  readonly type: ValueType | undefined
  /** Some of its values, commonest first. */
  readonly values: readonly string[]
}

const MOST_VALUES = 30
type Described = Pick<Reply<'getDocument'>, 'metadata'>

/** Fields of the metadata first, by name, then those that every document has. */
export function knownFields(documents: readonly Described[]): readonly KnownField[] {
  const found = new Map<string, { readonly types: Set<ValueType>; readonly counts: Map<string, number> }>()
  for (const { metadata } of documents) {
    for (const [name, value] of Object.entries(metadata)) {
      const field = found.get(name) ?? { types: new Set(), counts: new Map() }
      found.set(name, field)
      const values: readonly Scalar[] = typeof value === 'object' ? value : [value]
      for (const one of values) {
        field.types.add(typeOf(one))
        field.counts.set(String(one), (field.counts.get(String(one)) ?? 0) + 1)
      }
    }
  }
  const own = [...found].map(([name, { types, counts }]): KnownField => {
    const values = [...counts].sort((one, other) => other[1] - one[1]).map(([value]) => value)
    return { name, type: types.size === 1 ? [...types][0] : undefined, values: values.slice(0, MOST_VALUES) }
  })
  own.sort((one, other) => (one.name < other.name ? -1 : 1))
  const always = Object.keys(BUILT_IN_FIELDS).map((name): KnownField => ({ name, type: name === '@page' ? 'number' : 'text', values: [] }))
  return [...own, ...always]
}
