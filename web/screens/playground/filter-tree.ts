import type { Filter, Scalar } from 'quarry-engine/client/filter'

export type ValueType = 'text' | 'number' | 'truth'
export const OPERATORS = ['eq', 'ne', 'gt', 'gte', 'lt', 'lte', 'contains', 'in', 'nin', 'exists', 'missing'] as const
export type Operator = (typeof OPERATORS)[number]
/** How the parts of a group are joined; `none` is "not any of". */
export const JOINS = ['all', 'any', 'none'] as const
export type Join = (typeof JOINS)[number]

/** One condition as it is typed: `value` is the text of the box, a list with commas. */
export interface Row {
  readonly id: number
  readonly field: string
  readonly operator: Operator
  readonly type: ValueType
  readonly value: string
}

export interface Group {
  readonly id: number
  readonly join: Join
  readonly parts: readonly (Row | Group)[]
}

export const isGroup = (part: Row | Group): part is Group => 'parts' in part
export const needsValue = (operator: Operator): boolean => operator !== 'exists' && operator !== 'missing'
export const takesList = (operator: Operator): boolean => operator === 'in' || operator === 'nin'

let lastId = 0
const nextId = () => {
  lastId += 1
  return lastId
}
export const emptyGroup = (join: Join = 'all'): Group => ({ id: nextId(), join, parts: [] })
export const newRow = (field = '', type: ValueType = 'text'): Row => ({ id: nextId(), field, operator: 'eq', type, value: '' })

/** What a row lacks before it is a condition; undefined when nothing. */
export function problemOf(row: Row): 'field' | 'value' | 'number' | undefined {
  if (row.field.trim() === '') return 'field'
  if (!needsValue(row.operator)) return undefined
  const items = takesList(row.operator) ? listItems(row.value) : [row.value]
  if (items.length === 0 || items.some((item) => item === '')) return 'value'
  return row.type === 'number' && items.some((item) => !isNumber(item)) ? 'number' : undefined
}

/** The filter that a tree of rows says; undefined when it says nothing. Only for a tree without problems. */
export function filterOfTree(group: Group): Filter | undefined {
  const parts = group.parts.flatMap((part): readonly Filter[] => {
    if (!isGroup(part)) return [filterOfRow(part)]
    const inner = filterOfTree(part)
    return inner === undefined ? [] : [inner]
  })
  const [first] = parts
  if (first === undefined) return undefined
  const joined: Filter = parts.length === 1 ? first : group.join === 'all' ? { and: parts } : { or: parts }
  return group.join === 'none' ? { not: joined } : joined
}

function filterOfRow({ field: given, operator, type, value }: Row): Filter {
  const field = given.trim()
  if (operator === 'exists' || operator === 'missing') return { field, op: 'exists', value: operator === 'exists' }
  if (operator === 'in' || operator === 'nin') return { field, op: operator, value: listItems(value).map((item) => scalarOf(item, type)) }
  return { field, op: operator, value: scalarOf(value, type) }
}

function scalarOf(text: string, type: ValueType): Scalar {
  if (type === 'number') return Number(text)
  return type === 'truth' ? text === 'true' : text
}

const isNumber = (text: string): boolean => text.trim() !== '' && Number.isFinite(Number(text))

/** The tree of a filter; undefined when rows cannot say it (lists of several types, empty texts). */
export function treeOfFilter(filter: Filter): Group | undefined {
  const part = partOf(filter)
  if (part === undefined) return undefined
  return isGroup(part) ? part : { id: nextId(), join: 'all', parts: [part] }
}

function partOf(filter: Filter): Row | Group | undefined {
  if ('and' in filter) return groupOf('all', filter.and)
  if ('or' in filter) return groupOf('any', filter.or)
  if ('not' in filter) return groupOf('none', 'or' in filter.not ? filter.not.or : [filter.not])
  const { field } = filter
  if (filter.op === 'exists') return { id: nextId(), field, operator: filter.value ? 'exists' : 'missing', type: 'text', value: '' }
  const values: readonly Scalar[] = typeof filter.value === 'object' ? filter.value : [filter.value]
  const types = new Set(values.map(typeOf))
  const [type] = types
  if (type === undefined || types.size > 1 || values.includes('')) return undefined
  const value = typeof filter.value === 'object' ? listText(values) : String(filter.value)
  return { id: nextId(), field, operator: filter.op, type, value }
}

function groupOf(join: Join, filters: readonly Filter[]): Group | undefined {
  const parts = filters.map(partOf)
  const whole = parts.filter((part) => part !== undefined)
  return whole.length < parts.length ? undefined : { id: nextId(), join, parts: whole }
}

export function typeOf(value: Scalar): ValueType {
  if (typeof value === 'number') return 'number'
  return typeof value === 'boolean' ? 'truth' : 'text'
}

/** Items of a list as it is typed: with commas, in double quotes where an item holds one. */
export function listItems(text: string): string[] {
  const items: string[] = []
  for (const [, quoted, bare = ''] of text.matchAll(/\s*(?:"((?:[^"\\]|\\.)*)"\s*|([^,]*))(?:,|$)/g)) {
    if (quoted !== undefined) items.push(quoted.replace(/\\(.)/gs, '$1'))
    else if (bare.trim() !== '') items.push(bare.trim())
  }
  return items
}

export function listText(values: readonly Scalar[]): string {
  return values.map((value) => (typeof value === 'string' && /[",\\]|^\s|\s$/.test(value) ? `"${value.replace(/[\\"]/g, '\\$&')}"` : String(value))).join(', ')
}

/** The tree with one part put in the place of another, or taken out; groups that become empty stay. */
export function replaced(group: Group, id: number, part: Row | Group | undefined): Group {
  if (group.id === id) return part !== undefined && isGroup(part) ? part : group
  return {
    ...group,
    parts: group.parts.flatMap((one) => {
      if (one.id === id) return part === undefined ? [] : [part]
      return isGroup(one) ? [replaced(one, id, part)] : [one]
    }),
  }
}

export function rowsOf(group: Group): Row[] {
  return group.parts.flatMap((part) => (isGroup(part) ? rowsOf(part) : [part]))
}
