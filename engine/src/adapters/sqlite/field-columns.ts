import type { DatabaseSync } from 'node:sqlite'
import type { DocumentFields } from '../../domain/document.ts'
import { asksForPages, type Filter, matches, type Scalar, valuesOf } from '../../domain/filter.ts'
import { countBits, eachBit, type RowTable } from './scan-rows.ts'

export interface AllowedRows {
  /** Bitset of live rows whose chunk matches. */
  readonly rows: Uint32Array
  readonly count: number
}

/**
 * Filters over the documents of one file. The values of a field are numbered, so that a condition is decided once per
 * value (by `matches`, the one meaning of filters) and then looked up per document. A column is built when a filter
 * first asks for its field; results are kept until the file changes.
 */
export interface FieldColumns {
  /** Call after `rows.refresh()` in the same transaction. */
  allowed(filter: Filter | undefined): AllowedRows
}

/** Values of one field: by document number the number of its value, or SEVERAL and a list. */
interface Column {
  readonly numbers: Map<string, number>
  readonly values: Scalar[]
  single: Int32Array
  readonly several: Map<number, readonly number[]>
}

const [MISSING, SEVERAL] = [-1, -2]
const RESULTS = 16
/** Bounds what filters on many fields can keep; the least recently asked column goes. */
const COLUMNS = 64

const NO_FIELDS: DocumentFields = {
  documentId: '',
  externalId: '',
  name: '',
  title: undefined,
  mediaType: '',
  createdAt: 0,
  updatedAt: 0,
  metadata: {},
}

export function fieldColumns(db: DatabaseSync, rows: RowTable): FieldColumns {
  const changedDocuments = db.prepare('SELECT document, fields FROM documents WHERE change > ? AND live_revision IS NOT NULL')
  const highest = db.prepare('SELECT max(document) AS last FROM documents')
  const columns = new Map<string, Column>()
  const results = new Map<string, AllowedRows>()
  let known = 0 // change up to which columns are filled
  let resultsOf = -1

  function allowed(filter: Filter | undefined): AllowedRows {
    if (filter === undefined) return { rows: rows.live, count: rows.liveCount }
    if (resultsOf !== rows.change) {
      results.clear()
      resultsOf = rows.change
    }
    const key = JSON.stringify(filter)
    const before = results.get(key)
    if (before !== undefined) return before
    fillColumns(filter)
    const bits = asksForPages(filter) ? rowBits(filter) : expand(documentBits(filter))
    for (let index = 0; index < bits.length; index++) bits[index] = (bits[index] as number) & (rows.live[index] as number)
    const result = { rows: bits, count: countBits(bits) }
    if (results.size >= RESULTS) results.delete(results.keys().next().value as string)
    results.set(key, result)
    return result
  }

  /** Brings the columns that exist up to date and adds those that the filter needs. */
  function fillColumns(filter: Filter): void {
    const room = ((highest.get() as { last: number | null }).last ?? 0) + 1
    if (known < rows.change) {
      for (const column of columns.values()) reserve(column, room)
      if (columns.size > 0) read(known, [...columns])
      known = rows.change
    }
    const wanted = new Set(fieldsIn(filter).filter((field) => field !== '@page'))
    for (const field of wanted) {
      const column = columns.get(field)
      if (column === undefined) continue
      columns.delete(field) // to the end: asked last
      columns.set(field, column)
    }
    const missing = [...wanted].filter((field) => !columns.has(field))
    for (const field of missing) columns.set(field, { numbers: new Map(), values: [], single: new Int32Array(room).fill(MISSING), several: new Map() })
    if (missing.length > 0) read(0, [...columns].slice(-missing.length))
    for (const field of [...columns.keys()].slice(0, Math.max(0, columns.size - COLUMNS))) if (!wanted.has(field)) columns.delete(field)
  }

  function read(since: number, into: readonly (readonly [string, Column])[]): void {
    for (const { document, fields } of changedDocuments.iterate(since) as Iterable<{ document: number; fields: string }>) {
      const item = { fields: JSON.parse(fields) as DocumentFields, pages: undefined }
      for (const [field, column] of into) put(column, document, valuesOf(field, item))
    }
  }

  /** By document number. */
  function documentBits(filter: Filter): Uint32Array {
    return combine(filter, documentBits, condition)
  }

  /** By row: for filters that tell chunks of one document apart. */
  function rowBits(filter: Filter): Uint32Array {
    return combine(filter, rowBits, (leaf) => (leaf.field === '@page' ? pageCondition(leaf) : expand(condition(leaf))))
  }

  function condition(leaf: Leaf): Uint32Array {
    const column = columns.get(leaf.field)
    if (column === undefined) return new Uint32Array(1)
    const { single, several } = column
    const bits = new Uint32Array(Math.ceil(single.length / 32))
    const [positive, negated] = affirmative(leaf)
    const holds = truths(column, positive)
    for (let document = 0; document < single.length; document++) {
      const number = single[document] as number
      const yes = number >= 0 ? holds[number] === 1 : number === SEVERAL && (several.get(document) ?? []).some((one) => holds[one] === 1)
      if (yes !== negated) setBit(bits, document)
    }
    return bits
  }

  function pageCondition(leaf: Leaf): Uint32Array {
    const bits = new Uint32Array(rows.live.length)
    const decided = new Map<string, boolean>()
    eachBit(rows.live, (row) => {
      const [first, last] = [rows.pages[row * 2] as number, rows.pages[row * 2 + 1] as number]
      const key = `${first}-${last}`
      let yes = decided.get(key)
      if (yes === undefined) {
        yes = matches(leaf, { fields: NO_FIELDS, pages: first === 0 ? undefined : [first, last] })
        decided.set(key, yes)
      }
      if (yes) setBit(bits, row)
    })
    return bits
  }

  function expand(documents: Uint32Array): Uint32Array {
    const bits = new Uint32Array(rows.live.length)
    const of = rows.documents
    eachBit(rows.live, (row) => {
      if (hasBit(documents, of[row] as number)) setBit(bits, row)
    })
    return bits
  }

  return { allowed }
}

type Leaf = Extract<Filter, { readonly field: string }>

function combine(filter: Filter, part: (filter: Filter) => Uint32Array, leaf: (filter: Leaf) => Uint32Array): Uint32Array {
  if ('and' in filter) return merged(filter.and.map(part), (left, right) => left & right, 0xffffffff)
  if ('or' in filter) return merged(filter.or.map(part), (left, right) => left | right, 0)
  if ('not' in filter) return part(filter.not).map((word) => ~word)
  return leaf(filter)
}

/** Parts may differ in length where they hold no bits; a missing word counts as `neutral` of an empty list. */
function merged(parts: readonly Uint32Array[], join: (left: number, right: number) => number, neutral: number): Uint32Array {
  const length = Math.max(1, ...parts.map((part) => part.length))
  const result = new Uint32Array(length).fill(neutral)
  for (const part of parts) for (let index = 0; index < length; index++) result[index] = join(result[index] as number, part[index] ?? 0)
  return result
}

/** `ne` and `nin` are the exact negations of `eq` and `in`; `exists` asks for any value. */
function affirmative(leaf: Leaf): readonly [positive: Leaf, negated: boolean] {
  if (leaf.op === 'ne') return [{ field: leaf.field, op: 'eq', value: leaf.value }, true]
  if (leaf.op === 'nin') return [{ field: leaf.field, op: 'in', value: leaf.value }, true]
  if (leaf.op === 'exists') return [{ field: leaf.field, op: 'exists', value: true }, !leaf.value]
  return [leaf, false]
}

/** 1 for each value of the column that meets the condition. */
function truths(column: Column, leaf: Leaf): Uint8Array {
  const holds = new Uint8Array(column.values.length)
  if (leaf.op === 'exists') return holds.fill(1)
  if (leaf.op === 'eq' || leaf.op === 'in') {
    const listed = (leaf.op === 'eq' ? [leaf.value] : leaf.value) as readonly Scalar[]
    for (const value of listed) {
      const number = column.numbers.get(keyOf(value))
      if (number !== undefined) holds[number] = 1
    }
    return holds
  }
  const asked = { ...leaf, field: 'value' }
  column.values.forEach((value, number) => {
    if (matches(asked, { fields: { ...NO_FIELDS, metadata: { value } }, pages: undefined })) holds[number] = 1
  })
  return holds
}

function put(column: Column, document: number, values: readonly Scalar[]): void {
  column.several.delete(document)
  const numbers = values.map((value) => {
    const key = keyOf(value)
    const number = column.numbers.get(key) ?? column.values.push(value) - 1
    column.numbers.set(key, number)
    return number
  })
  column.single[document] = numbers.length === 1 ? (numbers[0] as number) : numbers.length === 0 ? MISSING : SEVERAL
  if (numbers.length > 1) column.several.set(document, numbers)
}

function reserve(column: Column, room: number): void {
  if (column.single.length >= room) return
  const wider = new Int32Array(Math.max(room, column.single.length * 2)).fill(MISSING)
  wider.set(column.single)
  column.single = wider
}

function keyOf(value: Scalar): string {
  return `${(typeof value)[0]}${value}`
}

function fieldsIn(filter: Filter): string[] {
  if ('and' in filter) return filter.and.flatMap(fieldsIn)
  if ('or' in filter) return filter.or.flatMap(fieldsIn)
  return 'not' in filter ? fieldsIn(filter.not) : [filter.field]
}

function setBit(bits: Uint32Array, at: number): void {
  bits[at >>> 5] = (bits[at >>> 5] as number) | (1 << (at & 31))
}

export function hasBit(bits: Uint32Array, at: number): boolean {
  return (((bits[at >>> 5] ?? 0) >>> (at & 31)) & 1) === 1
}
