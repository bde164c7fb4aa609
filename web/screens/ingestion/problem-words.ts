import { INGESTION } from '../../strings/ingestion.ts'
import type { Problem } from './send-files.ts'

type Told = keyof typeof INGESTION.facts
const isTold = (name: string): name is Told => Object.hasOwn(INGESTION.facts, name)

/** What happened, without the facts that stand behind the sentence as name=value. */
export function sentenceOf({ message }: Pick<Problem, 'message'>): string {
  const end = message.search(/(?<=\.) \w+=/)
  return end === -1 ? message : message.slice(0, end)
}

/** The facts that say why, where the sentence does not; names and numbers for programs are left to the server's log. */
export function detailOf({ facts }: Pick<Problem, 'facts'>): string | undefined {
  const told = Object.entries(facts).flatMap(([name, value]) =>
    isTold(name) && (typeof value === 'string' || typeof value === 'number') ? [INGESTION.facts[name](String(value))] : [],
  )
  return told.length === 0 ? undefined : told.join(' ')
}
