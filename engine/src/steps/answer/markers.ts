import { withoutUnseen } from '../../domain/fence.ts'
import { bracket, type Named } from './bracket.ts'
import { codeReader } from './code.ts'
import { address, apart, entity, holdsAddress, type Known, LONGEST_TAIL, mailbox, mayBegin, type Shown, SPECIAL, tag } from './links.ts'
import { marksAtEnd, mayRefuse, refusal, refusesAtHead } from './no-answer.ts'
import { NO_ANSWER } from './prompt.ts'

/** What a model's stream holds once it is read: text to show, a citation it claims, or that there is no answer. */
export type Piece =
  /** `from` and `until`: which UTF-16 units of the stream it stands for. */
  | { readonly type: 'text'; readonly text: string; readonly from: number; readonly until: number }
  /** `quote` is missing when the model gave only the number. `claim` is what was written since the citation before. */
  | { readonly type: 'cite'; readonly passage: number; readonly quote: string | undefined; readonly claim: string }
  /** `alone`: nothing was said before it, and nothing comes after it. Otherwise only a part of what was asked has no answer. */
  | { readonly type: 'no-answer'; readonly alone: boolean }

export interface MarkerReader {
  /** Takes in a piece of the stream; gives what is certain by now. */
  feed(text: string): Piece[]
  /** The stream has ended: gives what was held back. */
  end(): Piece[]
  /** What was shown since the citation before, and begins it anew: for citations that do not come in the text. */
  claimed(): string
}

/** Of an address behind a link's text. */
const LONGEST_TARGET = 2000
const LONGEST_LABEL = 500
/** Of one that begins with a digit, such as half an interval, "[0, 1)", or a quantity. */
const LONGEST_NUMBERED = 60
const THOUGHTS = ['<think>', '<thinking>', '<reasoning>'] as const
const THOUGHT_TAG = /^<\/?(?:think|thinking|reasoning)>/i
const ACTIVE = new RegExp(`${SPECIAL.source}|${NO_ANSWER}`, 'i')

/**
 * Reads citations (bracket.ts) out of a stream, however it is cut into pieces. Thoughts of reasoning models before the first text,
 * images, link targets, HTML, unseen characters and addresses that are not `known` are taken out, known addresses lose
 * their scheme: no reader of the text that remains makes a link or an image of it. Brackets in code, and bare numbers behind a name
 * of programs such as `some_list[1]`, are text.
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
  const code = codeReader()

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
    code.add(visible)
    claim = (claim + visible).slice(-1000)
    out.push(...early.splice(0))
    out.push({ type: 'text', text: visible, from, until: fed - half.length - held.length })
  }

  function cite(out: Piece[], length: number, named: readonly Named[]): void {
    held = held.slice(length)
    const list = shown ? out : early
    for (const { passage, quote } of named) list.push({ type: 'cite', passage, quote, claim: claim.trim() })
    claim = ''
    seam = true
    closing = true // its number is shown in brackets
  }

  function read(ended: boolean): Piece[] {
    const out: Piece[] = []
    while (held !== '') {
      if (thinking !== undefined) {
        const end = held.toLowerCase().indexOf(thinking)
        if (end === -1) {
          held = ended ? '' : held.slice(1 - thinking.length)
          break
        }
        held = held.slice(end + thinking.length)
        seam = true
        thinking = undefined
        continue
      }
      if (!shown) {
        held = held.trimStart()
        const refuses = refusesAtHead(held, ended)
        if (refuses === 'wait') break
        if (refuses) {
          held = ''
          refused = true
          return [...out, { type: 'no-answer', alone: true }]
        }
        const thought = thoughtAt(held, ended)
        if (thought === 'wait') break
        if (thought !== undefined) {
          held = held.slice(thought.length)
          thinking = thought.replace('<', '</')
          continue
        }
      }
      const at = held.search(ACTIVE)
      if (at === -1) {
        const begun = ended ? 0 : Math.max(mayBegin(held), mayRefuse(held))
        const kept = ended ? 0 : begun + marksAtEnd(held.slice(0, held.length - begun))
        const length = held.length - kept
        show(out, length, held.slice(0, length))
        break
      }
      // Blanks before a marker, and marks before the words of no answer, are kept back with it, so that it leaves nothing of them behind.
      const isWords = !/[[<!&@]/.test(held.charAt(at)) && mayRefuse(held.slice(at, at + NO_ANSWER.length)) === NO_ANSWER.length
      const kept = (isWords ? marksAtEnd : blanksAtEnd)(held.slice(0, at))
      if (at > kept) {
        show(out, at - kept, held.slice(0, at - kept))
        continue
      }
      const from = isWords ? blanksAtStart(held) : at
      const words = refusal(held.slice(from), ended, tail + held.slice(0, from))
      if (words === 'wait') break
      if (words !== undefined && words.length > 0) {
        held = held.slice(from + words.length)
        seam = true
        out.push({ type: 'no-answer', alone: false })
        continue
      }
      if (isWords) {
        show(out, at + NO_ANSWER.length, held.slice(0, at + NO_ANSWER.length))
        continue
      }
      const before = tail + held.slice(0, at)
      const found = special(held.slice(at), ended, known, { before, isCode: code.inside(), isGlued: at === 0 && !seam && isGlued(tail) })
      if (found === 'wait') break
      const blanks = held.slice(0, at)
      if ('named' in found) cite(out, at + found.length, found.named)
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

function blanksAtStart(text: string): number {
  return /^[ \t]*/.exec(text)?.[0].length ?? 0
}

/** The tag that begins a thought at the head of a stream. */
function thoughtAt(held: string, ended: boolean): string | 'wait' | undefined {
  const head = held.slice(0, 12).toLowerCase()
  const open = THOUGHTS.find((one) => head.startsWith(one))
  if (open !== undefined || ended || head === '') return open
  return THOUGHTS.some((one) => one.startsWith(head)) ? 'wait' : undefined
}

/** A name as programs have them, or a call of it, or an element of it: what stands in brackets behind it is no citation. */
const PROGRAM_NAME = String.raw`(?:[a-z]|[\p{L}_$][\p{L}\p{N}$]*_[\p{L}\p{N}_$]*|_[\p{L}\p{N}_$]+|\p{Ll}{2,}\p{Lu}\p{Ll}[\p{L}\p{N}]*)`
const GLUED = new RegExp(String.raw`(?:^|[^\p{L}\p{N}_$])${PROGRAM_NAME}(?:\([^()\n]*\))?(?:\[[^[\]\n]*\])*$`, 'u')

function isGlued(shown: string): boolean {
  return GLUED.test(shown)
}

interface Place {
  /** The end of what stands before it. */
  readonly before: string
  readonly isCode: boolean
  readonly isGlued: boolean
}

type Special = Shown | { readonly named: readonly Named[]; readonly length: number }

function special(held: string, ended: boolean, known: Known, place: Place): Special {
  if (held.startsWith('<')) {
    // A reader of Markdown would hide the tag.
    const thought = THOUGHT_TAG.exec(held.slice(0, 13))
    return thought === null ? tag(held, ended, known) : { text: place.isCode ? '<' : '‹', length: 1 }
  }
  if (held.startsWith('&')) return entity(held, ended)
  if (held.startsWith('@')) return mailbox(place.before, held, ended, known)
  if (held.startsWith('!')) {
    if (/^!(?:\[\s?)?$/.test(held) && !ended) return 'wait'
    return /^!\[(?!\s?\d)/.test(held) ? linked(held, 1, ended) : { text: '!', length: 1 }
  }
  if (!held.startsWith('[')) return address(held, ended, known)
  if (/^\[\s{0,2}$/.test(held)) return ended ? { text: '', length: held.length } : 'wait'
  if (/^\[\s{0,2}\d/.test(held) && !place.isCode) return numbered(held, ended, place)
  return linked(held, 0, ended)
}

function numbered(held: string, ended: boolean, { isGlued: glued }: Place): Special {
  const read = bracket(held, ended)
  if (read === 'wait') return 'wait'
  // What it quotes is no citation, and what it says was not meant to be read.
  if (typeof read !== 'string' && 'unfinished' in read) return { text: '', length: read.unfinished }
  if (read === 'text') return linked(held, 0, ended, LONGEST_NUMBERED)
  if (!glued || read.quotes) return read
  // With a blank nobody takes it for the number of a citation.
  return { text: '[ ', length: 1 }
}

/** `[text](address)` and `![text](address)` leave only their text. */
function linked(held: string, skip: number, ended: boolean, longest = LONGEST_LABEL): Shown {
  const label = /^\[([^[\]<\n]*)\]/.exec(held.slice(skip, skip + longest))
  if (label === null) {
    const open = !ended && held.length < skip + longest && !/[\]<\n]/.test(held) && !held.slice(skip + 1).includes('[')
    return open ? 'wait' : { text: held.slice(skip, skip + 1), length: skip + 1 }
  }
  const length = skip + label[0].length
  const after = held.slice(length)
  if (after === '' && !ended) return 'wait'
  const text = label[1] ?? ''
  // What stands inside the brackets is read again when it holds an address, or the words of no answer.
  if (text.toUpperCase().includes(NO_ANSWER)) return { text: held.slice(skip, skip + 1), length: skip + 1 }
  if (!after.startsWith('(')) return holdsAddress(text) ? { text: '', length: skip + 1 } : { text: label[0], length }
  const close = after.slice(0, LONGEST_TARGET).search(/[)\n]/)
  if (close === -1 && !ended && after.length < LONGEST_TARGET) return 'wait'
  return { text: holdsAddress(text) ? '' : text, length: length + (close === -1 ? Math.min(after.length, LONGEST_TARGET) : close + 1) }
}
