import type { ExtractedText } from '../../domain/block.ts'
import { AppError } from '../../domain/errors.ts'
import { type TextBuilder, textBuilder } from './builder.ts'
import { detect } from './detect.ts'
import { ARCHIVE, GZIP, readerOf } from './formats.ts'
import type { ExtractLimits, ReadContext, Source } from './reader.ts'

export type RawFile = Omit<Source, 'mediaType'>

export interface ExtractEvents {
  progress(done: number, total: number): void
  entryStart(path: string): void
  entryData(bytes: Uint8Array): void
  entryEnd(): void
  /** What was sent of the entry is to be forgotten. */
  entryBroken(): void
}

export type Extracted = { readonly kind: 'text'; readonly extracted: ExtractedText } | { readonly kind: 'archive'; readonly warnings: readonly string[] }

/**
 * Finds out what a file is and reads it; an archive's entries go to `events`.
 * @param hint media type that the uploader claimed; breaks ties between kinds of text only
 * @throws AppError document/…; other errors are a library's way to say that the file is damaged
 */
export async function extractFile(file: RawFile, hint: string, limits: ExtractLimits, events: ExtractEvents): Promise<Extracted> {
  const mediaType = detect(file, hint)
  if (mediaType === ARCHIVE) {
    const { readArchive } = await import('./archive.ts')
    return { kind: 'archive', warnings: await readArchive({ ...file, mediaType }, limits, events) }
  }
  const out = textBuilder(limits.characters)
  const read = nestedReading(out, limits, (done, total) => events.progress(done, total))
  const found = await read(file, hint, 0)
  if (out.length === 0) throw new AppError('document/empty', { mediaType: found })
  return { kind: 'text', extracted: out.finish(found) }
}

/** Reads files and the files inside them into one builder; tells the type of what was read in the end. */
function nestedReading(
  out: TextBuilder,
  limits: ExtractLimits,
  progress: (done: number, total: number) => void,
): (file: RawFile, hint: string, depth: number) => Promise<string> {
  let unpacked = 0

  async function read(file: RawFile, hint: string, depth: number): Promise<string> {
    const mediaType = detect(file, hint)
    const source: Source = { ...file, mediaType }
    if (mediaType === GZIP) {
      if (depth >= limits.depth) throw new AppError('document/hostile', { reason: `files inside files go more than ${limits.depth} deep` })
      const { gunzipBounded } = await import('./gzip.ts')
      const inside = await gunzipBounded(source, limits)
      spend(inside.content.length)
      return read(sourceOf(inside.name, inside.content), '', depth + 1)
    }
    if (mediaType === ARCHIVE) {
      const { readArchiveInside } = await import('./archive.ts')
      await readArchiveInside(source, out, contextAt(depth))
    } else {
      const reader = await readerOf(mediaType)
      await reader(source, out, contextAt(depth))
    }
    return mediaType
  }

  function spend(bytes: number): void {
    unpacked += bytes
    if (unpacked > limits.unpackedBytes) throw new AppError('document/hostile', { limit: `${limits.unpackedBytes} bytes of files inside files` })
  }

  function contextAt(depth: number): ReadContext {
    return {
      limits,
      progress: depth === 0 ? progress : () => undefined,
      async nested(name, content, claimed = '') {
        const label = name.trim() === '' ? 'attachment' : name.trim()
        if (depth >= limits.depth) return out.warn(`"${label}" was not read: files inside files go ${limits.depth} deep at most.`)
        const title = out.title
        try {
          spend(content.length)
          await out.section(label, async () => void (await read(sourceOf(label, content), claimed, depth + 1)))
        } catch (cause) {
          out.warn(`"${label}" was not read: ${cause instanceof AppError ? cause.message : 'it is damaged.'}`)
        } finally {
          out.title = title
        }
      },
    }
  }

  return read
}

export function sourceOf(name: string, content: Uint8Array): RawFile {
  return {
    name,
    size: content.length,
    bytes: () => content,
    at: (offset, length) => content.subarray(Math.max(0, offset), Math.max(0, offset) + Math.max(0, length)),
  }
}
