import type { Reply } from 'quarry-engine/client'
import { DOCUMENTS } from '../../strings/documents.ts'

export type Metadata = Reply<'getDocument'>['metadata']
type Value = Metadata[string]

export const FIELD_TYPES = ['text', 'number', 'boolean', 'texts', 'numbers'] as const
export type FieldType = (typeof FIELD_TYPES)[number]

/** One field as it is typed. Lists have one entry per line; yes and no are "true" and "false". */
export interface Field {
  /** Stays while the name changes. */
  readonly id: number
  readonly key: string
  readonly type: FieldType
  readonly text: string
}

export interface FieldProblems {
  readonly key?: string
  readonly value?: string
}

/** As the server takes them; told while one types instead of after saving. */
export const LIMITS = { keys: 64, text: 2000, list: 100 } as const
const KEY = /^[A-Za-z0-9_.-]{1,64}$/

export function fieldsOf(metadata: Metadata): readonly Field[] {
  return Object.entries(metadata).map(([key, value], id) => ({ id, key, ...typed(value) }))
}

function typed(value: Value): Pick<Field, 'type' | 'text'> {
  if (Array.isArray(value)) {
    const isNumbers = value.length > 0 && value.every((entry) => typeof entry === 'number')
    return { type: isNumbers ? 'numbers' : 'texts', text: value.join('\n') }
  }
  if (typeof value === 'number') return { type: 'number', text: String(value) }
  return typeof value === 'boolean' ? { type: 'boolean', text: String(value) } : { type: 'text', text: String(value) }
}

/** The same words as another type, as far as they make sense there. */
export function withType(field: Field, type: FieldType): Field {
  if (type === 'boolean') return { ...field, type, text: /^(true|yes|1)$/i.test(field.text.trim()) ? 'true' : 'false' }
  const isLine = type === 'text' || type === 'number'
  return { ...field, type, text: isLine ? field.text.replaceAll('\n', ' ') : field.text }
}

/** Problems by the id of their field; empty when all can be saved. */
export function problemsOf(fields: readonly Field[]): ReadonlyMap<number, FieldProblems> {
  const seen = new Set<string>()
  const problems = new Map<number, FieldProblems>()
  for (const field of fields) {
    const key = keyProblem(field.key, seen)
    seen.add(field.key)
    const value = valueProblem(field)
    if (key !== undefined || value !== undefined) problems.set(field.id, { ...(key === undefined ? {} : { key }), ...(value === undefined ? {} : { value }) })
  }
  return problems
}

function keyProblem(key: string, seen: ReadonlySet<string>): string | undefined {
  const { problems } = DOCUMENTS
  if (key === '') return problems.keyMissing
  if (!KEY.test(key)) return problems.keyForm
  return seen.has(key) ? problems.keyTwice : undefined
}

function valueProblem({ type, text }: Field): string | undefined {
  const { problems } = DOCUMENTS
  switch (type) {
    case 'boolean':
      return undefined
    case 'text':
      return text.length > LIMITS.text ? problems.textLong(LIMITS.text) : undefined
    case 'number':
      return numberOf(text) === undefined ? problems.numberForm : undefined
    default: {
      const entries = entriesOf(text)
      if (entries.length > LIMITS.list) return problems.listLong(LIMITS.list)
      if (type === 'texts') return entries.some((entry) => entry.length > LIMITS.text) ? problems.textLong(LIMITS.text) : undefined
      const wrong = entries.findIndex((entry) => numberOf(entry) === undefined)
      return wrong === -1 ? undefined : problems.numberLine(wrong + 1)
    }
  }
}

/** What is sent; only of fields without problems. */
export function metadataOf(fields: readonly Field[]): Metadata {
  return Object.fromEntries(fields.map((field) => [field.key, savedValue(field)]))
}

function savedValue({ type, text }: Field): Value {
  switch (type) {
    case 'text':
      return text
    case 'boolean':
      return text === 'true'
    case 'number':
      return numberOf(text) ?? 0
    case 'texts':
      return entriesOf(text)
    default:
      return entriesOf(text).map((entry) => numberOf(entry) ?? 0)
  }
}

const entriesOf = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')

function numberOf(text: string): number | undefined {
  const trimmed = text.trim()
  const value = Number(trimmed)
  return trimmed === '' || !Number.isFinite(value) ? undefined : value
}
