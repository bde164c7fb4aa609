import type { Passage } from '../domain/answer.ts'

/** A word of the question in the forms that an index may have it in. */
interface Word {
  readonly forms: readonly string[]
}

/**
 * Puts what several databases found for one question into one list, best first, at most `n`; the same text is told once.
 *
 * Scores of two databases cannot be compared: a score is relative to the best of its own list, and the engine's own figure
 * grows with the rarity of a word in that database, so that one where the topic is only touched would win over one that is
 * about it. What can be compared is how much of the question a passage holds.
 *
 * - All found by words: each list is scaled by the share of the question's words that its best passage holds.
 * - Some found by meaning: nearness says nothing about words, and models differ in their scale. So the lists take turns by
 *   rank, the one that holds more of the question first; within each its own order stays.
 */
export function mergePassages(lists: readonly (readonly Passage[])[], words: readonly Word[], n: number): readonly Passage[] {
  const filled = lists.filter((list) => list.length > 0)
  const [only] = filled
  if (only === undefined) return []
  if (filled.length === 1) return only.slice(0, n)
  const strengths = new Map(filled.map((list) => [list, strengthOf(list, words)]))
  const ordered = filled.toSorted((one, two) => (strengths.get(two) ?? 0) - (strengths.get(one) ?? 0))
  const byMeaning = filled.some((list) => list.some(({ explanation }) => explanation.dense !== undefined))
  const merged = byMeaning ? inTurns(ordered) : scaled(ordered, strengths)
  return falling(once(merged).slice(0, n))
}

/** The greatest share of the question's words that one passage holds, 0 to 1. */
function strengthOf(passages: readonly Passage[], words: readonly Word[]): number {
  if (words.length === 0) return 1
  const shares = passages.map(({ explanation }) => {
    const held = new Set((explanation.lexical?.terms ?? []).map(({ term }) => term))
    return words.filter(({ forms }) => forms.some((form) => held.has(form))).length / words.length
  })
  return Math.max(...shares)
}

function scaled(lists: readonly (readonly Passage[])[], strengths: ReadonlyMap<readonly Passage[], number>): Passage[] {
  const all = lists.flatMap((list) => list.map((passage) => ({ ...passage, score: passage.score * (strengths.get(list) ?? 0) })))
  return all.sort((one, two) => two.score - one.score)
}

function inTurns(lists: readonly (readonly Passage[])[]): Passage[] {
  const longest = Math.max(...lists.map(({ length }) => length))
  return Array.from({ length: longest }, (_, rank) => lists.flatMap((list) => list[rank] ?? [])).flat()
}

function once(passages: readonly Passage[]): Passage[] {
  const seen = new Set<string>()
  return passages.filter(({ text }) => !seen.has(text) && seen.add(text))
}

/** The first has 1, and no later one more than those before it. */
function falling(passages: readonly Passage[]): Passage[] {
  const best = passages[0]?.score ?? 0
  let least = 1
  return passages.map((passage) => {
    least = Math.min(least, best > 0 ? passage.score / best : 1)
    return { ...passage, score: least }
  })
}
