import { child, children, type XmlElement } from './xml-stream.ts'

export interface ParagraphStyle {
  /** 1 to 9 for headings. */
  readonly level: number | undefined
  readonly kind: 'title' | 'caption' | 'quote' | 'code' | 'contents' | undefined
  readonly numbering: NumberingRef | undefined
}

export interface NumberingRef {
  readonly id: string
  readonly level: number
}

/** Names of built-in heading styles, as Word and its translations write them: "heading 1", "Überschrift 1", "見出し 1". */
const HEADING =
  /^(?:heading|überschrift|titre|título|titulo|títol|titolo|заголовок|見出し|标题|標題|제목|nagłówek|rubrik|overskrift|otsikko|nadpis|kop|başlık|cím(?:sor)?|επικεφαλίδα|tiêu đề|naslov|titlu|pealkiri|virsraksts|antraštė|עיקרון|عنوان|หัวเรื่อง|शीर्षक)\s{0,3}([1-9])$/iu
const KINDS: readonly (readonly [NonNullable<ParagraphStyle['kind']>, RegExp])[] = [
  ['title', /^(?:title|titel|titre principal|название|表題|标题|제목|tytuł)$/iu],
  ['caption', /^(?:caption|beschriftung|légende|leyenda|epígrafe|didascalia|название объекта|図表番号|题注)$/iu],
  ['quote', /^(?:quote|intense quote|block text|zitat|intensives zitat|citation|cita)$/iu],
  ['code', /^(?:html preformatted|html code|plain text|source code|code|macro text|preformatted text|listing)$/iu],
  ['contents', /^(?:toc|tdm|tdc|verzeichnis|оглавление|目次|目录|sommario|inhopg|spis treści)\s{0,3}[1-9]$/iu],
]
const MAX_CHAIN = 20

/** Style id to style, with what it inherits along `basedOn`. */
export function readStyles(root: XmlElement | undefined): ReadonlyMap<string, ParagraphStyle> {
  const raw = new Map<string, XmlElement>()
  for (const style of children(root, 'w:style')) {
    const id = style.attributes['w:styleId']
    if (id !== undefined && (style.attributes['w:type'] ?? 'paragraph') === 'paragraph') raw.set(id, style)
  }
  const styles = new Map<string, ParagraphStyle>()
  for (const id of raw.keys()) styles.set(id, resolve(id, raw))
  return styles
}

function resolve(id: string, raw: ReadonlyMap<string, XmlElement>): ParagraphStyle {
  let level: number | undefined
  let kind: ParagraphStyle['kind']
  let numberingId: string | undefined
  let numberingLevel: number | undefined
  let decided = false // a style that says "body text" must not inherit the level of a heading
  let current: string | undefined = id
  for (let step = 0; current !== undefined && step < MAX_CHAIN; step += 1) {
    const style: XmlElement | undefined = raw.get(current)
    if (style === undefined) break
    const name = value(child(style, 'w:name')) ?? current
    const properties = child(style, 'w:pPr')
    if (!decided) {
      const own = outlineLevel(properties)
      const named = headingLevel(name) ?? headingLevel(current)
      if (own !== undefined || named !== undefined) {
        decided = true
        level = named ?? (own === 10 ? undefined : own)
      }
    }
    kind ??= KINDS.find(([, pattern]) => pattern.test(name))?.[0]
    const numbering = child(properties, 'w:numPr')
    numberingId ??= value(child(numbering, 'w:numId'))
    numberingLevel ??= count(value(child(numbering, 'w:ilvl')))
    current = value(child(style, 'w:basedOn'))
  }
  return {
    level,
    kind,
    numbering:
      numberingId === undefined || numberingId === '0' ? undefined : { id: numberingId, level: numberingLevel ?? (level === undefined ? 0 : level - 1) },
  }
}

export function headingLevel(name: string): number | undefined {
  const digit = HEADING.exec(name.trim())?.[1]
  return digit === undefined ? undefined : Number(digit)
}

/** 1 to 9, or 10 for "body text"; undefined when it is not said. */
export function outlineLevel(properties: XmlElement | undefined): number | undefined {
  const level = count(value(child(properties, 'w:outlineLvl')))
  return level === undefined || level > 9 ? undefined : level + 1
}

export function value(element: XmlElement | undefined): string | undefined {
  return element?.attributes['w:val']
}

/** On, unless it says off. */
export function isOn(element: XmlElement | undefined): boolean {
  return element !== undefined && !['0', 'false', 'off', 'none'].includes(value(element) ?? 'true')
}

function count(text: string | undefined): number | undefined {
  const number = text === undefined ? Number.NaN : Number(text)
  return Number.isInteger(number) && number >= 0 && number < 1_000_000 ? number : undefined
}

interface Level {
  readonly format: string
  readonly text: string
  readonly start: number
}

/** Counts list paragraphs in document order and tells their labels: "2.1", "b)", "•". */
export interface Numbering {
  /** Undefined when the list is unknown or its level has no label. */
  next(ref: NumberingRef): string | undefined
}

export function readNumbering(root: XmlElement | undefined): Numbering {
  const abstracts = new Map<string, ReadonlyMap<number, Level>>()
  for (const abstract of children(root, 'w:abstractNum')) abstracts.set(abstract.attributes['w:abstractNumId'] ?? '', levelsOf(abstract))
  const lists = new Map<string, { readonly counterId: string; readonly levels: ReadonlyMap<number, Level> }>()
  for (const list of children(root, 'w:num')) {
    const id = list.attributes['w:numId'] ?? ''
    const abstractId = value(child(list, 'w:abstractNumId')) ?? ''
    const levels = new Map(abstracts.get(abstractId) ?? [])
    let restarted = false
    for (const override of children(list, 'w:lvlOverride')) {
      const index = Number(override.attributes['w:ilvl'] ?? 0)
      const own = levelsOf(override).get(index) ?? levels.get(index)
      const start = count(value(child(override, 'w:startOverride')))
      restarted ||= start !== undefined
      if (own !== undefined) levels.set(index, { ...own, start: start ?? own.start })
    }
    lists.set(id, { counterId: restarted ? `list ${id}` : `abstract ${abstractId}`, levels })
  }
  const counters = new Map<string, number[]>()
  return {
    next(ref) {
      const list = lists.get(ref.id)
      const level = list?.levels.get(ref.level)
      if (list === undefined || level === undefined || ref.level > 8) return undefined
      const counter = counters.get(list.counterId) ?? []
      counters.set(list.counterId, counter)
      counter.length = Math.min(counter.length, ref.level + 1)
      for (let index = counter.length; index <= ref.level; index += 1) counter[index] = (list.levels.get(index)?.start ?? 1) - (index === ref.level ? 1 : 0)
      counter[ref.level] = (counter[ref.level] ?? 0) + 1
      if (level.format === 'bullet') return '•'
      if (level.format === 'none') return undefined
      return level.text.replace(/%([1-9])/g, (_, digit: string) => {
        const index = Number(digit) - 1
        return formatNumber(counter[index] ?? 1, list.levels.get(index)?.format ?? 'decimal')
      })
    },
  }
}

function levelsOf(parent: XmlElement): Map<number, Level> {
  const levels = new Map<number, Level>()
  for (const level of children(parent, 'w:lvl')) {
    levels.set(Number(level.attributes['w:ilvl'] ?? 0), {
      format: value(child(level, 'w:numFmt')) ?? 'decimal',
      text: value(child(level, 'w:lvlText')) ?? '',
      start: count(value(child(level, 'w:start'))) ?? 1,
    })
  }
  return levels
}

const ROMAN: readonly (readonly [number, string])[] = [
  [1000, 'm'],
  [900, 'cm'],
  [500, 'd'],
  [400, 'cd'],
  [100, 'c'],
  [90, 'xc'],
  [50, 'l'],
  [40, 'xl'],
  [10, 'x'],
  [9, 'ix'],
  [5, 'v'],
  [4, 'iv'],
  [1, 'i'],
]

/** A counter in the format that Word names; formats that few lists use are written as digits. */
export function formatNumber(number: number, format: string): string {
  if (format === 'lowerLetter' || format === 'upperLetter') {
    if (number < 1 || number > 780) return String(number)
    const letter = String.fromCharCode(97 + ((number - 1) % 26)).repeat(Math.ceil(number / 26))
    return format === 'lowerLetter' ? letter : letter.toUpperCase()
  }
  if (format === 'lowerRoman' || format === 'upperRoman') {
    if (number < 1 || number > 3999) return String(number)
    let rest = number
    let text = ''
    for (const [size, sign] of ROMAN) {
      text += sign.repeat(Math.floor(rest / size))
      rest %= size
    }
    return format === 'lowerRoman' ? text : text.toUpperCase()
  }
  return format === 'decimalZero' && number < 10 ? `0${number}` : String(number)
}
