'use client'
import { type ChangeEvent, type ReactNode, useEffect, useRef, useState } from 'react'
import { DROP } from '../strings/ingestion.ts'
import { Button } from './button.tsx'
import { classNames } from './class-names.ts'
import { type FoundFiles, filesOfDrop, filesOfInput } from './files-of-drop.ts'
import { Icon } from './icon.tsx'
import { Spinner } from './spinner.tsx'

interface DropZoneProps {
  /** Never empty; `pathOf(file)` tells where each lay. */
  readonly onFiles: (files: readonly File[]) => void
  readonly title?: string
  readonly hint?: ReactNode
  /** One row, for screens that hold something already. */
  readonly compact?: boolean
  /** Files that are let go anywhere on the page are taken; for the one zone of a screen. */
  readonly wholeWindow?: boolean
}

/** Takes files and folders: dropped, or chosen with the buttons by who uses no mouse. */
export function DropZone({ onFiles, title = DROP.title, hint = DROP.hint, compact = false, wholeWindow = false }: DropZoneProps) {
  const [told, setTold] = useState('')
  const [isLooking, setIsLooking] = useState(false)
  const zone = useRef<HTMLDivElement>(null)
  const files = useRef<HTMLInputElement>(null)
  const folder = useRef<HTMLInputElement>(null)

  async function take(finding: Promise<FoundFiles> | FoundFiles) {
    setIsLooking(true)
    const { files: found, skipped, unreadable } = await finding
    setIsLooking(false)
    setTold(
      [found.length === 0 && DROP.nothing, skipped > 0 && DROP.skipped(skipped), unreadable.length > 0 && DROP.unreadable(unreadable)]
        .filter((one) => one !== false)
        .join(' '),
    )
    if (found.length > 0) onFiles(found)
  }
  function choose(event: ChangeEvent<HTMLInputElement>) {
    const { files: chosen } = event.target
    if (chosen !== null && chosen.length > 0) void take(filesOfInput(chosen))
    event.target.value = '' // the same choice again must be told again
  }
  const isOver = useDrops(zone, wholeWindow, (transfer) => void take(filesOfDrop(transfer)))

  return (
    <div
      ref={zone}
      className={classNames(
        'rounded-xl border-2 border-dashed transition-colors',
        isOver ? 'border-accent bg-accent-soft' : 'border-line-strong bg-surface',
        compact ? 'flex flex-wrap items-center gap-x-4 gap-y-2 px-4 py-3' : 'grid justify-items-center gap-3 px-4 py-10 text-center',
      )}
    >
      <Icon name="upload" className={compact ? 'size-5 text-accent' : 'size-8 text-accent'} />
      <div className={compact ? 'min-w-0 grow basis-48' : 'max-w-prose'}>
        <p className={compact ? 'text-sm font-medium' : 'text-base font-semibold'}>{isOver ? DROP.letGo : title}</p>
        <div className="text-sm text-soft">{hint}</div>
      </div>
      <div className="flex flex-wrap justify-center gap-2">
        <Button small={compact} look={compact ? 'plain' : 'primary'} icon="file" onClick={() => files.current?.click()}>
          {DROP.chooseFiles}
        </Button>
        <Button small={compact} icon="folder" onClick={() => folder.current?.click()}>
          {DROP.chooseFolder}
        </Button>
      </div>
      <div aria-live="polite" className={classNames('text-sm text-soft', compact && told !== '' && 'basis-full')}>
        {isLooking ? (
          <span className="inline-flex items-center gap-2">
            <Spinner className="size-4" />
            {DROP.looking}
          </span>
        ) : (
          told
        )}
      </div>
      <input ref={files} type="file" multiple hidden aria-label={DROP.chooseFiles} onChange={choose} />
      <input ref={folder} type="file" multiple hidden aria-label={DROP.chooseFolder} onChange={choose} {...{ webkitdirectory: '' }} />
    </div>
  )
}

/** Whether files hover over the zone. A drop beside it does nothing: the browser would leave the page for the file. */
function useDrops(zone: { readonly current: HTMLElement | null }, wholeWindow: boolean, onDrop: (transfer: DataTransfer) => void): boolean {
  const [isOver, setIsOver] = useState(false)
  const taker = useRef(onDrop)
  useEffect(() => {
    taker.current = onDrop
  })
  useEffect(() => {
    const within = (event: DragEvent) => wholeWindow || (event.target instanceof Node && zone.current?.contains(event.target) === true)
    const hover = (event: DragEvent) => {
      if (event.dataTransfer?.types.includes('Files') !== true) return
      event.preventDefault()
      const is = within(event)
      event.dataTransfer.dropEffect = is ? 'copy' : 'none'
      setIsOver(is)
    }
    const leave = (event: DragEvent) => {
      if (event.relatedTarget === null) setIsOver(false)
    }
    const drop = (event: DragEvent) => {
      if (event.dataTransfer?.types.includes('Files') !== true) return
      event.preventDefault()
      setIsOver(false)
      if (within(event)) taker.current(event.dataTransfer)
    }
    addEventListener('dragover', hover)
    addEventListener('dragleave', leave)
    addEventListener('drop', drop)
    return () => {
      removeEventListener('dragover', hover)
      removeEventListener('dragleave', leave)
      removeEventListener('drop', drop)
    }
  }, [zone, wholeWindow])
  return isOver
}
