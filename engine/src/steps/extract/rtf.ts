import iconv from 'iconv-lite'
import { AppError } from '../../domain/errors.ts'
import type { TextBuilder } from './builder.ts'
import { headingLevel } from './docx-styles.ts'
import type { Reader } from './reader.ts'
import { rtfWriter } from './rtf-blocks.ts'
import { codePageOf, DESTINATIONS, type Destination, encodingOf, REVIVING, SYMBOLS, TRANSPARENT } from './rtf-words.ts'

interface State {
  destination: Destination
  /** The control word that opened the destination. */
  word: string
  codePage: number
  skipAfterUnicode: number
  deleted: boolean
}

interface Format {
  level: number | undefined
  style: number | undefined
  inTable: boolean
}

/** Rich Text: code pages by font, \u characters, tables as rows, footnotes after their paragraph, no pictures. */
export const readRtf: Reader = async (source, out, context) => {
  const bytes = source.bytes()
  const start = Buffer.from(bytes.subarray(0, 64)).toString('latin1').indexOf('{\\rtf')
  if (start === -1) throw new AppError('document/corrupt', { expected: 'rich text' })
  const parser = rtfParser(out)
  let at = start
  let depth = 0
  const { nesting } = context.limits
  while (at < bytes.length) {
    const byte = bytes[at] ?? 0
    if (byte === 0x7b) {
      depth += 1
      if (depth > nesting) throw new AppError('document/hostile', { reason: `groups nested deeper than ${nesting}` })
      parser.open()
      at += 1
    } else if (byte === 0x7d) {
      depth -= 1
      parser.close()
      at += 1
      if (depth <= 0) break
    } else if (byte === 0x5c) at = control(bytes, at + 1, parser)
    else {
      if (byte !== 0x0a && byte !== 0x0d && byte !== 0) parser.byte(byte)
      at += 1
    }
  }
  if (depth > 0) out.warn('The file ends in the middle. Text may be missing at its end.')
  parser.end()
  if (depth <= 0) return
  if (out.length === 0) throw new AppError('document/truncated')
}

interface RtfParser {
  open(): void
  close(): void
  byte(byte: number): void
  word(name: string, value: number | undefined): void
  star(): void
  end(): void
}

/** Reads one control word or symbol after the backslash and tells where the text goes on. */
function control(bytes: Uint8Array, start: number, parser: RtfParser): number {
  const first = bytes[start] ?? 0
  if (!isLetter(first)) {
    if (first === 0x27) {
      const code = Number.parseInt(String.fromCharCode(bytes[start + 1] ?? 0, bytes[start + 2] ?? 0), 16)
      if (!Number.isNaN(code)) parser.byte(code)
      return start + 3
    }
    if (first === 0x2a) parser.star()
    else if (first === 0x0a || first === 0x0d) parser.word('par', undefined)
    else if (first === 0x7e) parser.word('~', undefined)
    else if (first === 0x5f) parser.byte(0x2d)
    else if (first === 0x5c || first === 0x7b || first === 0x7d) parser.byte(first)
    return start + 1
  }
  let at = start
  while (isLetter(bytes[at] ?? 0) && at - start < 40) at += 1
  const name = String.fromCharCode(...bytes.subarray(start, at))
  let digits = ''
  if (bytes[at] === 0x2d) {
    digits = '-'
    at += 1
  }
  while (isDigit(bytes[at] ?? 0) && digits.length < 11) {
    digits += String.fromCharCode(bytes[at] ?? 0)
    at += 1
  }
  if (bytes[at] === 0x20) at += 1
  const value = digits === '' || digits === '-' ? undefined : Number(digits)
  if (name === 'bin') return at + Math.max(0, value ?? 0)
  parser.word(name, value)
  return at
}

function rtfParser(out: TextBuilder): RtfParser {
  const writer = rtfWriter(out)
  const stack: State[] = []
  let state: State = { destination: 'body', word: '', codePage: 1252, skipAfterUnicode: 1, deleted: false }
  let format: Format = { level: undefined, style: undefined, inTable: false }
  let ansi = 1252
  let skip = 0 // characters still to be skipped after \u
  let starred = false
  let fresh = false // a group was just opened: its first word may name a destination
  let pending: number[] = []
  const texts = { body: '', note: '', comment: '', box: '', margin: '', label: '', info: '', fonts: '', styles: '' }
  const fonts = new Map<number, number>()
  const styleLevels = new Map<number, number>()
  const margins = new Set<string>()
  const date: Record<string, number> = {}
  let notes: string[] = []
  let font = 0
  let style = { number: 0, level: undefined as number | undefined }

  function flush(): void {
    if (pending.length === 0) return
    const text = iconv.decode(Buffer.from(pending), encodingOf(state.codePage))
    pending = []
    append(text)
  }

  function append(text: string): void {
    if (state.destination !== 'skip' && !state.deleted) texts[state.destination] += text
  }

  function take(): { text: string; label: string; level: number | undefined; inTable: boolean; notes: string[] } {
    const level = format.level ?? (format.style === undefined ? undefined : styleLevels.get(format.style))
    const taken = { text: texts.body, label: texts.label, level, inTable: format.inTable, notes }
    texts.body = ''
    texts.label = ''
    notes = []
    return taken
  }

  /** A paragraph ends: in the body for the writer, elsewhere as a line break. */
  function endParagraph(): void {
    if (state.destination === 'body') writer.paragraph(take())
    else append('\n')
  }

  function leave(left: State): void {
    const destination = left.destination
    if (destination === state.destination && left.word === state.word) {
      if (destination === 'fonts') texts.fonts = ''
      else if (destination === 'styles') endStyle()
      return
    }
    if (destination === 'note' || destination === 'comment' || destination === 'box') {
      const text = texts[destination].trim()
      if (text !== '') notes.push(destination === 'comment' ? `Comment: ${text}` : text)
      texts[destination] = ''
    } else if (destination === 'margin') {
      const text = texts.margin.trim()
      if (/\p{L}\P{Z}*\p{L}/u.test(text)) margins.add(text)
      texts.margin = ''
    } else if (destination === 'info') {
      const time = `${date.yr}-${two(date.mo)}-${two(date.dy)}T${two(date.hr)}:${two(date.min)}:00`
      if (left.word === 'title') out.title = texts.info
      else if (left.word === 'creatim' || left.word === 'revtim') {
        if ((date.yr ?? 0) > 1900) out.property(left.word === 'creatim' ? 'created' : 'modified', time)
      } else out.property(left.word, texts.info.trim())
      texts.info = ''
    }
  }

  function endStyle(): void {
    const level = style.level ?? headingLevel(texts.styles.replace(/;.*$/s, ''))
    if (level !== undefined) styleLevels.set(style.number, level)
    texts.styles = ''
    style = { number: 0, level: undefined }
  }

  function enter(name: string): boolean {
    const known = Object.hasOwn(DESTINATIONS, name) ? DESTINATIONS[name] : undefined
    const inner = state.destination
    if (starred && REVIVING.has(name) && state.word === 'upr') {
      state.destination = stack.at(-2)?.destination ?? 'body'
      state.word = name
      return true
    }
    if (inner === 'skip' && !(known === 'info' && state.word === 'info')) return starred && known === undefined && !TRANSPARENT.has(name)
    if (known !== undefined) {
      // Notes in notes and headers in headers stay where they are.
      if (inner === 'fonts' || inner === 'styles') return true
      state.destination = known
      state.word = name
      return true
    }
    if (starred && !TRANSPARENT.has(name)) {
      state.destination = 'skip'
      state.word = name
      return true
    }
    return false
  }

  function inText(name: string, value: number | undefined): void {
    switch (name) {
      case 'u':
        append(String.fromCharCode(((value ?? 0) + 65_536) % 65_536))
        skip = state.skipAfterUnicode
        return
      case 'uc':
        state.skipAfterUnicode = Math.min(Math.max(value ?? 1, 0), 100)
        return
      case 'par':
      case 'sect':
      case 'page':
        endParagraph()
        return
      case 'cell':
        if (state.destination === 'body') writer.cell(take())
        else append('\t')
        return
      case 'row':
        if (state.destination === 'body') writer.row()
        return
      case 'pard':
        format = { level: undefined, style: undefined, inTable: false }
        return
      case 'intbl':
        format.inTable = true
        return
      case 'outlinelevel':
        if (value !== undefined && value >= 0 && value <= 8) {
          if (state.destination === 'styles') style.level = value + 1
          else format.level = value + 1
        }
        return
      case 's':
        if (state.destination === 'styles') style.number = value ?? 0
        else format.style = value
        return
      case 'f':
        font = value ?? 0
        if (state.destination !== 'fonts') state.codePage = fonts.get(font) ?? ansi
        return
      case 'fcharset':
        if (state.destination === 'fonts') fonts.set(font, codePageOf(value ?? 0, ansi))
        return
      case 'cpg':
        if (state.destination === 'fonts' && value !== undefined) fonts.set(font, value)
        return
      case 'plain':
        state.codePage = fonts.get(0) ?? ansi
        state.deleted = false
        return
      case 'deleted':
        state.deleted = value !== 0
        return
      case '~':
        append('\u00a0')
        return
      case 'ansicpg':
        ansi = value !== undefined && value > 0 ? value : 1252
        state.codePage = ansi
        return
      case 'mac':
        ansi = 10_000
        state.codePage = ansi
        return
      case 'pc':
      case 'pca':
        ansi = name === 'pc' ? 437 : 850
        state.codePage = ansi
        return
      default:
        if (state.destination === 'info' && ['yr', 'mo', 'dy', 'hr', 'min'].includes(name)) date[name] = value ?? 0
        else if (Object.hasOwn(SYMBOLS, name)) append(SYMBOLS[name] ?? '')
    }
  }

  return {
    open() {
      flush()
      skip = 0
      stack.push({ ...state })
      fresh = true
      starred = false
    },
    close() {
      flush()
      skip = 0
      fresh = false
      const left = state
      state = stack.pop() ?? state
      leave(left)
    },
    byte(byte) {
      fresh = false
      if (skip > 0) skip -= 1
      else if (state.destination !== 'skip' && !state.deleted) pending.push(byte)
    },
    star() {
      starred = true
    },
    word(name, value) {
      if (skip > 0) {
        // A sign counts as one character; any other word ends what stands in for \\u.
        skip = Object.hasOwn(SYMBOLS, name) ? skip - 1 : 0
        if (Object.hasOwn(SYMBOLS, name)) return
      }
      flush()
      const first = fresh
      fresh = false
      if (first && enter(name)) return
      inText(name, value)
    },
    end() {
      flush()
      if (state.destination === 'body' || stack.length > 0) writer.paragraph(take())
      writer.end()
      for (const text of margins) out.add('paragraph', text)
    },
  }
}

function two(value: number | undefined): string {
  return String(value ?? 0).padStart(2, '0')
}

function isLetter(byte: number): boolean {
  return (byte >= 0x61 && byte <= 0x7a) || (byte >= 0x41 && byte <= 0x5a)
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39
}
