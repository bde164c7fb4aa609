import { USAGE_DIMENSIONS, type UsageDimension, type UsageLine } from '../domain/usage.ts'
import { usdOf } from './money.ts'

const AMOUNTS = ['requests', 'questions', 'input_tokens', 'output_tokens', 'embedded_tokens', 'cost_usd'] as const

/** RFC 4180, with the dimensions that were asked for first; money in US dollars. */
export function usageTable(by: readonly UsageDimension[], lines: readonly UsageLine[]): string {
  const dimensions = USAGE_DIMENSIONS.filter((one) => by.includes(one))
  const stored = dimensions.includes('database')
  const head = [...dimensions, ...AMOUNTS, ...(stored ? ['stored_bytes', 'chunks'] : [])]
  const rows = lines.map((line) => [
    ...dimensions.map((one) => line.by[one] ?? ''),
    ...[line.requests, line.questions, line.inputTokens, line.outputTokens, line.embeddedTokens].map(String),
    usdOf(line.cost).toFixed(6),
    ...(stored ? [line.storedBytes ?? '', line.chunks ?? ''].map(String) : []),
  ])
  return [head, ...rows].map((row) => `${row.map(cell).join(',')}\r\n`).join('')
}

/** A spreadsheet takes a cell that begins with one of these for a formula: an apostrophe makes it a text again. */
function cell(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
