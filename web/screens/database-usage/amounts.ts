import type { Reply } from 'quarry-engine/client'

export type UsageLine = Reply<'usage'>['lines'][number]
export const AMOUNTS = ['questions', 'requests', 'tokens', 'cost'] as const
export type Amount = (typeof AMOUNTS)[number]
export const GROUPS = ['key', 'account', 'publication'] as const
export type Group = (typeof GROUPS)[number]

export function amountOf(line: UsageLine, amount: Amount): number {
  if (amount === 'tokens') return line.input_tokens + line.output_tokens + line.embedded_tokens
  return amount === 'cost' ? line.cost_usd : line[amount]
}

export const sumOf = (lines: readonly UsageLine[], amount: Amount): number => lines.reduce((sum, line) => sum + amountOf(line, amount), 0)
