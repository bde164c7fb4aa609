import { withoutUnseen } from '../../domain/fence.ts'
import { address, apart, entity, holdsAddress, type Known, LONGEST_TAIL, mailbox, mayBegin, type Shown, SPECIAL, tag } from './links.ts'
import { NO_ANSWER } from './prompt.ts'

/** What a model's stream holds once it is read: text to show, a citation it claims, or that there is no answer. */
export type Piece =
  /** `from` and `until`: which UTF-16 units of the stream it stands for. */
  | { readonly type: 'text'; readonly text: string; readonly from: number; readonly until: number }
  /** `quote` is missing when the model gave only the number. `claim` is what was written since the citation before. */
  | { readonly type: 'cite'; readonly passage: number; readonly quote: string | undefined; readonly claim: string }
  | { readonly type: 'no-answer' }

export interface MarkerReader {
  /** Takes in a piece of the stream; gives what is certain by now. */
  feed(text: string): Piece[]
  /** The stream has ended: gives what was held back. */
  end(): Piece[]
  /** What was shown since the citation before, and begins it anew: for citations that do not come in the text. */
  claimed(): string
}

/** Longer than any citation that the prompt asks for; past it a "[" is just a "[". */
const LONGEST_MARKER = 2000
const OPENINGS = ['<think>', '<thinking>', '<reasoning>'] as const
const LONGEST_THOUGHT = 200_000

/**
 * Reads `[3: "quote"]`, `[3]` and `[1, 2]` out of a stream, however it is cut into pieces. Thoughts of reasoning models,
 * images, link targets, HTML, unseen characters and addresses that are not `known` are taken out, known addresses lose
 * their scheme: no reader of the text that remains makes a link or an image of it.
 */
export function markerReader(known: Known = () => false): MarkerReader {
  let held = ''
  let half = ''
  let fed = 0
  let thinking: string | undefined // the tag that ends the thought
  let claim = ''
  let shown = false
  let refused = false
  let tail = '' // of what was shown
  let seam = false // something was taken out behind it
  const early: Piece[] = [] // citations before any text
  let closing = false // the last character shown is a closing bracket

  /** Takes `length` characters from what is held and shows `text` for them. */
  function show(out: Piece[], length: number, text: string): void {
    const from = fed - half.length - held.length
    const changed = held.slice(0, length) !== text
    held = held.slice(length)
    const trimmed = shown ? text : text.trimStart()
    if (trimmed === '') {
      seam ||= changed
      return
    }
    // What remains of broken links must not become a link, or the definition of one, by chance.
    const gap = closing && /^[(:]/.test(trimmed) ? ' ' : seam || changed ? apart(tail, trimmed) : ''
    const visible = gap + trimmed.replaceAll('](', '] (').replaceAll(']:', '] :')
    shown = true
    closing = visible.endsWith(']')
    seam = changed
    tail = (tail + visible).slice(-LONGEST_TAIL)
    claim = (claim + visible).slice(-1000)
    out.push(...early.splice(0))
    out.push({ type: 'text', text: visible, from, until: fed - half.length - held.length })
  }

  function cite(out: Piece[], length: number, marker: Marker): void {
    held = held.slice(length)
    const list = shown ? out : early
    for (const passage of marker.passages) list.push({ type: 'cite', passage, quote: marker.quote, claim: claim.trim() })
    claim = ''
    seam = true
    closing = true // its number is shown in brackets
  }

  function read(ended: boolean): Piece[] {
    const out: Piece[] = []
    while (held !== '') {
      if (thinking !== undefined) {
        const end = held.indexOf(thinking)
        if (end === -1) {
          held = ended || held.length > LONGEST_THOUGHT ? '' : held.slice(-LONGEST_THOUGHT)
          break
        }
        held = held.slice(end + thinking.length)
        seam = true
        thinking = undefined
        continue
      }
      if (!shown) {
        held = held.trimStart()
        if (held.startsWith(NO_ANSWER)) {
          held = ''
          refused = true
          return [...out, { type: 'no-answer' }]
        }
        if (!ended && NO_ANSWER.startsWith(held)) break
      }
      const at = held.search(SPECIAL)
      if (at === -1) {
        const begun = ended ? 0 : mayBegin(held)
        const kept = ended ? 0 : begun + blanksAtEnd(held.slice(0, held.length - begun))
        const length = held.length - kept
        show(out, length, held.slice(0, length))
        break
      }
      if (at > 0) {
        // Blanks before a marker are kept back with it, so that a dropped marker leaves no gap.
        const blank = blanksAtEnd(held.slice(0, at))
        if (at - blank > 0) {
          show(out, at - blank, held.slice(0, at - blank))
          continue
        }
      }
      const found = special(held.slice(at), ended, known, tail + held.slice(0, at))
      if (found === 'wait') break
      const blanks = held.slice(0, at)
      if ('until' in found) {
        held = held.slice(at + found.length)
        thinking = found.until
      } else if ('marker' in found) cite(out, at + found.length, found.marker)
      else show(out, at + found.length, found.text === '' && held.charAt(at) !== '<' ? '' : blanks + found.text)
    }
    return out
  }

  return {
    feed(text) {
      if (refused) return []
      // Half of a character is kept until its other half has come.
      const whole = half + text
      half = /[\ud800-\udbff]$/.test(whole) ? whole.slice(-1) : ''
      held += withoutUnseen(whole.slice(0, whole.length - half.length))
      fed += text.length
      return read(false)
    },
    end: () => read(true),
    claimed() {
      const since = claim.trim()
      claim = ''
      closing = true
      return since
    },
  }
}

function blanksAtEnd(text: string): number {
  let count = 0
  while (count < text.length && /[ \t]/.test(text.charAt(text.length - 1 - count))) count += 1
  return count
}

interface Marker {
  readonly passages: readonly number[]
  readonly quote: string | undefined
}

type Special = Shown | { readonly until: string; readonly length: number } | { readonly marker: Marker; readonly length: number }

/** `before`: the end of what stands before it. */
function special(held: string, ended: boolean, known: Known, before: string): Special {
  if (held.startsWith('<')) {
    const open = OPENINGS.find((one) => held.toLowerCase().startsWith(one))
    if (open !== undefined) return { until: open.replace('<', '</'), length: open.length }
    if (!ended && OPENINGS.some((one) => one.startsWith(held.toLowerCase()))) return 'wait'
    return tag(held, ended, known)
  }
  if (held.startsWith('&')) return entity(held, ended)
  if (held.startsWith('@')) return mailbox(before, held, ended, known)
  if (held.startsWith('!')) {
    if (/^!(?:\[\s?)?$/.test(held) && !ended) return 'wait'
    return /^!\[(?!\s?\d)/.test(held) ? linked(held, 1, ended) : { text: '!', length: 1 }
  }
  if (!held.startsWith('[')) return address(held, ended, known)
  if (/^\[\s?\d/.test(held)) return cited(held, ended)
  if (/^\[\s?$/.test(held) && !ended) return 'wait'
  return linked(held, 0, ended)
}

function cited(held: string, ended: boolean): Special {
  const bare = /^\[\s?(\d{1,4}(?:\s{0,2},\s{0,2}\d{1,4}){0,9})\s?\]/.exec(held)
  if (bare !== null) {
    const passages = [...new Set((bare[1] ?? '').split(',').map((number) => Number(number.trim())))]
    return { marker: { passages, quote: undefined }, length: bare[0].length }
  }
  const open = /^\[\s?(\d{1,4})\s{0,2}[:,]?\s{0,2}(["“”„«'‘])/.exec(held)
  if (open !== null) {
    const close = /["“”»'’]\s{0,2}\]/g
    close.lastIndex = open[0].length
    const end = close.exec(held)
    if (end !== null && end.index < LONGEST_MARKER) {
      return { marker: { passages: [Number(open[1])], quote: held.slice(open[0].length, end.index) }, length: end.index + end[0].length }
    }
  }
  if (!ended && held.length < LONGEST_MARKER) return 'wait'
  // A marker that never closes: what it quotes is no citation, and what it says was not meant to be read.
  const rest = /^\[[^[\]\n]{0,2000}\]?/.exec(held)?.[0].length ?? 1
  return { text: '', length: Math.max(1, rest) }
}

/** `[text](address)` and `![text](address)` leave only their text. */
function linked(held: string, skip: number, ended: boolean): Shown {
  const label = /^\[([^[\]<\n]{0,500})\]/.exec(held.slice(skip))
  if (label === null) {
    const open = !ended && held.length < 510 && !/[\]<\n]/.test(held) && !held.slice(skip + 1).includes('[')
    return open ? 'wait' : { text: held.slice(skip, skip + 1), length: skip + 1 }
  }
  const length = skip + label[0].length
  const after = held.slice(length)
  if (after === '' && !ended) return 'wait'
  const text = label[1] ?? ''
  // What stands inside the brackets is read again when it holds an address.
  if (!after.startsWith('(')) return holdsAddress(text) ? { text: '', length: skip + 1 } : { text: label[0], length }
  const close = after.search(/[)\n]/)
  if (close === -1 && !ended && after.length < LONGEST_MARKER) return 'wait'
  return { text: holdsAddress(text) ? '' : text, length: length + (close === -1 ? after.length : close + 1) }
}
