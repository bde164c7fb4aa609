import type { PDFDocumentProxy } from 'pdfjs-dist/types/src/display/api.js'
import type { Draft, TextDraft } from './pdf-blocks.ts'

/** Entry of the outline: level by page and bare title. */
export type Outline = ReadonlyMap<string, number>
const MAX_ENTRIES = 20_000

interface OutlineNode {
  readonly title: string
  readonly dest: string | readonly unknown[] | null
  readonly items: readonly OutlineNode[]
}

export async function readOutline(document: PDFDocumentProxy): Promise<Outline> {
  const levels = new Map<string, number>()
  const roots = ((await document.getOutline()) ?? []) as readonly OutlineNode[]
  const todo = roots.map((node) => ({ node, level: 1 })).reverse()
  let entries = 0
  for (let next = todo.pop(); next !== undefined && entries < MAX_ENTRIES; next = todo.pop(), entries++) {
    const { node, level } = next
    const page = await pageOf(document, node.dest)
    const key = bare(node.title)
    if (page !== undefined && key.length > 1) levels.set(`${page}:${key}`, Math.min(level, 6))
    for (const item of node.items.toReversed()) todo.push({ node: item, level: level + 1 })
  }
  return levels
}

async function pageOf(document: PDFDocumentProxy, dest: OutlineNode['dest']): Promise<number | undefined> {
  try {
    const target = typeof dest === 'string' ? await document.getDestination(dest) : dest
    const reference: unknown = target?.[0]
    if (typeof reference === 'number') return reference + 1
    if (typeof reference !== 'object' || reference === null) return undefined
    return (await document.getPageIndex(reference as { num: number; gen: number })) + 1
  } catch {
    return undefined // an outline entry that leads nowhere is not worth a word
  }
}

/** Letters and digits only, lower case: how titles are compared. */
function bare(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, '')
    .slice(0, 200)
}

export interface HeadingFacts {
  readonly outline: Outline
  readonly textOf: (draft: TextDraft) => string
}
export interface PageDrafts {
  readonly number: number
  readonly drafts: readonly Draft[]
}

/** Level per heading draft, from the structure tree, the outline, or else from type size and weight. */
export function findHeadings(pages: readonly PageDrafts[], { outline, textOf }: HeadingFacts): Map<Draft, number> {
  const found = new Map<Draft, number>()
  const { body, boldShare } = bodyType(pages)
  const bySize: { draft: TextDraft; size: number; page: number }[] = []
  const byWeight: TextDraft[] = []
  let texts = 0
  const trusted: { level: number; size: number }[] = []
  const entries = outline.size > 0 ? matchOutline(pages, outline, textOf) : new Map<Draft, number>()
  for (const { number, drafts } of pages) {
    for (const draft of drafts) {
      if (draft.kind !== 'text') continue
      texts++
      if (draft.running || (draft.items[0]?.length ?? 0) > 4 || draft.items.length > 1) continue
      const text = textOf(draft)
      const level = draft.level ?? entries.get(draft)
      if (level !== undefined && text.length <= 250) {
        found.set(draft, level)
        trusted.push({ level, size: draft.size })
      } else if (!mayHead(text)) continue
      else if (draft.size >= 1.12 * body) bySize.push({ draft, size: draft.size, page: number })
      else if (draft.bold && boldShare < 0.4 && draft.size > 0.95 * body && text.length <= 100) byWeight.push(draft)
    }
  }
  // Covers play with sizes; the levels are those of the pages behind.
  const behind = bySize.filter(({ page }) => page > 1)
  const inside = behind.length > 2 ? behind : bySize
  const levelOf = trusted.length > 2 ? besideTrusted(trusted) : sizeLevels(inside.map(({ size }) => size))
  // A document in which every other block is large has a style, not headings.
  if (bySize.length <= 0.5 * texts || texts < 12) for (const { draft, size } of bySize) found.set(draft, levelOf(size))
  if (byWeight.length <= 0.35 * texts || texts < 12) for (const draft of byWeight) found.set(draft, levelOf(0))
  return found
}

/** The block that each entry of the outline leads to; running headers repeat its words in smaller type. */
function matchOutline(pages: readonly PageDrafts[], outline: Outline, textOf: (draft: TextDraft) => string): Map<Draft, number> {
  const best = new Map<string, TextDraft>()
  for (const { number, drafts } of pages) {
    for (const draft of drafts) {
      if (draft.kind !== 'text' || draft.running || draft.items.length > 1 || (draft.items[0]?.length ?? 0) > 4) continue
      const text = textOf(draft)
      const key = text.length > 250 ? '' : bare(text)
      if (key.length < 2) continue
      // Titles in outlines may leave out or add the number of the section.
      const names = [key, key.replace(/^(?:chapter|kapitel|section)?\d+/, '')]
      const entry = [number, number - 1, number + 1].flatMap((page) => names.map((name) => `${page}:${name}`)).find((name) => outline.has(name))
      const other = entry === undefined ? undefined : best.get(entry)
      if (entry !== undefined && (other === undefined || draft.size > other.size * 1.02)) best.set(entry, draft)
    }
  }
  return new Map([...best].map(([entry, draft]) => [draft, outline.get(entry) ?? 1]))
}

function mayHead(text: string): boolean {
  if (text.length > 160 || text.length < 2) return false
  const letters = text.match(/\p{L}/gu)?.length ?? 0
  if (letters < 0.5 * text.replace(/\s/g, '').length || letters < 2) return false
  if (/^[•‣▪▫●○◦■□➢✓*]/.test(text) || /[,;:]$/.test(text) || /^\p{Ll}/u.test(text)) return false
  return !/[.]$/.test(text) || text.length < 60
}

function bodyType(pages: readonly PageDrafts[]): { body: number; boldShare: number } {
  const sizes = new Map<number, number>()
  let [all, bold] = [0, 0]
  for (const { drafts } of pages) {
    for (const draft of drafts) {
      if (draft.kind !== 'text') continue
      const characters = draft.items.reduce((sum, lines) => sum + lines.reduce((inner, line) => inner + line.length, 0), 0)
      const size = Math.round(draft.size * 2) / 2
      sizes.set(size, (sizes.get(size) ?? 0) + characters)
      all += characters
      if (draft.bold) bold += characters
    }
  }
  let [body, most] = [10, 0]
  for (const [size, characters] of sizes) if (characters > most) [body, most] = [size, characters]
  return { body, boldShare: all === 0 ? 0 : bold / all }
}

/** Level from 1 by type size, sizes within 6 % being one; a size of 0 comes below all. */
function sizeLevels(sizes: readonly number[]): (size: number) => number {
  const steps: number[] = []
  for (const size of [...sizes].sort((a, b) => b - a)) if (size < (steps.at(-1) ?? Number.POSITIVE_INFINITY) * 0.94) steps.push(size)
  return (size) => Math.min(size === 0 ? 5 : 4, 1 + steps.filter((step) => step * 0.94 >= size).length)
}

/** Level by comparison with headings whose level the document itself tells: below all that are set larger. */
function besideTrusted(trusted: readonly { readonly level: number; readonly size: number }[]): (size: number) => number {
  const sizes = new Map<number, number[]>()
  for (const { level, size } of trusted) sizes.set(level, [...(sizes.get(level) ?? []).slice(-200), size])
  const middles = [...sizes].map(([level, all]) => ({ level, size: all.sort((a, b) => a - b)[all.length >> 1] ?? 0 }))
  return (size) => Math.min(6, 1 + Math.max(0, ...middles.filter((middle) => middle.size > size * 1.04).map((middle) => middle.level)))
}
