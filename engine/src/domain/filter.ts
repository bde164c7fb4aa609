import type { DocumentFields } from './document.ts'
import { AppError } from './errors.ts'
import { METADATA_KEY, type MetadataValue } from './metadata.ts'

/**
 * The one filter language. It means the same on every store; `matches` is that meaning.
 *
 * A missing field equals nothing: `eq`, `in`, comparisons and `contains` are false on it, and so `ne` and `nin`,
 * their exact negations, are true. Types never convert: 5 is not "5". Comparisons hold between two numbers or two
 * strings (by code unit). A list matches when one of its values does.
 */
export type Scalar = string | number | boolean
export type Comparison = 'eq' | 'ne' | 'gt' | 'gte' | 'lt' | 'lte' | 'contains'
export type Filter =
  | { readonly and: readonly Filter[] }
  | { readonly or: readonly Filter[] }
  | { readonly not: Filter }
  | { readonly field: string; readonly op: Comparison; readonly value: Scalar }
  | { readonly field: string; readonly op: 'in' | 'nin'; readonly value: readonly Scalar[] }
  | { readonly field: string; readonly op: 'exists'; readonly value: boolean }

/** Fields that every document has. `@page` is any page of the chunk; times are ISO 8601 in UTC, so that they compare as strings. */
export const BUILT_IN_FIELDS = {
  '@document': 'the document id',
  '@external_id': 'the id given by the uploader, or the relative file name',
  '@name': 'the file name',
  '@title': 'the title found in the document',
  '@media_type': 'the media type, such as application/pdf',
  '@page': 'the pages of the passage (a list of numbers)',
  '@created_at': 'when the document was first uploaded, such as 2026-11-21T09:30:00.000Z',
  '@updated_at': 'when the document was last uploaded',
} as const

/** Source: bounds the work of one evaluation over 100,000 documents. */
export const FILTER_LIMITS = { depth: 16, conditions: 256, listLength: 1000, textLength: 10_000 } as const

export interface Filterable {
  readonly fields: DocumentFields
  readonly pages: readonly [first: number, last: number] | undefined
}

export function matches(filter: Filter, item: Filterable): boolean {
  if ('and' in filter) return filter.and.every((part) => matches(part, item))
  if ('or' in filter) return filter.or.some((part) => matches(part, item))
  if ('not' in filter) return !matches(filter.not, item)
  const values = valuesOf(filter.field, item)
  switch (filter.op) {
    case 'exists':
      return values.length > 0 === filter.value
    case 'eq':
      return values.includes(filter.value)
    case 'ne':
      return !values.includes(filter.value)
    case 'in':
      return values.some((value) => filter.value.includes(value))
    case 'nin':
      return !values.some((value) => filter.value.includes(value))
    case 'contains':
      return values.some((value) => typeof value === 'string' && typeof filter.value === 'string' && value.includes(filter.value))
    default:
      return values.some((value) => compares(filter.op, value, filter.value))
  }
}

/** The same text for filters that are written the same, in whatever order their members came, and another one for all others. */
export function canonicalFilter(filter: Filter | undefined): string {
  if (filter === undefined) return ''
  if ('and' in filter) return `{"and":[${filter.and.map(canonicalFilter).join()}]}`
  if ('or' in filter) return `{"or":[${filter.or.map(canonicalFilter).join()}]}`
  if ('not' in filter) return `{"not":${canonicalFilter(filter.not)}}`
  return JSON.stringify([filter.field, filter.op, filter.value])
}

/** True when the filter asks for something that differs between chunks of one document. */
export function asksForPages(filter: Filter): boolean {
  if ('and' in filter) return filter.and.some(asksForPages)
  if ('or' in filter) return filter.or.some(asksForPages)
  if ('not' in filter) return asksForPages(filter.not)
  return filter.field === '@page'
}

/** The values of a field as a list; empty when it is missing. */
export function valuesOf(field: string, item: Filterable): readonly Scalar[] {
  const { fields, pages } = item
  switch (field) {
    case '@document':
      return [fields.documentId]
    case '@external_id':
      return [fields.externalId]
    case '@name':
      return [fields.name]
    case '@title':
      return fields.title === undefined ? [] : [fields.title]
    case '@media_type':
      return [fields.mediaType]
    case '@page':
      return pages === undefined ? [] : Array.from({ length: pages[1] - pages[0] + 1 }, (_, index) => pages[0] + index)
    case '@created_at':
      return [new Date(fields.createdAt).toISOString()]
    case '@updated_at':
      return [new Date(fields.updatedAt).toISOString()]
    default:
      return Object.hasOwn(fields.metadata, field) ? listed(fields.metadata[field]) : []
  }
}

function listed(value: MetadataValue | undefined): readonly Scalar[] {
  if (value === undefined) return []
  return typeof value === 'object' ? value : [value]
}

function compares(op: Comparison, left: Scalar, right: Scalar): boolean {
  const sameType = (typeof left === 'number' && typeof right === 'number') || (typeof left === 'string' && typeof right === 'string')
  if (!sameType) return false
  if (op === 'gt') return left > right
  if (op === 'gte') return left >= right
  if (op === 'lt') return left < right
  return left <= right
}

const OPERATORS: Readonly<Record<string, Comparison | 'in' | 'nin' | 'exists'>> = {
  $eq: 'eq',
  $ne: 'ne',
  $gt: 'gt',
  $gte: 'gte',
  $lt: 'lt',
  $lte: 'lte',
  $contains: 'contains',
  $in: 'in',
  $nin: 'nin',
  $exists: 'exists',
}

/**
 * Reads a filter as JSON: `{ "year": { "$gte": 2023 }, "$or": [ … ], "$not": { … } }`; a bare value means `$eq`,
 * several keys mean "and".
 * @throws AppError filter/invalid with the place of the fault
 */
export function filterFromJson(json: unknown): Filter {
  const budget = { conditions: 0 }
  return readObject(json, '', 0, budget)
}

function readObject(json: unknown, at: string, depth: number, budget: { conditions: number }): Filter {
  if (depth > FILTER_LIMITS.depth) throw invalid(at, `at most ${FILTER_LIMITS.depth} levels`, 'more')
  if (typeof json !== 'object' || json === null || Array.isArray(json)) throw invalid(at, 'an object of conditions', kindOf(json))
  const parts: Filter[] = []
  for (const [key, value] of Object.entries(json)) {
    const place = at === '' ? key : `${at}.${key}`
    if (key === '$and' || key === '$or') {
      if (!Array.isArray(value) || value.length === 0) throw invalid(place, 'a list of at least one filter', kindOf(value))
      const list = value.map((part, index) => readObject(part, `${place}[${index}]`, depth + 1, budget))
      parts.push(key === '$and' ? { and: list } : { or: list })
    } else if (key === '$not') parts.push({ not: readObject(value, place, depth + 1, budget) })
    else parts.push(...readField(key, value, place, budget))
  }
  if (parts.length === 0) throw invalid(at, 'at least one condition', 'none')
  return parts.length === 1 && parts[0] !== undefined ? parts[0] : { and: parts }
}

function readField(field: string, value: unknown, at: string, budget: { conditions: number }): Filter[] {
  checkField(field, at)
  if (typeof value !== 'object' || value === null) return [condition(field, 'eq', value, at, budget)]
  if (Array.isArray(value)) throw invalid(at, 'a value, or an operator such as $in', 'a list')
  const entries = Object.entries(value)
  if (entries.length === 0) throw invalid(at, 'an operator', 'an empty object')
  return entries.map(([name, operand]) => {
    const op = Object.hasOwn(OPERATORS, name) ? OPERATORS[name] : undefined
    if (op === undefined) throw invalid(at, `one of ${Object.keys(OPERATORS).join(' ')}`, name.slice(0, 40))
    return condition(field, op, operand, `${at}.${name}`, budget)
  })
}

export function checkField(field: string, at: string): void {
  if (field.startsWith('@') ? !Object.hasOwn(BUILT_IN_FIELDS, field) : !METADATA_KEY.test(field)) {
    throw invalid(at, `a metadata field or one of ${Object.keys(BUILT_IN_FIELDS).join(' ')}`, field.slice(0, 80))
  }
}

/** Builds one checked condition; used by both readers. */
export function condition(field: string, op: Comparison | 'in' | 'nin' | 'exists', value: unknown, at: string, budget: { conditions: number }): Filter {
  budget.conditions += 1
  if (budget.conditions > FILTER_LIMITS.conditions) throw invalid(at, `at most ${FILTER_LIMITS.conditions} conditions`, 'more')
  if (op === 'exists') {
    if (typeof value !== 'boolean') throw invalid(at, 'true or false', kindOf(value))
    return { field, op, value }
  }
  if (op === 'in' || op === 'nin') {
    if (!Array.isArray(value) || value.length > FILTER_LIMITS.listLength)
      throw invalid(at, `a list of at most ${FILTER_LIMITS.listLength} values`, kindOf(value))
    return { field, op, value: value.map((one, index) => scalar(one, `${at}[${index}]`)) }
  }
  return { field, op, value: scalar(value, at) }
}

function scalar(value: unknown, at: string): Scalar {
  if (typeof value === 'string' && value.length > FILTER_LIMITS.textLength)
    throw invalid(at, `at most ${FILTER_LIMITS.textLength} characters`, String(value.length))
  if (typeof value === 'string' || typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value))) return value
  throw invalid(at, 'a text, a finite number, true or false', kindOf(value))
}

export function invalid(at: string, expected: string, got: string): AppError {
  return new AppError('filter/invalid', { at: at === '' ? 'the filter' : at.slice(0, 200), expected, got })
}

function kindOf(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'a list'
  return typeof value === 'object' ? 'an object' : typeof value === 'number' ? String(value) : `a ${typeof value}`
}
