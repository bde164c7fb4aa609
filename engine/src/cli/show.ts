import { stripVTControlCharacters, styleText } from 'node:util'
import { fit, padded, widthOf } from './width.ts'

type Style = Parameters<typeof styleText>[0]

/** Coloured when the stream is a terminal, plain elsewhere and with NO_COLOR. */
export function paint(style: Style, text: string, stream: NodeJS.WriteStream = process.stdout): string {
  return styleText(style, text, { stream })
}

export function bytes(count: number): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB']
  const power = count < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(count) / 3))
  const value = count / 1000 ** power
  return `${power === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[power]}`
}

/** `rough` leaves out what changes too fast to be read. */
export function duration(milliseconds: number, rough?: 'rough'): string {
  if (milliseconds < 1000 && rough === undefined) return `${Math.round(milliseconds)} ms`
  const seconds = milliseconds / 1000
  if (seconds < 59.5) return `${rough === undefined ? seconds.toFixed(1) : Math.round(seconds)} s`
  const minutes = Math.round(seconds / 60)
  if (rough !== undefined && minutes >= 10) return minutes < 90 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
  const whole = Math.round(seconds)
  return `${Math.floor(whole / 60)} min ${whole % 60} s`
}

/** US dollars: to the cent, and small sums to a hundredth of one. */
export function money(usd: number): string {
  if (usd === 0) return '$0'
  if (usd < 0.0001) return '<$0.0001'
  const digits = usd < 1 ? 4 : 2
  return `$${usd.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits })}`
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en')} ${count === 1 ? one : many}`
}

/** Where a passage or quote stands, for a person: file, page or heading. */
export function place(at: {
  readonly name: string
  readonly page?: number | null
  readonly pages?: readonly [number, number] | null
  readonly heading_path: readonly string[]
}): string {
  const [first, last] = at.pages ?? [at.page ?? undefined, at.page ?? undefined]
  const page = first === undefined ? [] : [first === last ? `page ${first}` : `pages ${first}-${last}`]
  const heading = at.heading_path.length === 0 ? [] : [at.heading_path.join(' › ')]
  return [paint('bold', printable(at.name)), ...page, ...heading.map(printable)].join(', ')
}

/** Columns that lines may take: those of the terminal, 100 elsewhere; long lines read badly on wide ones. */
export function columnsOf(stream: NodeJS.WriteStream = process.stdout): number {
  return Math.max(24, Math.min(stream.columns ?? 100, 110))
}

/** A message for the person at the terminal, to stderr: broken between words there, one line elsewhere. */
export function say(text: string, indent = ''): void {
  console.error(process.stderr.isTTY ? wrap(text, indent, process.stderr) : indent + printable(text))
}

/** Breaks text into lines of the terminal's width, each with the indent. */
export function wrap(text: string, indent = '', stream: NodeJS.WriteStream = process.stdout): string {
  const width = Math.max(20, columnsOf(stream) - indent.length)
  const lines: string[] = []
  for (const line of printable(text).split('\n')) {
    let current = ''
    // Words end at blanks; what is not broken (a command, say) is left to the terminal.
    for (const word of line.split(/\s+/)) {
      if (current !== '' && widthOf(current) + 1 + widthOf(word) > width) {
        lines.push(current)
        current = word
      } else current = current === '' ? word : `${current} ${word}`
    }
    lines.push(current)
  }
  return lines.map((line) => indent + line).join('\n')
}

/** One line of at most `length` columns. */
export function cut(text: string, length: number): string {
  return fit(printable(text).replace(/\s+/g, ' '), length)
}

/** Documents and models write what they like: control characters must not reach the terminal. */
export function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is taken out
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, '')
}

/** An argument as it is typed in a shell. */
export function quoted(text: string): string {
  return /^[\p{L}\p{N}._@%+:,/=-]+$/u.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
}

export interface TableOptions {
  readonly styles?: readonly Style[]
  /** Columns of numbers: they end where the column ends. */
  readonly right?: readonly number[]
  /** The column that gives way when the terminal is narrow. */
  readonly flexible?: number
  /** The terminal's width unless told. */
  readonly columns?: number
}

/** Columns as wide as their widest cell; the flexible one is cut so that a row fits the terminal. The last is not padded. */
export function table(
  rows: readonly (readonly string[])[],
  { styles = [], right = [], flexible, columns = process.stdout.columns }: TableOptions = {},
): string {
  const widths: number[] = []
  for (const row of rows) for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, widthOf(stripVTControlCharacters(cell)))
  const total = widths.reduce((sum, width) => sum + width, 0) + 2 * Math.max(0, widths.length - 1)
  if (flexible !== undefined && columns !== undefined && total > columns) widths[flexible] = Math.max(12, (widths[flexible] ?? 0) - (total - columns))
  return rows
    .map((row) =>
      row
        .map((cell, column) => {
          const fitting = column === flexible ? fit(cell, widths[column] ?? 0) : cell
          const width = widths[column] ?? 0
          const before = right.includes(column) ? ' '.repeat(Math.max(0, width - widthOf(fitting))) : ''
          const shown = column === row.length - 1 ? before + fitting : padded(before + fitting, width)
          const style = styles[column]
          return style === undefined ? shown : paint(style, shown)
        })
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

/** A table where it fits; on a narrower terminal each first cell whole on a line of its own, and the others below it. */
export function listing(rows: readonly (readonly string[])[], columns: number | undefined = process.stdout.columns): string {
  const whole = table(rows, { styles: ['bold'] })
  if (columns === undefined || whole.split('\n').every((line) => widthOf(stripVTControlCharacters(line)) <= columns)) return whole
  return rows
    .map(([first = '', ...others]) => {
      const rest = others.filter((cell) => cell !== '').join(', ')
      return `${paint('bold', first)}${rest === '' ? '' : `\n${wrap(rest, '  ')}`}`
    })
    .join('\n')
}
