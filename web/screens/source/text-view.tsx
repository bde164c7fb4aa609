import { useQueries, useQuery } from '@tanstack/react-query'
import { useVirtualizer } from '@tanstack/react-virtual'
import { useCallback, useEffect, useRef } from 'react'
import { SOURCE } from '../../strings/source.ts'
import { ErrorNote } from '../../ui/error-note.tsx'
import { Skeleton, SkeletonLines } from '../../ui/skeleton.tsx'
import { beginningOf, type Look, rangeOfWindow, rowAt, rowRange, rowsOf, segmentsOf, windowOfRow } from './text-rows.ts'
import { type Mark, TEXT_FRESH_MS, type TextPart, type TextSource } from './text-source.ts'

/** Source: 4,000 characters in lines of 80, and the half again for lines that are not full. */
const ROW_HEIGHT = 1500
const LOOKS: Readonly<Record<Look, string>> = {
  heading: 'font-semibold text-base',
  code: 'font-mono text-[13px]',
  table: 'font-mono text-[13px]',
  plain: '',
}

interface TextViewProps {
  readonly source: TextSource
  readonly mark: Mark | undefined
}

/** The extracted text of any length, opened at the mark. */
export function TextView({ source, mark }: TextViewProps) {
  const box = useRef<HTMLElement>(null)
  const first = windowOfRow(mark === undefined ? 0 : rowAt(mark.start))
  const head = useQuery(queryOf(source, first))
  const known = useRef<number>(undefined)
  const characters = head.data?.characters ?? known.current
  known.current = characters
  const rows = useVirtualizer({
    count: rowsOf(characters ?? 0),
    getScrollElement: () => box.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: 1,
    paddingStart: 12,
    paddingEnd: 24,
  })
  const seen = rows.getVirtualItems()
  const wanted = [...new Set(seen.map(({ index }) => windowOfRow(index)))]
  const windows = useQueries({ queries: wanted.map((number) => ({ ...queryOf(source, number), enabled: characters !== undefined })) })
  const parts = new Map(wanted.map((number, index) => [number, windows[index]?.data]))
  const failed = [head, ...windows].find(({ error, data }) => error !== null && data === undefined)

  // Once per mark: whoever scrolls on is left alone.
  const goneTo = useRef<Mark>(undefined)
  const isThere = characters !== undefined
  useEffect(() => {
    if (isThere && mark !== undefined && goneTo.current !== mark) rows.scrollToIndex(rowAt(mark.start), { align: 'start' })
  }, [isThere, mark, rows])
  const show = useCallback(
    (element: HTMLElement | null) => {
      if (element === null || mark === undefined || goneTo.current === mark || box.current === null) return
      goneTo.current = mark
      const scroller = box.current
      const go = () =>
        rows.scrollToOffset(scroller.scrollTop + element.getBoundingClientRect().top - scroller.getBoundingClientRect().top - scroller.clientHeight / 4)
      // After the rows around it were measured, or they would push it away again.
      requestAnimationFrame(() => requestAnimationFrame(go))
    },
    [mark, rows],
  )

  if (failed !== undefined && characters === undefined) {
    return (
      <div className="p-4">
        <ErrorNote fault={failed.error} onRetry={() => void failed.refetch()} />
      </div>
    )
  }
  if (characters === 0) return <p className="p-4 text-sm text-soft">{SOURCE.empty}</p>
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <section ref={box} tabIndex={0} aria-label={SOURCE.text} className="relative h-full min-h-0 overflow-y-auto bg-surface">
      {characters === undefined ? (
        <div className="p-4">
          <SkeletonLines lines={8} className="h-5" />
        </div>
      ) : (
        <div className="relative" style={{ height: rows.getTotalSize() }}>
          {seen.map(({ index, start }) => (
            <div key={index} ref={rows.measureElement} data-index={index} className="absolute inset-x-0 px-4" style={{ top: start }}>
              <Row row={index} part={parts.get(windowOfRow(index))} mark={mark} show={show} />
            </div>
          ))}
        </div>
      )}
      {failed !== undefined && characters !== undefined && (
        <div className="sticky bottom-2 px-2">
          <ErrorNote fault={failed.error} onRetry={() => void failed.refetch()} />
        </div>
      )}
    </section>
  )
}

function queryOf(source: TextSource, window: number) {
  const range = rangeOfWindow(window)
  return { queryKey: source.key(range), queryFn: ({ signal }: { readonly signal: AbortSignal }) => source.read(range, signal), staleTime: TEXT_FRESH_MS }
}

interface RowProps {
  readonly row: number
  readonly part: TextPart | undefined
  readonly mark: Mark | undefined
  readonly show: (element: HTMLElement | null) => void
}

function Row({ row, part, mark, show }: RowProps) {
  if (part === undefined) {
    return (
      <div style={{ height: ROW_HEIGHT }} className="grid content-start gap-2.5 pt-1">
        <Skeleton className="h-4" />
        <Skeleton className="h-4 w-4/5" />
        <Skeleton className="h-4 w-11/12" />
      </div>
    )
  }
  const { start, end } = rowRange(row, part)
  const segments = segmentsOf(part.text.slice(start - part.start, end - part.start), start, mark, part.blocks)
  const isFirst = mark !== undefined && mark.start >= beginningOf(row, part)
  const firstMarked = isFirst ? segments.find(({ marked }) => marked) : undefined
  return (
    <p className="whitespace-pre-wrap text-sm leading-relaxed">
      {segments.map((segment) =>
        segment.marked ? (
          <mark key={segment.start} ref={segment === firstMarked ? show : undefined} className={`rounded-sm ${LOOKS[segment.look]}`}>
            {segment.text}
          </mark>
        ) : (
          <span key={segment.start} className={LOOKS[segment.look]}>
            {segment.text}
          </span>
        ),
      )}
    </p>
  )
}
