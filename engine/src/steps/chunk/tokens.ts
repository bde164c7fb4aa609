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

/** Tokens of the text in the o200k_base encoding: close to what embedding and chat models of today count. Linear in the length. */
export function countTokens(text: string): number {
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
