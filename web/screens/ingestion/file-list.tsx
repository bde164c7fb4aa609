'use client'
import { useVirtualizer } from '@tanstack/react-virtual'
import { useEffect, useRef } from 'react'
import { INGESTION } from '../../strings/ingestion.ts'
import { FileRow } from './file-row.tsx'
import type { Paces } from './paces.ts'
import type { Row } from './rows.ts'

interface FileListProps {
  readonly databaseId: string
  readonly rows: readonly Row[]
  readonly paces: Paces['files']
  readonly hasVectors: boolean
  readonly mayWrite: boolean
  readonly onCancel: (row: Row) => void
  readonly onRetry: (row: Row) => void
}

const GUESSED_HEIGHT = 58

/** Draws only the rows in sight: ten thousand are as quick as ten. */
export function FileList({ databaseId, rows, paces, hasVectors, mayWrite, onCancel, onRetry }: FileListProps) {
  const box = useRef<HTMLElement>(null)
  const hadFocus = useRef(false)
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => box.current,
    estimateSize: () => GUESSED_HEIGHT,
    getItemKey: (index) => rows[index]?.key ?? index,
    overscan: 6,
  })
  useEffect(() => {
    // The button that was pressed may be gone with its row: the focus stays in the list.
    if (hadFocus.current && document.activeElement === document.body) box.current?.focus()
  })
  if (rows.length === 0) return <p className="px-1 py-6 text-center text-sm text-soft">{INGESTION.nothingHere}</p>
  return (
    <section
      ref={box}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
      tabIndex={0}
      aria-label={INGESTION.list}
      onFocus={() => {
        hadFocus.current = true
      }}
      onBlur={(event) => {
        // Without a new place for the focus the element itself went away.
        if (event.relatedTarget !== null) hadFocus.current = false
      }}
      className="max-h-[26rem] overflow-y-auto overscroll-contain"
    >
      {/* biome-ignore lint/a11y/useSemanticElements: rows that are out of sight are not in the page, so that their number is told by hand */}
      <div role="list" className="relative" style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map(({ index, key, start }) => {
          const row = rows[index]
          if (row === undefined) return null
          return (
            // biome-ignore lint/a11y/useSemanticElements: as above
            <div
              key={key}
              role="listitem"
              aria-setsize={rows.length}
              aria-posinset={index + 1}
              data-index={index}
              ref={virtual.measureElement}
              className="absolute inset-x-0 top-0 border-b border-line pr-1"
              style={{ transform: `translateY(${start}px)` }}
            >
              <FileRow
                databaseId={databaseId}
                row={row}
                pace={paces.get(row.key)}
                hasVectors={hasVectors}
                mayWrite={mayWrite}
                onCancel={onCancel}
                onRetry={onRetry}
              />
            </div>
          )
        })}
      </div>
    </section>
  )
}
