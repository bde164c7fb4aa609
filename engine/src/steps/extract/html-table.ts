import type { DefaultTreeAdapterTypes as Tree } from 'parse5'

const MAX_SPAN = 1000

/** Rows of a table of data; undefined for one that only lays out the page (nested tables, sections, a single column or row). */
export function tableRows(
  table: Tree.Element,
  textOf: (cell: Tree.Element) => string,
): { readonly rows: readonly (readonly string[])[]; readonly hasHeader: boolean } | undefined {
  const lines = rowsOf(table)
  if (lines.some(({ cells }) => cells.some(laysOut))) return undefined
  if (lines.every(({ cells }) => cells.length < 2) || (lines.length === 1 && lines[0]?.cells.some((cell) => cell.tagName === 'th') === false)) return undefined
  const rows: string[][] = []
  // Per column, the cell from above that still reaches down.
  const reaching = new Map<number, { rows: number; text: string }>()
  for (const { cells } of lines) {
    const row: string[] = []
    const fillFromAbove = (): void => {
      for (let above = reaching.get(row.length); above !== undefined; above = reaching.get(row.length)) {
        above.rows -= 1
        if (above.rows <= 0) reaching.delete(row.length)
        row.push(above.text)
      }
    }
    for (const cell of cells) {
      fillFromAbove()
      const text = textOf(cell)
      const down = span(cell, 'rowspan')
      if (down > 1) reaching.set(row.length, { rows: down - 1, text })
      row.push(text)
      for (let across = span(cell, 'colspan'); across > 1 && row.length < MAX_SPAN; across -= 1) row.push('')
    }
    fillFromAbove()
    rows.push(row)
  }
  const first = lines[0]
  const hasHeader = first !== undefined && (first.head || (first.cells.length > 1 && first.cells.every((cell) => cell.tagName === 'th')))
  return { rows: rows.filter((row) => row.some((cell) => cell !== '')), hasHeader }
}

function rowsOf(table: Tree.Element): { readonly cells: readonly Tree.Element[]; readonly head: boolean }[] {
  const found: { cells: Tree.Element[]; head: boolean }[] = []
  const collect = (parent: Tree.Element, head: boolean): void => {
    for (const child of parent.childNodes) {
      if (!('tagName' in child)) continue
      if (child.tagName === 'tr') {
        const cells = child.childNodes.filter((cell): cell is Tree.Element => 'tagName' in cell && (cell.tagName === 'td' || cell.tagName === 'th'))
        if (cells.length > 0) found.push({ cells, head })
      } else if (/^t(?:head|body|foot)$/.test(child.tagName)) collect(child, child.tagName === 'thead')
    }
  }
  collect(table, false)
  return found
}

function laysOut(cell: Tree.Element): boolean {
  const open: Tree.Element[] = [cell]
  for (let element = open.pop(); element !== undefined; element = open.pop()) {
    for (const child of element.childNodes) {
      if (!('tagName' in child)) continue
      if (/^(?:table|h[1-6]|pre|article|section|form)$/.test(child.tagName)) return true
      open.push(child)
    }
  }
  return false
}

function span(cell: Tree.Element, name: string): number {
  const value = Number.parseInt(cell.attrs.find((one) => one.name === name)?.value ?? '1', 10)
  return Number.isNaN(value) ? 1 : Math.min(Math.max(value, 1), MAX_SPAN)
}
