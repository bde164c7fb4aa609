import type { Draft, TextDraft } from './pdf-blocks.ts'

/** Words of the document, to tell a word that was split at a line end from one that has a hyphen. */
export interface Vocabulary {
  learn(line: string): void
  has(word: string): boolean
}
const MAX_WORDS = 400_000

export function vocabulary(): Vocabulary {
  const words = new Set<string>()
  return {
    learn(line) {
      const parts = line.split(/[^\p{L}\p{M}‐-]+/u)
      // The last word may be the first half of one, the first word the second half.
      for (const word of parts.slice(1, -1)) if (word.length < 60 && words.size < MAX_WORDS) words.add(word.toLowerCase())
    },
    has: (word) => words.has(word.toLowerCase()),
  }
}

export function learnDraft(known: Vocabulary, draft: Draft): void {
  if (draft.kind === 'text') for (const item of draft.items) for (const line of item) known.learn(line)
}

/** The text of a draft: lines joined by blanks, words that were split at line ends made whole. */
export function textOf(draft: TextDraft, known: Vocabulary): string {
  return draft.items.map((lines) => joinLines(lines, known)).join('\n')
}

const WIDE = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}、。，．「」『』（）・ー]/u

export function joinLines(lines: readonly string[], known: Vocabulary): string {
  let text = ''
  for (const line of lines) {
    if (text === '') text = line
    else if (WIDE.test(text.at(-1) ?? '') && WIDE.test(line[0] ?? '')) text += line
    else text = joinTwo(text, line, known)
  }
  return text
}

function joinTwo(text: string, line: string, known: Vocabulary): string {
  const last = text.at(-1)
  if (last === '\u00ad') return text.slice(0, -1) + line
  if (last !== '-' && last !== '‐') return `${text} ${line}`
  const head = /[\p{L}\p{M}]+$/u.exec(text.slice(Math.max(0, text.length - 41), -1))?.[0]
  const tail = /^[\p{L}\p{M}]+/u.exec(line.slice(0, 40))?.[0]
  if (head === undefined || tail === undefined) return /[\p{N}]$/u.test(text.slice(-2, -1)) && /^\p{N}/u.test(line) ? text + line : `${text} ${line}`
  if (!/^\p{Ll}/u.test(tail)) return text + line // "Spring-" / "Boot"
  if (known.has(`${head}-${tail}`) && !known.has(head + tail)) return text + line
  return text.slice(0, -1) + line
}
