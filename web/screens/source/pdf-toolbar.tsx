import { useEffect, useState } from 'react'
import { percent } from '../../lib/format.ts'
import { SOURCE } from '../../strings/source.ts'
import { IconButton } from '../../ui/button.tsx'

interface ToolbarProps {
  readonly page: number
  readonly pages: number
  readonly zoom: number
  readonly onPage: (page: number) => void
  readonly onZoom: (zoom: number) => void
}

const STEPS = [0.5, 0.67, 0.8, 1, 1.25, 1.5, 2, 3]

/** 1 is as wide as the box. */
export function PdfToolbar({ page, pages, zoom, onPage, onZoom }: ToolbarProps) {
  const [typed, setTyped] = useState(String(page))
  useEffect(() => setTyped(String(page)), [page])
  const go = () => {
    const wanted = Number.parseInt(typed, 10)
    if (Number.isInteger(wanted)) onPage(Math.min(pages, Math.max(1, wanted)))
    else setTyped(String(page))
  }
  const smaller = STEPS.findLast((step) => step < zoom - 0.01)
  const larger = STEPS.find((step) => step > zoom + 0.01)
  return (
    <div role="toolbar" aria-label={SOURCE.pageTools} className="flex flex-wrap items-center gap-0.5 text-sm">
      <IconButton icon="up" label={SOURCE.previousPage} disabled={page <= 1} onClick={() => onPage(page - 1)} />
      <IconButton icon="down" label={SOURCE.nextPage} disabled={page >= pages} onClick={() => onPage(page + 1)} />
      <form
        className="flex items-center gap-1.5 whitespace-nowrap"
        onSubmit={(event) => {
          event.preventDefault()
          go()
        }}
      >
        <input
          aria-label={SOURCE.goToPage}
          inputMode="numeric"
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
          onBlur={go}
          className="h-8 w-12 rounded-md border border-line-strong bg-surface px-2 text-center"
        />
        <span className="text-soft">{SOURCE.ofPages(pages)}</span>
      </form>
      <div className="ml-auto flex items-center">
        <IconButton icon="minus" label={SOURCE.zoomOut} disabled={smaller === undefined} onClick={() => smaller !== undefined && onZoom(smaller)} />
        <button
          type="button"
          title={SOURCE.fitWidth}
          onClick={() => onZoom(1)}
          className="min-h-8 min-w-12 rounded-md px-1 tabular-nums text-soft hover:bg-sunken hover:text-ink"
        >
          <span className="sr-only">{SOURCE.fitWidth} </span>
          {percent(zoom)}
        </button>
        <IconButton icon="plus" label={SOURCE.zoomIn} disabled={larger === undefined} onClick={() => larger !== undefined && onZoom(larger)} />
      </div>
    </div>
  )
}
