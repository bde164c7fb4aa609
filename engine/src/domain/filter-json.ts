import type { Filter } from './filter.ts'

/** A filter as `filterFromJson` reads it. */
export function filterToJson(filter: Filter): Readonly<Record<string, unknown>> {
  if ('and' in filter) return { $and: filter.and.map(filterToJson) }
  if ('or' in filter) return { $or: filter.or.map(filterToJson) }
  if ('not' in filter) return { $not: filterToJson(filter.not) }
  return { [filter.field]: { [`$${filter.op}`]: filter.value } }
}
