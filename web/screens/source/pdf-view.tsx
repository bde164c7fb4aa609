import { AppError } from 'quarry-engine/client'
import { useEffect, useState } from 'react'
import { SOURCE } from '../../strings/source.ts'
import { ErrorNote } from '../../ui/error-note.tsx'
import { Progress } from '../../ui/progress.tsx'
import { Skeleton } from '../../ui/skeleton.tsx'
import type { Highlight } from './highlight.ts'
import { PdfPages } from './pdf-pages.tsx'
import { type PageMarks, placeOnPages } from './place-on-pages.ts'
import { usePdf } from './use-pdf.ts'

export interface PdfViewProps {
  readonly database: string
  readonly document: string
  /** Bytes of the file. */
  readonly size: number
  readonly highlight?: Highlight | undefined
  /** Told when the passage has no place on the pages. */
  readonly onAbsent?: (() => void) | undefined
  /** Told when the file cannot be shown. */
  readonly onFailed?: (() => void) | undefined
}

/** The pages of a PDF with the passage marked. Draws them in the browser; the file goes nowhere else. */
export function PdfView({ database, document, size, highlight, onAbsent, onFailed }: PdfViewProps) {
  const { file, loaded, fault, retry } = usePdf(database, document, true)
  const [first, setFirst] = useState<{ readonly width: number; readonly height: number }>()
  const [marks, setMarks] = useState<PageMarks>()
  const [problem, setProblem] = useState<unknown>()

  useEffect(() => {
    if (file === undefined) return
    let gone = false
    file.getPage(1).then(
      (page) => {
        const { width, height } = page.getViewport({ scale: 1 })
        if (!gone) setFirst({ width, height })
      },
      (reason: unknown) => {
        if (!gone) setProblem(reason)
      },
    )
    return () => {
      gone = true
    }
  }, [file])

  useEffect(() => {
    if (file === undefined || highlight === undefined || highlight.quote === '') return setMarks(undefined)
    const gone = new AbortController()
    // Pages that cannot be read hold no place either.
    const none: PageMarks = new Map()
    placeOnPages(file, { database, document }, highlight, gone.signal)
      .catch(() => none)
      .then((found) => {
        if (gone.signal.aborted) return
        setMarks(found)
        if (found.size === 0) onAbsent?.()
      })
    return () => gone.abort()
  }, [file, highlight, database, document, onAbsent])

  const failure = fault ?? problem
  useEffect(() => {
    if (failure !== undefined) onFailed?.()
  }, [failure, onFailed])
  if (failure instanceof AppError) {
    return (
      <div className="p-4">
        <ErrorNote fault={failure} title={SOURCE.fetchFailed} onRetry={retry} />
      </div>
    )
  }
  // The library says of a file that it cannot read why not, by the name of its error.
  if (failure !== undefined) {
    return <p className="p-4 text-sm">{failure instanceof Error && failure.name === 'PasswordException' ? SOURCE.locked : SOURCE.broken}</p>
  }
  if (file === undefined || first === undefined) {
    return (
      <div className="grid h-full content-start gap-3 bg-sunken p-4">
        <p role="status" className="text-sm text-soft">
          {loaded > 0 && loaded < size ? SOURCE.openingOf(loaded, size) : SOURCE.opening}
        </p>
        <Progress share={size === 0 ? 0 : loaded / size} label={SOURCE.opening} />
        <Skeleton className="aspect-[1/1.4] w-full bg-surface" />
      </div>
    )
  }
  const markedPage = marks === undefined || marks.size === 0 ? undefined : Math.min(...marks.keys())
  return (
    <>
      <p role="status" className="sr-only">
        {markedPage !== undefined && SOURCE.markedOn(markedPage)}
      </p>
      <PdfPages file={file} first={first} marks={marks} page={highlight?.page ?? undefined} />
    </>
  )
}
