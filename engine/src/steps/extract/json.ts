import { AppError } from '../../domain/errors.ts'
import type { TextBuilder } from './builder.ts'
import { decodeText } from './encoding.ts'
import { addMarkdown } from './markdown.ts'
import type { Reader } from './reader.ts'
import { readText } from './text.ts'

/** Source: a screen of "path: value" lines, so that a quote stays near its record. */
const LINES_TOGETHER = 40
/** Objects this far down are headings; what lies deeper is named by its path. */
const HEADING_LEVELS = 3

/** JSON as "path: value" lines, a record to a paragraph; notebooks as their cells. */
export const readJson: Reader = async (source, out, context) => {
  const { text, doubt } = decodeText(source.bytes())
  if (doubt !== undefined) out.warn(doubt)
  const value = parsed(text)
  if (value === undefined) {
    if (parsed(text.slice(0, Math.max(0, text.search(/\r?\n/)))) !== undefined) return readJsonLines(source, out, context)
    out.warn('This is not valid JSON; it was read as plain text.')
    return readText(source, out, context)
  }
  checkNesting(value, context.limits.nesting)
  if (isRecord(value) && Array.isArray(value.cells) && typeof value.nbformat === 'number') return addNotebook(value.cells, out, context.limits.nesting)
  if (isRecord(value) && typeof value.title === 'string') out.title = value.title
  addValue(value, out, 1)
}

/** One record per line; a broken line is left out and counted. */
export const readJsonLines: Reader = async (source, out, context) => {
  const { text, doubt } = decodeText(source.bytes())
  if (doubt !== undefined) out.warn(doubt)
  let broken = 0
  for (const line of text.split(/\r?\n/)) {
    if (line.trim() === '') continue
    const value = parsed(line)
    if (value === undefined) broken += 1
    else {
      checkNesting(value, context.limits.nesting)
      addLines(linesOf(value, ''), out)
    }
  }
  if (broken > 0) out.warn(`${broken} ${broken === 1 ? 'line is' : 'lines are'} not valid JSON and ${broken === 1 ? 'was' : 'were'} left out.`)
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined // no JSON text means undefined
  }
}

function addValue(value: unknown, out: TextBuilder, level: number): void {
  if (Array.isArray(value)) {
    for (const item of value) addLines(linesOf(item, ''), out)
    return
  }
  if (!isRecord(value)) {
    addLines(linesOf(value, ''), out)
    return
  }
  const flat: string[] = []
  const deep: [string, unknown][] = []
  for (const [name, item] of Object.entries(value)) {
    if (level <= HEADING_LEVELS && (isRecord(item) || (Array.isArray(item) && item.some((one) => typeof one === 'object')))) deep.push([name, item])
    else flat.push(...linesOf(item, name))
  }
  addLines(flat, out)
  for (const [name, item] of deep) {
    out.heading(level, name)
    addValue(item, out, level + 1)
  }
}

/** `path: value` for every value inside, in order; a list of plain values is one line. */
function linesOf(value: unknown, path: string): string[] {
  const lines: string[] = []
  const open: { value: unknown; path: string }[] = [{ value, path }]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { value: item, path: at } = next
    const inside = Array.isArray(item) ? item.map((one, index) => [`[${index}]`, one] as const) : isRecord(item) ? Object.entries(item) : undefined
    if (inside === undefined) lines.push(lineOf(at, item))
    else if (Array.isArray(item) && item.every((one) => typeof one !== 'object')) lines.push(lineOf(at, item.join(', ')))
    else {
      for (const [name, one] of inside.toReversed()) open.push({ value: one, path: at === '' ? name : name.startsWith('[') ? `${at}${name}` : `${at}.${name}` })
    }
  }
  return lines.filter((line) => line !== '')
}

function lineOf(path: string, value: unknown): string {
  const text = value === null || value === undefined ? '' : String(value).trim()
  if (text === '') return ''
  return path === '' ? text : `${path}: ${text}`
}

function addLines(lines: readonly string[], out: TextBuilder): void {
  for (let at = 0; at < lines.length; at += LINES_TOGETHER) out.add('paragraph', lines.slice(at, at + LINES_TOGETHER).join('\n'))
}

function addNotebook(cells: readonly unknown[], out: TextBuilder, nesting: number): void {
  for (const cell of cells) {
    if (!isRecord(cell)) continue
    const text = sourceText(cell.source)
    if (cell.cell_type === 'markdown') addMarkdown(text, out, nesting)
    else if (cell.cell_type === 'code') out.add('code', text)
    else out.add('paragraph', text)
    if (!Array.isArray(cell.outputs)) continue
    for (const output of cell.outputs) if (isRecord(output) && output.output_type === 'stream') out.add('code', sourceText(output.text))
  }
}

function sourceText(value: unknown): string {
  return Array.isArray(value) ? value.filter((line) => typeof line === 'string').join('') : typeof value === 'string' ? value : ''
}

/** Paths grow with the nesting, and so would the work with its square. */
function checkNesting(value: unknown, nesting: number): void {
  let level: unknown[] = [value]
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > Math.min(nesting, 200)) throw new AppError('document/hostile', { limit: `${Math.min(nesting, 200)} levels of objects and lists` })
    level = level.flatMap((item) => (typeof item === 'object' && item !== null ? Object.values(item) : []))
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
