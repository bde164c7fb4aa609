'use client'
import { useVirtualizer } from '@tanstack/react-virtual'
import { useRef } from 'react'
import { bytes } from '../../lib/format.ts'
import { NEW_DATABASE } from '../../strings/new-database.ts'
import { Button, IconButton } from '../../ui/button.tsx'
import { pathOf } from '../../ui/files-of-drop.ts'
import { Icon } from '../../ui/icon.tsx'

interface ChosenFilesProps {
  readonly files: readonly File[]
  readonly onRemove: (file: File) => void
  readonly onRemoveAll: () => void
}

const ROW = 40

/** What will be added; drawn only where it is in sight, because a folder may hold thousands. */
export function ChosenFiles({ files, onRemove, onRemoveAll }: ChosenFilesProps) {
  const box = useRef<HTMLElement>(null)
  const virtual = useVirtualizer({ count: files.length, getScrollElement: () => box.current, estimateSize: () => ROW, overscan: 8 })
  const size = files.reduce((sum, file) => sum + file.size, 0)
  function remove(file: File) {
    onRemove(file)
    box.current?.focus() // the button goes with its row
  }
  return (
    <div className="mt-3 grid gap-2">
      <div className="flex flex-wrap items-center justify-between gap-2">
        <p role="status" className="text-sm font-medium">
          {NEW_DATABASE.chosen(files.length, size)}
        </p>
        <Button small look="quiet" onClick={onRemoveAll}>
          {NEW_DATABASE.removeAll}
        </Button>
      </div>
      <section
        ref={box}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
        tabIndex={0}
        aria-label={NEW_DATABASE.chosenList}
        className="max-h-52 overflow-y-auto rounded-lg border border-line"
      >
        {/* biome-ignore lint/a11y/useSemanticElements: rows out of sight are not in the page, so that their number is told by hand */}
        <div role="list" className="relative" style={{ height: virtual.getTotalSize() }}>
          {virtual.getVirtualItems().map(({ index, start }) => {
            const file = files[index]
            if (file === undefined) return null
            const path = pathOf(file)
            return (
              // biome-ignore lint/a11y/useSemanticElements: as above
              <div
                key={path}
                role="listitem"
                aria-setsize={files.length}
                aria-posinset={index + 1}
                className="absolute inset-x-0 top-0 flex h-10 items-center gap-2 pl-3 pr-1 text-sm"
                style={{ transform: `translateY(${start}px)` }}
              >
                <Icon name="file" className="size-4 text-soft" />
                <span className="min-w-0 grow truncate" title={path}>
                  {path}
                </span>
                <span className="shrink-0 text-xs text-soft tabular-nums">{bytes(file.size)}</span>
                <IconButton icon="close" label={NEW_DATABASE.remove(path)} onClick={() => remove(file)} />
              </div>
            )
          })}
        </div>
      </section>
    </div>
  )
}
