import { memo } from 'react'
import { DOCUMENT } from '../../strings/document.ts'
import { Skeleton } from '../../ui/skeleton.tsx'
import { partsOf, sharedWith } from './chunk-text.ts'
import type { Chunk } from './use-chunks.ts'

interface ItemProps {
  readonly ordinal: number
  readonly chunk: Chunk | undefined
  /** End of the chunk before, where the overlap ends. */
  readonly before: { readonly start: number; readonly end: number } | undefined
  readonly mark: { readonly start: number; readonly end: number } | undefined
  readonly isActive: boolean
  readonly onActive: (chunk: Chunk, isAtOnce: boolean) => void
  /** Gets the element with which the mark begins. */
  readonly onMark: (element: HTMLElement | null) => void
}

/** One band of the text: the chunk with what it is called, how long it is and where it stands. */
export const ChunkItem = memo(function ChunkItem({ ordinal, chunk, before, mark, isActive, onActive, onMark }: ItemProps) {
  if (chunk === undefined) {
    return (
      <div className="grid h-64 content-start gap-2 border-l-4 border-transparent p-3">
        <Skeleton className="h-5 w-40" />
        <Skeleton className="h-4" />
        <Skeleton className="h-4 w-4/5" />
      </div>
    )
  }
  const shared = sharedWith(chunk, before)
  return (
    <article
      aria-label={DOCUMENT.chunk(ordinal)}
      onMouseEnter={() => onActive(chunk, false)}
      className={`border-l-4 p-3 ${isActive ? 'border-accent' : 'border-transparent'} ${ordinal % 2 === 0 ? 'bg-surface' : 'bg-sunken'}`}
    >
      <div className="mb-1.5 flex flex-wrap items-baseline gap-x-3 gap-y-0.5 text-xs text-soft">
        <button
          type="button"
          aria-pressed={isActive}
          aria-label={DOCUMENT.showChunk(ordinal)}
          title={DOCUMENT.showChunk(ordinal)}
          onFocus={() => onActive(chunk, false)}
          onClick={() => onActive(chunk, true)}
          className="-mx-1 min-h-6 rounded px-1 font-semibold text-ink hover:underline"
        >
          {DOCUMENT.chunk(ordinal)}
        </button>
        <span>{DOCUMENT.chunkTokens(chunk.tokens)}</span>
        {chunk.pages !== null && <span>{DOCUMENT.chunkPages(...chunk.pages)}</span>}
        {shared > 0 && <span>{DOCUMENT.overlap(shared)}</span>}
        {chunk.heading_path.length > 0 && <span className="basis-full">{chunk.heading_path.join(' › ')}</span>}
      </div>
      <p className="whitespace-pre-wrap text-sm leading-relaxed">
        {partsOf(chunk, before, mark).map((part) => {
          const look = part.shared ? 'underline decoration-dotted decoration-line-strong underline-offset-4' : undefined
          return part.marked ? (
            <mark key={part.start} ref={part.start === Math.max(mark?.start ?? 0, chunk.start) ? onMark : undefined} className={`rounded-sm ${look ?? ''}`}>
              {part.text}
            </mark>
          ) : (
            <span key={part.start} className={look}>
              {part.text}
            </span>
          )
        })}
      </p>
      {chunk.context !== null && (
        <p className="mt-2 whitespace-pre-wrap border-t border-dashed border-line-strong pt-1.5 text-xs text-soft">
          {DOCUMENT.context} {chunk.context}
        </p>
      )}
    </article>
  )
})
