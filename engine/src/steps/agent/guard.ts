import { GUARD_TOPICS, type GuardPolicy, type GuardTopic } from '../../domain/answering.ts'
import { GUARD_WORDS } from './guard-words.ts'

export interface Touched {
  readonly sure: readonly GuardTopic[]
  /** Words of it stand there that mean something else elsewhere. */
  readonly maybe: readonly GuardTopic[]
}

const NOTHING: Touched = { sure: [], maybe: [] }
const UNSPACED = /[\p{Script=Han}\p{Script=Thai}]/u

/** Topics with an action that a text touches, by its words. */
export function touchedBy(text: string, policy: GuardPolicy): Touched {
  const watched = GUARD_TOPICS.filter((topic) => policy[topic] !== 'off')
  if (watched.length === 0) return NOTHING
  const plain = ` ${text
    .normalize('NFC')
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}]+/gu, ' ')
    .trim()} `
  const sure = watched.filter((topic) => finder(topic, 'sure').test(plain))
  const maybe = watched.filter((topic) => !sure.includes(topic) && finder(topic, 'may').test(plain))
  return { sure, maybe }
}

export type Verdict = 'answer' | 'disclaimer' | 'refuse'

/** The strictest action among topics. One that is only doubted is never refused: it is answered with a disclaimer. */
export function verdictOf(policy: GuardPolicy, { sure, maybe }: Touched): { readonly verdict: Verdict; readonly topics: readonly GuardTopic[] } {
  const refused = sure.filter((topic) => policy[topic] === 'refuse')
  if (refused.length > 0) return { verdict: 'refuse', topics: refused }
  const topics = [...sure, ...maybe]
  return { verdict: topics.length > 0 ? 'disclaimer' : 'answer', topics }
}

const finders = new Map<string, RegExp>()
function finder(topic: GuardTopic, how: 'sure' | 'may'): RegExp {
  const key = `${topic} ${how}`
  const made = finders.get(key) ?? new RegExp(wordsOf(GUARD_WORDS[topic][how]).map(pattern).join('|'), 'u')
  finders.set(key, made)
  return made
}

function wordsOf(list: string): readonly string[] {
  return list
    .split('|')
    .map((word) => word.replace(/\s+/g, ' ').trim())
    .filter((word) => word !== '')
}

/** Arabic puts its article and conjunctions before a word. */
function pattern(word: string): string {
  if (UNSPACED.test(word)) return word.replace('=', '')
  const begins = /\p{Script=Arabic}/u.test(word) ? '(?<= (?:و|ف|ب|ل|ال|وال|بال|لل)?)' : '(?<= )'
  return word.endsWith('=') ? `${begins}${word.slice(0, -1)}(?= )` : `${begins}${word}`
}
