import { useWindowVirtualizer } from '@tanstack/react-virtual'
import { type ReactNode, useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react'
import { DOCUMENTS } from '../../strings/documents.ts'
import { type MenuEntry, MenuPopover } from '../../ui/menu-popover.tsx'
import { Skeleton } from '../../ui/skeleton.tsx'
import { COLUMNS, DocumentLine, LINE_HEIGHT } from './document-line.tsx'
import type { DocumentRow } from './document-row.ts'
import { useListKeys } from './use-list-keys.ts'

export type Act = 'metadata' | 'download' | 'replace' | 'retry' | 'delete'

interface TableProps {
  readonly database: string
  readonly rows: readonly DocumentRow[]
  /** All that fit the filters, as far as it is known; rows beyond those that were read have their place already. */
  readonly total: number
  readonly mayWrite: boolean
  readonly chosen: ReadonlySet<string>
  /** How many of the chosen ones are among the rows. */
  readonly many: number
  readonly hasMore: boolean
  readonly onNearEnd: () => void
  readonly onSelect: (index: number, isSelected: boolean, withShift: boolean) => void
  readonly onSelectAll: (isSelected: boolean) => void
  readonly onAct: (act: Act, document: DocumentRow, index: number) => void
}

/** Source: a fast flick of the wheel passes that many rows while a page of the list is fetched. */
const AHEAD = 120
const OVERSCAN = 8

/** A table of any length in the scroll of the page itself: rows exist while they are near what is seen. */
export function DocumentTable({ database, rows, total, mayWrite, chosen, many, hasMore, onNearEnd, onSelect, onSelectAll, onAct }: TableProps) {
  const list = useRef<HTMLDivElement>(null)
  const margin = useTopInPage(list)
  const count = hasMore ? Math.max(total, rows.length + 1) : rows.length
  const view = useWindowVirtualizer({ count, estimateSize: () => LINE_HEIGHT, overscan: OVERSCAN, scrollMargin: margin })
  const seen = view.getVirtualItems()
  const last = seen.at(-1)?.index ?? 0
  useEffect(() => {
    if (hasMore && last + AHEAD >= rows.length) onNearEnd()
  }, [hasMore, last, rows.length, onNearEnd])
  const { onKeyDown, focusRow } = useListKeys(list, view, rows.length)

  const act = useCallback(
    (what: Act, document: DocumentRow, index: number) => {
      onAct(what, document, index)
      // The row goes; the focus goes to the one that takes its place.
      if (what === 'delete') setTimeout(() => focusRow(index), 50)
    },
    [onAct, focusRow],
  )
  const [opened, setOpened] = useState<{ readonly document: DocumentRow; readonly index: number; readonly anchor: HTMLElement }>()
  const openMenu = useCallback((document: DocumentRow, index: number, anchor: HTMLElement) => setOpened({ document, index, anchor }), [])
  const closeMenu = useCallback(() => setOpened(undefined), [])
  function entriesOf({ document, index }: { readonly document: DocumentRow; readonly index: number }): readonly MenuEntry[] {
    const entry = (what: Act, label: string, icon: MenuEntry['icon']): MenuEntry => ({
      label,
      icon,
      danger: what === 'delete',
      onSelect: () => act(what, document, index),
    })
    const reading = [entry('download', DOCUMENTS.download, 'download')]
    if (!mayWrite) return reading
    const retrying = document.error === null ? [] : [entry('retry', DOCUMENTS.retry, 'refresh')]
    return [
      ...reading,
      entry('metadata', DOCUMENTS.editMetadata, 'pencil'),
      entry('replace', DOCUMENTS.replace, 'upload'),
      ...retrying,
      entry('delete', DOCUMENTS.delete, 'trash'),
    ]
  }
  return (
    <>
      {/* biome-ignore lint/a11y/useSemanticElements: rows of a table that holds only what is seen are placed by hand */}
      <div
        role="table"
        aria-label={DOCUMENTS.list}
        aria-rowcount={hasMore ? -1 : rows.length + 1}
        className="@container rounded-xl border border-line bg-surface"
      >
        {/* biome-ignore lint/a11y/useSemanticElements: as the table */}
        <div role="rowgroup">
          {/* biome-ignore lint/a11y/useSemanticElements: as the table */}
          {/* biome-ignore lint/a11y/useFocusableInteractive: the focus is on what is in it */}
          <div role="row" aria-rowindex={1} className={`grid items-center gap-x-2 border-b border-line-strong px-2 text-xs font-medium text-soft ${COLUMNS}`}>
            <Heading>
              {mayWrite && (
                <label className="grid size-9 cursor-pointer place-items-center">
                  <input
                    type="checkbox"
                    aria-label={DOCUMENTS.selectAll}
                    title={DOCUMENTS.selectAll}
                    checked={rows.length > 0 && many === rows.length}
                    ref={(box) => {
                      if (box !== null) box.indeterminate = many > 0 && many < rows.length
                    }}
                    onChange={(event) => onSelectAll(event.target.checked)}
                    className="size-4.5 accent-accent"
                  />
                </label>
              )}
            </Heading>
            <Heading>{DOCUMENTS.name}</Heading>
            <Heading wide>{DOCUMENTS.type}</Heading>
            <Heading wide>{DOCUMENTS.state}</Heading>
            <Heading wide right>
              {DOCUMENTS.pages}
            </Heading>
            <Heading wide right>
              {DOCUMENTS.chunks}
            </Heading>
            <Heading wide right>
              {DOCUMENTS.size}
            </Heading>
            <Heading wide>
              <span className="pl-3">{DOCUMENTS.added}</span>
            </Heading>
            <Heading>
              <span className="sr-only">{DOCUMENTS.actions}</span>
            </Heading>
          </div>
        </div>
        {/* biome-ignore lint/a11y/useSemanticElements: as the table */}
        <div role="rowgroup" ref={list} onKeyDown={onKeyDown} className="relative" style={{ height: view.getTotalSize() }}>
          {seen.map(({ index, start }) => {
            const document = rows[index]
            if (document === undefined) return <WaitingLine key={index} top={start - margin} />
            return (
              <DocumentLine
                key={document.id}
                database={database}
                document={document}
                index={index}
                top={start - margin}
                isSelected={chosen.has(document.id)}
                mayWrite={mayWrite}
                onSelect={onSelect}
                onMenu={openMenu}
              />
            )
          })}
        </div>
      </div>
      {opened !== undefined && (
        <MenuPopover label={DOCUMENTS.actionsOf(opened.document.name)} anchor={opened.anchor} entries={entriesOf(opened)} onClose={closeMenu} />
      )}
    </>
  )
}

function Heading({ children, wide = false, right = false }: { readonly children: ReactNode; readonly wide?: boolean; readonly right?: boolean }) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: as the table
    // biome-ignore lint/a11y/useFocusableInteractive: nothing to press
    <div role="columnheader" className={`${wide ? 'hidden @3xl:block' : ''} ${right ? 'text-right' : ''}`}>
      {children}
    </div>
  )
}

function WaitingLine({ top }: { readonly top: number }) {
  return (
    <div
      aria-hidden="true"
      className={`absolute inset-x-0 grid items-center gap-x-2 border-b border-line px-2 ${COLUMNS}`}
      style={{ top, height: LINE_HEIGHT }}
    >
      <Skeleton className="mx-auto size-4.5" />
      <Skeleton className="h-4 w-3/5" />
    </div>
  )
}

/** Where an element begins in the whole page: what stands above it grows and shrinks. */
function useTopInPage(element: { readonly current: HTMLElement | null }): number {
  const [top, setTop] = useState(0)
  useLayoutEffect(() => {
    const measure = () => {
      if (element.current !== null) setTop(Math.round(element.current.getBoundingClientRect().top + window.scrollY))
    }
    measure()
    const watch = new ResizeObserver(measure)
    watch.observe(document.body)
    return () => watch.disconnect()
  }, [element])
  return top
}
