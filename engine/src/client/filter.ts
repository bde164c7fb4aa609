/** The filter language for clients that build or check a filter before they send it: the very readers of the server. */
export { BUILT_IN_FIELDS, type Filter, filterFromJson, type Scalar } from '../domain/filter.ts'
export { filterFromText } from '../domain/filter-text.ts'
