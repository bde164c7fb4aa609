import { useVirtualizer } from '@tanstack/react-virtual'
import { useCallback, useEffect, useRef, useState } from 'react'
import { SOURCE } from '../../strings/source.ts'
import type { PdfFile } from './pdf-file.ts'
import { PdfPage } from './pdf-page.tsx'
import { PdfToolbar } from './pdf-toolbar.tsx'
import type { PageMarks } from './place-on-pages.ts'
import { useWidth } from './use-width.ts'

const GAP = 12
/** Where a mark comes to stand, from the upper edge of the box. */
const MARK_AT = 0.25

interface Size {
  readonly width: number
  readonly height: number
}

interface PagesProps {
  readonly file: PdfFile
  /** Of the first page, in points: every page counts as one of its kind until it is seen. */
  readonly first: Size
  readonly marks: PageMarks | undefined
  /** Shown first, and again whenever it or the marks change. */
  readonly page: number | undefined
}

/** The pages below each other; only those that are seen exist. */
export function PdfPages({ file, first, marks, page: wanted }: PagesProps) {
  const box = useRef<HTMLDivElement>(null)
  const width = useWidth(box)
  const [zoom, setZoom] = useState(1)
  const sizes = useRef(new Map<number, Size>())
  const scale = width === 0 ? 0 : (Math.max(120, width - 2 * GAP) / first.width) * zoom
  const sizeOf = (number: number) => sizes.current.get(number) ?? first
  const pages = useVirtualizer({
    count: file.numPages,
    getScrollElement: () => box.current,
    estimateSize: (index) => sizeOf(index + 1).height * scale,
    gap: GAP,
    paddingStart: GAP,
    paddingEnd: GAP,
    overscan: 1,
    enabled: scale > 0,
  })
  const top = pages.scrollOffset ?? 0
  const height = pages.scrollRect?.height ?? 0
  const current = Math.min(file.numPages, (pages.getVirtualItemForOffset(top + height / 3)?.index ?? 0) + 1)

  // Another scale, the same place.
  const before = useRef({ scale, share: 0 })
  useEffect(() => {
    if (before.current.scale !== scale) {
      const { share } = before.current
      pages.measure()
      if (before.current.scale > 0) pages.scrollToOffset(share * pages.getTotalSize())
      before.current.scale = scale
    }
  }, [scale, pages])
  useEffect(() => {
    if (before.current.scale === scale) before.current.share = top / Math.max(1, pages.getTotalSize())
  })

  const tellSize = useCallback(
    (number: number, size: Size) => {
      sizes.current.set(number, size)
      pages.resizeItem(number - 1, size.height * scale)
    },
    [pages, scale],
  )

  // The mark is gone to once: whoever scrolls on is left alone.
  const goneTo = useRef<PageMarks>(undefined)
  const start = marks === undefined || marks.size === 0 ? wanted : Math.min(...marks.keys())
  const isReady = scale > 0
  useEffect(() => {
    if (isReady && start !== undefined) pages.scrollToIndex(start - 1, { align: 'start' })
  }, [isReady, start, pages])
  const tellMarked = useCallback(
    (number: number, share: number) => {
      if (marks === undefined || number !== start || goneTo.current === marks) return
      goneTo.current = marks
      const place = pages.measurementsCache[number - 1]
      if (place !== undefined) pages.scrollToOffset(place.start + share * place.size - height * MARK_AT)
    },
    [marks, start, pages, height],
  )

  return (
    <div className="flex h-full min-h-0 flex-col">
      <div className="border-b border-line bg-surface px-2 py-1">
        <PdfToolbar page={current} pages={file.numPages} zoom={zoom} onZoom={setZoom} onPage={(page) => pages.scrollToIndex(page - 1, { align: 'start' })} />
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <section ref={box} tabIndex={0} aria-label={SOURCE.pages} className="relative min-h-0 grow overflow-auto bg-sunken">
        <div className="relative mx-auto" style={{ height: pages.getTotalSize(), width: Math.max(width, first.width * scale + 2 * GAP) }}>
          {pages.getVirtualItems().map(({ index, start: from }) => {
            const size = sizeOf(index + 1)
            return (
              <div key={index} className="absolute left-1/2 -translate-x-1/2" style={{ top: from, width: size.width * scale, height: size.height * scale }}>
                <PdfPage file={file} number={index + 1} scale={scale} mark={marks?.get(index + 1)} onSize={tellSize} onMarked={tellMarked} />
              </div>
            )
          })}
        </div>
      </section>
    </div>
  )
}
