import type { Problem } from './send-files.ts'

/** Facts that say something to a person; names and limits of programs are left to the server's log. */
const TOLD: ReadonlySet<string> = new Set(['reason', 'limit', 'said', 'needs', 'mediaType'])

/** What happened, without the facts that stand behind the sentence as name=value. */
export function sentenceOf({ message }: Pick<Problem, 'message'>): string {
  const end = message.search(/(?<=\.) \w+=/)
  return end === -1 ? message : message.slice(0, end)
}

/** The fact that says why, where the sentence does not. */
export function detailOf({ facts }: Problem): string | undefined {
  const told = Object.entries(facts).flatMap(([name, value]) => (TOLD.has(name) && (typeof value === 'string' || typeof value === 'number') ? [String(value)] : []))
  return told.length === 0 ? undefined : told.join(', ')
}
