import { isLast } from './reading.ts'
import type { Turn } from './turn.ts'

/** Figures of a long run. */
export interface Tally {
  add(provider: string, turn: Turn, problems: readonly string[]): void
  print(): void
}

export function tallyOf(): Tally {
  const byWay = new Map<string, Map<string, number>>()
  const counts = new Map<string, number>()
  const count = (name: string, by = 1) => counts.set(name, (counts.get(name) ?? 0) + by)
  return {
    add(provider, { plan, pieces, seen, again }, problems) {
      const row = byWay.get(plan.script.way.name) ?? new Map<string, number>()
      row.set(provider, (row.get(provider) ?? 0) + 1)
      byWay.set(plan.script.way.name, row)
      const told = pieces.flat()
      const last = told.findLast(isLast)
      const writer = last?.data.writer === 'extractive' ? 'extractive' : 'model'
      count('turns')
      count(`deed: ${plan.deed.of}`)
      count(`first carrier: ${plan.seat.carrier}`)
      count('connections', pieces.length)
      count('connections that went on after a cut', pieces.length - 1)
      count('read again whole at the other process', again === undefined ? 0 : 1)
      count('events', told.length)
      count(`ended: ${last === undefined ? 'left for good' : (last.data.error?.code ?? `answer, ${writer}`)}`)
      count('requests to providers', seen.length)
      count('requests to providers that were cancelled', seen.filter(({ left }) => left).length)
      for (const { event, data } of told) if (event === 'citation-found') count(`citations: ${data.citation.verdict}`)
      for (const { event, data } of told) if (event === 'sentence-checked') count(`sentences: ${data.sentence.verdict}`)
      count('problems', problems.length)
    },
    print() {
      console.table(Object.fromEntries([...byWay].sort().map(([way, row]) => [way, Object.fromEntries(row)])))
      console.table(Object.fromEntries([...counts].sort()))
    },
  }
}
