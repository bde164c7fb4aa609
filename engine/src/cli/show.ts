import { styleText } from 'node:util'

type Style = Parameters<typeof styleText>[0]

/** Coloured on a terminal, plain elsewhere and with NO_COLOR. */
export function paint(style: Style, text: string): string {
  return styleText(style, text, { stream: process.stdout })
}

export function bytes(count: number): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB']
  const power = count < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(count) / 3))
  const value = count / 1000 ** power
  return `${power === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[power]}`
}

export function duration(milliseconds: number): string {
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`
  const seconds = milliseconds / 1000
  if (seconds < 60) return `${seconds.toFixed(1)} s`
  return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`
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

/** Breaks text into lines of the terminal's width, each with the indent. */
export function wrap(text: string, indent = ''): string {
  const width = Math.max(20, Math.min(process.stdout.columns ?? 100, 110) - indent.length)
  const lines: string[] = []
  for (const line of printable(text).split('\n')) {
    let current = ''
    for (const word of line.split(/\s+/)) {
      if (current !== '' && current.length + 1 + word.length > width) {
        lines.push(current)
        current = word
      } else current = current === '' ? word : `${current} ${word}`
    }
    lines.push(current)
  }
  return lines.map((line) => indent + line).join('\n')
}

export function cut(text: string, length: number): string {
  const line = printable(text).replace(/\s+/g, ' ')
  return line.length <= length ? line : `${line.slice(0, length - 1)}…`
}

/** Documents and models write what they like: control characters must not reach the terminal. */
export function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is taken out
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, '')
}

/** Columns as wide as their widest cell; the last one is not padded. */
export function table(rows: readonly (readonly string[])[], styles: readonly Style[] = []): string {
  const widths = rows.reduce<number[]>((found, row) => row.map((cell, column) => Math.max(found[column] ?? 0, cell.length)), [])
  return rows
    .map((row) =>
      row
        .map((cell, column) => {
          const padded = column === row.length - 1 ? cell : cell.padEnd(widths[column] ?? 0)
          const style = styles[column]
          return style === undefined ? padded : paint(style, padded)
        })
        .join('  '),
    )
    .join('\n')
}
