import type { RenderTask } from 'pdfjs-dist'
import { useEffect, useRef, useState } from 'react'
import { SOURCE } from '../../strings/source.ts'
import { ErrorNote } from '../../ui/error-note.tsx'
import { rangesOfItems } from './find-quote.ts'
import { type PdfFile, textLayerOf } from './pdf-file.ts'
import { type Box, type PageMark, pageText } from './place-on-pages.ts'
import styles from './text-layer.module.css'

interface PageProps {
  readonly file: PdfFile
  readonly number: number
  /** Pixels of the screen per point. */
  readonly scale: number
  readonly mark: PageMark | undefined
  /** In points, as soon as the page has told it. */
  readonly onSize: (number: number, size: { readonly width: number; readonly height: number }) => void
  /** Where the mark begins, as a share of the page's height. */
  readonly onMarked: (number: number, top: number) => void
}

/** One page: its picture, and over it its words and the mark. */
export function PdfPage({ file, number, scale, mark, onSize, onMarked }: PageProps) {
  const sheet = useRef<HTMLDivElement>(null)
  const canvas = useRef<HTMLCanvasElement>(null)
  const words = useRef<HTMLDivElement>(null)
  const [fault, setFault] = useState<unknown>()
  const [layer, setLayer] = useState<readonly HTMLElement[]>()
  const [boxes, setBoxes] = useState<readonly Box[]>([])

  useEffect(() => {
    let gone = false
    let task: RenderTask | undefined
    async function draw() {
      const page = await file.getPage(number)
      const { width, height } = page.getViewport({ scale: 1 })
      if (gone || canvas.current === null) return
      onSize(number, { width, height })
      const viewport = page.getViewport({ scale: scale * Math.min(window.devicePixelRatio, 2) })
      canvas.current.width = Math.floor(viewport.width)
      canvas.current.height = Math.floor(viewport.height)
      task = page.render({ canvas: canvas.current, viewport })
      await task.promise
    }
    draw().catch((problem: unknown) => {
      if (!gone) setFault(problem)
    })
    return () => {
      gone = true
      task?.cancel()
    }
  }, [file, number, scale, onSize])

  useEffect(() => {
    const box = words.current
    if (box === null) return
    let cancel: (() => void) | undefined
    let gone = false
    async function lay(into: HTMLDivElement) {
      const [page, { content }] = await Promise.all([file.getPage(number), pageText(file, number)])
      if (gone) return
      const text = await textLayerOf({ textContentSource: content, container: into, viewport: page.getViewport({ scale: 1 }) })
      cancel = () => text.cancel()
      await text.render()
      if (!gone) setLayer(text.textDivs)
    }
    // Without its words a page is still a picture to be read.
    lay(box).catch(() => setLayer([]))
    return () => {
      gone = true
      cancel?.()
      box.replaceChildren()
    }
  }, [file, number])

  // biome-ignore lint/correctness/useExhaustiveDependencies: the rectangles of words depend on the scale
  useEffect(() => {
    if (mark === undefined || sheet.current === null || (mark.kind === 'words' && layer === undefined)) return setBoxes([])
    const found =
      mark.kind === 'boxes'
        ? mark.boxes
        : mark.found.ranges.flatMap((range) => boxesOf(layer ?? [], range, sheet.current?.getBoundingClientRect() ?? new DOMRect()))
    setBoxes(found)
    if (found.length > 0) onMarked(number, Math.min(...found.map(({ top }) => top)))
  }, [mark, layer, number, onMarked, scale])

  return (
    <div ref={sheet} className="relative size-full overflow-hidden bg-white shadow-md" style={{ '--total-scale-factor': scale } as React.CSSProperties}>
      <canvas ref={canvas} role="img" aria-label={SOURCE.pageNumber(number)} className="size-full" />
      {/* The page is white in both themes, and so is its marker yellow. */}
      <div aria-hidden="true" className="absolute inset-0 mix-blend-multiply [--mark:#ffdf5e]">
        {boxes.map((box) => (
          <div
            key={`${box.left} ${box.top} ${box.width}`}
            className="absolute rounded-[2px] bg-mark"
            style={{ left: `${box.left * 100}%`, top: `${box.top * 100}%`, width: `${box.width * 100}%`, height: `${box.height * 100}%` }}
          />
        ))}
      </div>
      <div ref={words} className={styles.layer} />
      {fault !== undefined && (
        <div className="absolute inset-x-4 top-4">
          <ErrorNote fault={fault} title={SOURCE.pageBroken(number)} />
        </div>
      )}
    </div>
  )
}

function boxesOf(spans: readonly HTMLElement[], range: { readonly start: number; readonly end: number }, sheet: DOMRect): readonly Box[] {
  return rangesOfItems(
    spans.map((span) => span.textContent),
    range,
  ).flatMap(({ item, start, end }) => {
    const text = spans[item]?.firstChild
    if (text === null || text === undefined) return []
    const place = document.createRange()
    place.setStart(text, start)
    place.setEnd(text, end)
    const { left, top, width, height } = place.getBoundingClientRect()
    if (width === 0 || height === 0) return []
    return [{ left: (left - sheet.left) / sheet.width, top: (top - sheet.top) / sheet.height, width: width / sheet.width, height: height / sheet.height }]
  })
}
