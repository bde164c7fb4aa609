import { type Filter, filterFromJson, filterFromText, type Scalar } from 'quarry-engine/client/filter'

export type Notation = 'text' | 'json'

/** What the boxes hold may be either; an object's brace says JSON. */
export const notationOf = (text: string): Notation => (text.trimStart().startsWith('{') ? 'json' : 'text')

/** Reads either notation. @throws AppError filter/invalid with the place; SyntaxError where JSON is not JSON */
export function readFilter(text: string): Filter {
  return notationOf(text) === 'json' ? filterFromJson(JSON.parse(text)) : filterFromText(text)
}

/** As the request carries it: JSON as an object, text as it is. @throws SyntaxError where JSON is not JSON */
export function sentFilter(text: string): string | Record<string, unknown> {
  return notationOf(text) === 'json' ? (JSON.parse(text) as Record<string, unknown>) : text
}

const SIGNS = { eq: '=', ne: '!=', gt: '>', gte: '>=', lt: '<', lte: '<=', contains: 'contains', in: 'in', nin: 'not in' } as const

/** A filter as people write it: `year >= 2023 and not draft = true`. */
export function filterText(filter: Filter): string {
  if ('and' in filter) return filter.and.map((part) => ('or' in part ? `(${filterText(part)})` : inGroup(part))).join(' and ')
  if ('or' in filter) return filter.or.map(inGroup).join(' or ')
  if ('not' in filter) return `not ${'field' in filter.not ? filterText(filter.not) : `(${filterText(filter.not)})`}`
  const field = bareOr(filter.field)
  if (filter.op === 'exists') return `${field} ${filter.value ? 'exists' : 'not exists'}`
  const value = typeof filter.value === 'object' ? `[${filter.value.map(valueText).join(', ')}]` : valueText(filter.value)
  return `${field} ${SIGNS[filter.op]} ${value}`
}

/** A list inside a list of the same kind keeps its parentheses: it was written as a group. */
function inGroup(part: Filter): string {
  return 'and' in part || 'or' in part ? `(${filterText(part)})` : filterText(part)
}

const KEYWORD = /^(?:and|or|not|in|exists|contains|true|false)$/i
const BARE = /^[^\s()[\],=!<>"'\\]+$/
const LIKE_NUMBER = /^-?\d/

const bareOr = (text: string): string => (BARE.test(text) && !KEYWORD.test(text) ? text : quoted(text))
const valueText = (value: Scalar): string => (typeof value !== 'string' ? String(value) : LIKE_NUMBER.test(value) ? quoted(value) : bareOr(value))
const quoted = (text: string): string => `"${text.replace(/[\\"]/g, '\\$&')}"`

/** The same as JSON; conditions on different fields share one object. */
export function filterJson(filter: Filter): Record<string, unknown> {
  if ('or' in filter) return { $or: filter.or.map(filterJson) }
  if ('not' in filter) return { $not: filterJson(filter.not) }
  if (!('and' in filter)) return { [filter.field]: operand(filter) }
  const fields = filter.and.flatMap((part) => ('field' in part ? [part.field] : []))
  const canShare = fields.length === filter.and.length && new Set(fields).size === fields.length
  return canShare ? Object.assign({}, ...filter.and.map(filterJson)) : { $and: filter.and.map(filterJson) }
}

function operand(leaf: Extract<Filter, { readonly field: string }>): unknown {
  return leaf.op === 'eq' ? leaf.value : { [`$${leaf.op}`]: leaf.value }
}

export const jsonText = (filter: Filter): string => JSON.stringify(filterJson(filter), null, 2)

/** Where a message such as "character 12" points to in the text; undefined for other places. */
export function placeInText(at: unknown): number | undefined {
  const [, digits] = typeof at === 'string' ? (/^character (\d+)$/.exec(at) ?? []) : []
  return digits === undefined ? undefined : Number(digits) - 1
}
