import { useVirtualizer } from '@tanstack/react-virtual'
import { useCallback, useEffect, useRef, useState } from 'react'
import { DOCUMENT } from '../../strings/document.ts'
import { Button } from '../../ui/button.tsx'
import { ErrorNote } from '../../ui/error-note.tsx'
import { SkeletonLines } from '../../ui/skeleton.tsx'
import { ChunkItem } from './chunk-item.tsx'
import { type Chunk, useChunks } from './use-chunks.ts'
import type { Target } from './use-wanted.ts'

interface ListProps {
  readonly database: string
  readonly document: string
  /** Gone to when it comes. */
  readonly target: Target | undefined
  readonly active: number | undefined
  readonly onActive: (chunk: Chunk) => void
}

/** Source: a chunk of 512 tokens in a column of half a window. */
const ITEM_HEIGHT = 560
/** Somebody who only passes over chunks should not make the document jump. */
const HOVER_MS = 200
/** By then the chunks around have been measured. */
const SETTLED_MS = 150

/** The extracted text as it is searched: band after band, only those in sight. */
export function ChunkList({ database, document, target, active, onActive }: ListProps) {
  const box = useRef<HTMLElement>(null)
  const [count, setCount] = useState(0)
  const list = useVirtualizer({ count, getScrollElement: () => box.current, estimateSize: () => ITEM_HEIGHT, overscan: 2 })
  const seen = list.getVirtualItems()
  const { total, chunk, fault, retry } = useChunks(
    database,
    document,
    seen.flatMap(({ index }) => [Math.max(0, index - 1), index]),
  )
  useEffect(() => setCount(total ?? 0), [total])
  const wanted = target?.ordinal
  useEffect(() => {
    if (wanted !== undefined && count > wanted) list.scrollToIndex(wanted, { align: 'start' })
  }, [wanted, count, list])

  // A chunk may be longer than the box: then its mark is gone to as well, once.
  const goneTo = useRef<Target>(undefined)
  const showMark = useCallback(
    (mark: HTMLElement | null) => {
      if (mark === null || goneTo.current === target) return
      goneTo.current = target
      const go = () => {
        const around = box.current?.getBoundingClientRect()
        const place = mark.getBoundingClientRect()
        if (around === undefined || (place.top >= around.top && place.bottom <= around.bottom)) return
        list.scrollToOffset((list.scrollOffset ?? 0) + place.top - around.top - around.height / 4)
      }
      setTimeout(go, SETTLED_MS)
    },
    [target, list],
  )
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  const point = useCallback(
    (pointed: Chunk, isAtOnce: boolean) => {
      clearTimeout(timer.current)
      if (isAtOnce) onActive(pointed)
      else timer.current = setTimeout(() => onActive(pointed), HOVER_MS)
    },
    [onActive],
  )
  useEffect(() => () => clearTimeout(timer.current), [])

  return (
    <section aria-label={DOCUMENT.chunkList} className="flex h-full min-h-0 flex-col overflow-hidden rounded-xl border border-line bg-surface">
      <div className="flex flex-wrap items-center justify-between gap-x-3 gap-y-1 border-b border-line px-3 py-1.5">
        <div>
          <h3 className="text-sm font-semibold">{DOCUMENT.chunkList}</h3>
          <p className="text-xs text-soft">{DOCUMENT.chunkHint}</p>
        </div>
        {total !== undefined && total > 1 && <GoTo total={total} onGo={(ordinal) => list.scrollToIndex(ordinal, { align: 'start' })} />}
      </div>
      {fault !== undefined && fault !== null && (
        <div className="p-3">
          <ErrorNote fault={fault} onRetry={retry} />
        </div>
      )}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <section ref={box} tabIndex={0} aria-label={DOCUMENT.chunks} className="min-h-0 grow overflow-y-auto" onMouseLeave={() => clearTimeout(timer.current)}>
        {total === undefined && fault === undefined && (
          <div className="p-3">
            <SkeletonLines lines={6} className="h-24" />
          </div>
        )}
        {total === 0 && <p className="p-3 text-sm text-soft">{DOCUMENT.noChunks}</p>}
        <div className="relative" style={{ height: list.getTotalSize() }}>
          {seen.map(({ index, start }) => (
            <div key={index} data-index={index} ref={list.measureElement} className="absolute inset-x-0" style={{ top: start }}>
              <ChunkItem
                ordinal={index}
                chunk={chunk(index)}
                before={index === 0 ? undefined : chunk(index - 1)}
                mark={target?.isPassage === true ? target.highlight : undefined}
                isActive={active === index}
                onActive={point}
                onMark={showMark}
              />
            </div>
          ))}
        </div>
      </section>
    </section>
  )
}

function GoTo({ total, onGo }: { readonly total: number; readonly onGo: (ordinal: number) => void }) {
  const [typed, setTyped] = useState('')
  return (
    <form
      className="flex items-center gap-1.5 text-sm"
      onSubmit={(event) => {
        event.preventDefault()
        const wanted = Number.parseInt(typed, 10)
        if (Number.isInteger(wanted)) onGo(Math.min(total, Math.max(1, wanted)) - 1)
      }}
    >
      <input
        aria-label={DOCUMENT.chunkNumber}
        inputMode="numeric"
        value={typed}
        placeholder="1"
        onChange={(event) => setTyped(event.target.value)}
        className="h-8 w-16 rounded-md border border-line-strong bg-surface px-2 text-center"
      />
      <span className="whitespace-nowrap text-soft">{DOCUMENT.ofChunks(total)}</span>
      <Button small type="submit" aria-label={DOCUMENT.goToChunk}>
        {DOCUMENT.go}
      </Button>
    </form>
  )
}
