import type { ChunkDraft } from '../domain/chunk.ts'
import { AppError } from '../domain/errors.ts'
import type { World } from '../ports/world.ts'
import { chunkDocument } from '../steps/chunk/chunk.ts'
import { checkChunking } from './upload.ts'

export interface PreviewInput {
  readonly name: string
  readonly mediaType: string
  readonly content: AsyncIterable<Uint8Array>
  readonly maxBytes: number
  readonly chunkSize: number
  readonly chunkOverlap: number
}

export interface Preview {
  readonly mediaType: string
  readonly title: string | undefined
  readonly pages: number
  readonly characters: number
  readonly warnings: readonly string[]
  readonly chunks: readonly ChunkDraft[]
}

/** Shows how a file would be read and chunked. Nothing is indexed; the stored upload is swept away later. */
export async function preview(world: World, input: PreviewInput, signal: AbortSignal): Promise<Preview> {
  checkChunking(input.chunkSize, input.chunkOverlap)
  const blob = await world.blobs.put(input.content, { maxBytes: input.maxBytes })
  const extraction = await world.blobs.withFile(blob.sha256, (path) =>
    world.extractor.extract(
      { path, size: blob.size, name: input.name, mediaType: input.mediaType },
      { signal, store: (content) => world.blobs.put(content, { maxBytes: input.maxBytes }) },
    ),
  )
  if (extraction.kind === 'archive') {
    throw new AppError('document/unsupported', {
      reason: 'an archive is previewed file by file',
      entries: extraction.entries.slice(0, 20).map((entry) => entry.path),
    })
  }
  const { extracted } = extraction
  return {
    mediaType: extracted.mediaType,
    title: extracted.title,
    pages: extracted.pages.length,
    characters: extracted.text.length,
    warnings: extracted.warnings,
    chunks: chunkDocument(extracted, { chunkSize: input.chunkSize, chunkOverlap: input.chunkOverlap }),
  }
}
