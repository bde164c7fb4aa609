import type { Reply } from 'quarry-engine/client'

export const AMOUNTS = ['requests', 'questions', 'tokens', 'cost'] as const
export type Amount = (typeof AMOUNTS)[number]
type Line = Reply<'usage'>['lines'][number]

export function amountOf(line: Line, amount: Amount): number {
  if (amount === 'tokens') return line.input_tokens + line.output_tokens + line.embedded_tokens
  return amount === 'cost' ? line.cost_usd : line[amount]
}
