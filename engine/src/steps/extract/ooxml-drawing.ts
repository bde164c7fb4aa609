import type { TextBuilder } from './builder.ts'
import type { Package, Relationship } from './ooxml.ts'
import { child, children, descendants, isElement, textOf, type XmlElement } from './xml-stream.ts'

/** Points of one chart series that are read; a chart with more is a data sheet. */
const MAX_CHART_POINTS = 2_000

/** Text of a DrawingML paragraph (a:p). */
export function drawingParagraph(paragraph: XmlElement): string {
  const parts: string[] = []
  for (const node of paragraph.children) {
    if (!isElement(node)) continue
    if (node.name === 'a:r' || node.name === 'a:fld') parts.push(textOf(child(node, 'a:t')))
    else if (node.name === 'a:br') parts.push('\n')
    else if (node.name === 'mc:AlternateContent' || node.name === 'a14:m') for (const text of descendants(node, 'm:t')) parts.push(textOf(text))
  }
  return parts.join('')
}

/** Charts and SmartArt by relationship id, read beforehand. */
export type Drawings = Map<string, XmlElement>

/** A file may refer to as many charts as it likes; this many are read. */
const MAX_DRAWINGS = 500

export async function readDrawings(relationships: readonly Relationship[], pack: Package): Promise<Drawings> {
  const drawings = new Map<string, XmlElement>()
  for (const { id, type, target } of relationships) {
    if ((type !== 'chart' && type !== 'diagramData') || drawings.size >= MAX_DRAWINGS) continue
    const root = await pack.optional(target)
    if (root !== undefined) drawings.set(id, root)
  }
  return drawings
}

/** Adds the charts and SmartArt that an element shows; each comes once, however often it is referred to. */
export function addDrawings(element: XmlElement, drawings: Drawings, out: TextBuilder): void {
  if (drawings.size === 0) return
  const take = (id = ''): XmlElement | undefined => {
    const root = drawings.get(id)
    drawings.delete(id)
    return root
  }
  for (const chart of descendants(element, 'c:chart')) addChart(take(chart.attributes['r:id']), out)
  for (const diagram of descendants(element, 'dgm:relIds')) addDiagram(take(diagram.attributes['r:dm']), out)
}

function addDiagram(root: XmlElement | undefined, out: TextBuilder): void {
  if (root === undefined) return
  const lines: string[] = []
  for (const point of descendants(root, 'dgm:pt')) {
    const text = [...descendants(point, 'a:p')].map(drawingParagraph).join(' ').replace(/\s+/g, ' ').trim()
    if (text !== '') lines.push(text)
  }
  out.add('list', lines.join('\n'))
}

function addChart(root: XmlElement | undefined, out: TextBuilder): void {
  const chart = root === undefined ? undefined : child(root, 'c:chart')
  if (chart === undefined) return
  out.add('caption', titleOf(child(chart, 'c:title')))
  const plot = child(chart, 'c:plotArea')
  if (plot === undefined) return
  for (const axis of children(plot)) if (/^c:(cat|val|date|ser)Ax$/.test(axis.name)) out.add('caption', titleOf(child(axis, 'c:title')))
  const series = [...descendants(plot, 'c:ser')].slice(0, 64)
  if (series.length === 0) return
  const columns = series.map((one) => pointsOf(child(one, 'c:val') ?? child(one, 'c:yVal')))
  const labels = series.map((one) => pointsOf(child(one, 'c:cat') ?? child(one, 'c:xVal'))).find((points) => points.size > 0) ?? new Map<number, string>()
  const last = Math.max(-1, ...[labels, ...columns].flatMap((points) => [...points.keys()]))
  const rows: string[][] = [['', ...series.map((one) => seriesName(one))]]
  for (let index = 0; index <= last; index += 1) rows.push([labels.get(index) ?? '', ...columns.map((points) => points.get(index) ?? '')])
  out.table(rows, { hasHeader: true })
}

function titleOf(title: XmlElement | undefined): string {
  if (title === undefined) return ''
  const rich = [...descendants(title, 'a:p')].map(drawingParagraph).join(' ').trim()
  return rich !== '' ? rich : [...descendants(title, 'c:v')].map(textOf).join(' ')
}

function seriesName(series: XmlElement): string {
  const name = child(series, 'c:tx')
  return name === undefined ? '' : [...descendants(name, 'c:v')].map(textOf).join(' ').trim()
}

function pointsOf(data: XmlElement | undefined): Map<number, string> {
  const points = new Map<number, string>()
  if (data === undefined) return points
  for (const point of descendants(data, 'c:pt')) {
    const index = Number(point.attributes.idx)
    if (Number.isInteger(index) && index >= 0 && index < MAX_CHART_POINTS) points.set(index, textOf(child(point, 'c:v')).trim())
  }
  return points
}
