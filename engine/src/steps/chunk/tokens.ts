import { createRequire } from 'node:module'
import type * as encoding from 'gpt-tokenizer/encoding/o200k_base'

let loaded: typeof encoding | undefined

/** Its tables take some 90 MB in every thread that has them, so that they are read when the first text is counted. */
const count: typeof encoding.countTokens = (...values) => {
  loaded ??= createRequire(import.meta.url)('gpt-tokenizer/encoding/o200k_base') as typeof encoding
  return loaded.countTokens(...values)
}

/** Longer runs without a blank are counted in pieces: the tokenizer's work grows with the square of a run's length. */
const LONGEST_RUN = 256
const LONG_RUN = /\S{257,}/g

/** Words whose count is known, with the blank before them. Source: some 10 MB when full. */
const known = new Map<string, number>()
const MOST_KNOWN = 50_000
const LONGEST_KNOWN = 32

/**
 * Tokens of the text in the o200k_base encoding: close to what embedding and chat models of today count. Linear in the
 * length. No token reaches over a single blank between two words, so that words are counted one by one and remembered.
 */
export function countTokens(text: string): number {
  let total = 0
  let from = 0
  for (let at = text.indexOf(' ', 1); at !== -1; at = text.indexOf(' ', at + 1)) {
    if (isBlank(text, at - 1) || isBlank(text, at + 1)) continue
    total += word(text.slice(from, at))
    from = at
  }
  return total + word(text.slice(from))
}

/** True beyond the end as well: a blank there stands between nothing. */
function isBlank(text: string, at: number): boolean {
  const code = text.charCodeAt(at)
  if (code > 0x20 && code < 0x80) return false
  return at >= text.length || /\s/.test(text.charAt(at))
}

function word(text: string): number {
  if (text.length > LONGEST_KNOWN) return any(text)
  const remembered = known.get(text)
  if (remembered !== undefined) return remembered
  const counted = any(text)
  if (known.size >= MOST_KNOWN) known.clear()
  known.set(copyOf(text), counted)
  return counted
}

/** A slice keeps the whole text that it is of in memory. */
function copyOf(text: string): string {
  return Buffer.from(text, 'utf16le').toString('utf16le')
}

function any(text: string): number {
  let total = 0
  let from = 0
  for (const match of text.matchAll(LONG_RUN)) {
    total += plain(text.slice(from, match.index))
    for (let at = 0; at < match[0].length; at += LONGEST_RUN) total += plain(match[0].slice(at, at + LONGEST_RUN))
    from = match.index + match[0].length
  }
  return total + plain(from === 0 ? text : text.slice(from))
}

function plain(text: string): number {
  // Text such as "<|endoftext|>" is text here, never a control token.
  return text === '' ? 0 : count(text, { disallowedSpecial: new Set() })
}
