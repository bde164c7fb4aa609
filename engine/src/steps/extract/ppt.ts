import { AppError } from '../../domain/errors.ts'
import type { TextBuilder } from './builder.ts'
import { openCompound, viewOf } from './doc-compound.ts'
import { readSummary } from './doc-properties.ts'
import { type PptRecord, type PptSlide, type PptText, RECORD, readPersists, recordAt, recordsIn, textsIn } from './ppt-records.ts'
import type { Reader } from './reader.ts'

const ENCRYPTED_TOKEN = 0xf3d1c4df
const TITLES = new Set([0, 6])
const BODIES = new Set([1, 5, 7, 8])

/** PowerPoint 97 to 2003: one page per slide, its title as heading, its notes at its end. */
export const readPpt: Reader = async (source, out, context) => {
  const file = openCompound(source.bytes())
  const user = file.stream('Current User')
  if (file.names.includes('encryptedsummary') || (user !== undefined && user.length >= 20 && viewOf(user).getUint32(12, true) === ENCRYPTED_TOKEN)) {
    throw new AppError('document/encrypted')
  }
  const stream = file.stream('PowerPoint Document')
  if (stream === undefined) {
    if (file.names.includes('pp40') || file.names.includes('text_content')) throw new AppError('document/unsupported', { expected: 'PowerPoint 97 or later' })
    throw new AppError('document/corrupt', { missing: 'PowerPoint Document' })
  }
  readSummary(file, out)
  const slides = slidesOf(stream, user === undefined || user.length < 20 ? undefined : viewOf(user).getUint32(16, true))
  if (slides.length === 0) throw new AppError('document/corrupt', { missing: 'slides' })
  if (slides.length > context.limits.pages) throw new AppError('document/too-large', { limit: `${context.limits.pages} slides` })
  for (const [index, slide] of slides.entries()) {
    out.page(index + 1)
    await addSlide(slide, out)
    context.progress(index + 1, slides.length)
  }
}

/** @throws AppError document/encrypted */
function slidesOf(stream: Uint8Array, current: number | undefined): PptSlide[] {
  const { offsets, document, encrypted } = readPersists(stream, current ?? lastEdit(stream))
  if (encrypted) throw new AppError('document/encrypted')
  const root = document === undefined ? undefined : recordAt(stream, offsets.get(document) ?? -1, stream.length)
  const top = [...recordsIn(stream, 0, stream.length)]
  const notes = notesBySlide(stream, top)
  if (root?.type !== RECORD.document)
    return top.filter((record) => record.type === RECORD.slide).map((record) => ({ texts: textsIn(stream, record, []), notes: '' }))
  const slides: PptSlide[] = []
  const shown = new Set<number>() // a slide that is listed again and again is shown once
  for (const list of recordsIn(stream, root.start, root.end)) {
    if (list.type !== RECORD.slideList || list.instance !== 0) continue
    for (const entry of slideEntries(stream, list)) {
      const record = recordAt(stream, offsets.get(entry.persist) ?? -1, stream.length)
      if (record !== undefined && shown.has(record.start)) continue
      if (record !== undefined) shown.add(record.start)
      const own = new Set(record?.type === RECORD.slide ? textsIn(stream, record, entry.outline) : [])
      // Texts of the outline that no shape of the slide refers to are shown all the same.
      const missing = entry.outline.filter((text) => !own.has(text))
      slides.push({ texts: [...missing, ...own], notes: notes.get(entry.id) ?? '' })
    }
  }
  return slides
}

interface SlideEntry {
  readonly persist: number
  readonly id: number
  readonly outline: PptText[]
}

function slideEntries(stream: Uint8Array, list: PptRecord): SlideEntry[] {
  const view = viewOf(stream)
  const entries: SlideEntry[] = []
  let kind = 4
  for (const record of recordsIn(stream, list.start, list.end)) {
    if (record.type === RECORD.slidePersist && record.end >= record.start + 16) {
      entries.push({ persist: view.getUint32(record.start, true), id: view.getUint32(record.start + 12, true), outline: [] })
    } else if (record.type === RECORD.textHeader && record.end >= record.start + 4) {
      kind = view.getUint32(record.start, true)
      entries.at(-1)?.outline.push({ kind, text: '' })
    } else if (record.type === RECORD.textChars || record.type === RECORD.textBytes) {
      const raw = Buffer.from(stream.subarray(record.start, record.end))
      const outline = entries.at(-1)?.outline
      if (outline === undefined) continue
      outline.pop()
      outline.push({ kind, text: raw.toString(record.type === RECORD.textChars ? 'utf16le' : 'latin1') })
    }
  }
  return entries
}

function notesBySlide(stream: Uint8Array, top: readonly PptRecord[]): Map<number, string> {
  const notes = new Map<number, string>()
  for (const record of top) {
    if (record.type !== RECORD.notes) continue
    const atom = [...recordsIn(stream, record.start, record.end)].find((part) => part.type === RECORD.notesAtom)
    if (atom === undefined || atom.end < atom.start + 4) continue
    const texts = textsIn(stream, record, []).filter((text) => text.kind === 2)
    // A later save of the same notes replaces the earlier one.
    notes.set(
      viewOf(stream).getUint32(atom.start, true),
      texts
        .map((text) => linesOf(text.text).join('\n'))
        .join('\n')
        .trim(),
    )
  }
  return notes
}

/** Where the newest save is recorded, when the stream that tells it is missing. */
function lastEdit(stream: Uint8Array): number {
  let found = -1
  for (const record of recordsIn(stream, 0, stream.length)) if (record.type === RECORD.userEdit) found = record.start - 8
  return found
}

async function addSlide(slide: PptSlide, out: TextBuilder): Promise<void> {
  const texts = slide.texts.map(({ kind, text }) => ({ kind, lines: linesOf(text) })).filter(({ lines }) => lines.length > 0)
  const titled = texts.find(({ kind }) => TITLES.has(kind))
  const title = titled?.lines.join(' ') ?? ''
  if (title !== '') out.title ??= title
  await out.section(title, () => {
    for (const part of texts) {
      if (part === titled) continue
      const { kind, lines } = part
      if (BODIES.has(kind) && lines.length > 1) out.add('list', lines.map((line) => `- ${line}`).join('\n'))
      else out.add('paragraph', lines.join('\n'))
    }
    if (slide.notes !== '') out.add('paragraph', `Notes: ${slide.notes}`)
  })
}

/** Lines with something to read; a lone "*" stands for a slide number or date. */
function linesOf(text: string): string[] {
  return text
    .split('\r')
    .map((line) => line.replaceAll('\v', ' ').trim())
    .filter((line) => line !== '' && line !== '*')
}
