'use client'
import { useRouter } from 'next/navigation'
import { type DragEvent, type ReactNode, useRef, useState } from 'react'
import { keepDropped } from '../../lib/dropped-files.ts'
import { PAGES } from '../../lib/pages.ts'
import { DASHBOARD } from '../../strings/dashboard.ts'
import { filesOfDrop } from '../../ui/files-of-drop.ts'
import { Icon } from '../../ui/icon.tsx'
import { useToasts } from '../../ui/toasts.tsx'

const holdsFiles = (event: DragEvent) => event.dataTransfer.types.includes('Files')

/** Takes files to the page that makes a database of them. */
export function useNewDatabaseOf(): (files: readonly File[]) => void {
  const router = useRouter()
  return (files) => {
    if (files.length === 0) return
    keepDropped(files)
    router.push(PAGES.newDatabase)
  }
}

/** The whole screen takes files; it says so while some are held over it. */
export function DropArea({ isOpen, children }: { readonly isOpen: boolean; readonly children: ReactNode }) {
  const [isOver, setOver] = useState(false)
  const depth = useRef(0) // entering a child comes before leaving its parent
  const make = useNewDatabaseOf()
  const toasts = useToasts()
  if (!isOpen) return children
  const leave = () => {
    depth.current = 0
    setOver(false)
  }
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: dropping is one way of several; the button for new databases does the same
    <div
      className="relative"
      onDragEnter={(event) => {
        if (!holdsFiles(event)) return
        depth.current += 1
        setOver(true)
      }}
      onDragLeave={(event) => {
        if (!holdsFiles(event)) return
        depth.current -= 1
        if (depth.current <= 0) leave()
      }}
      onDragOver={(event) => {
        if (holdsFiles(event)) event.preventDefault()
      }}
      onDrop={(event) => {
        if (!holdsFiles(event)) return
        event.preventDefault()
        leave()
        filesOfDrop(event.dataTransfer).then(({ files }) => make(files), toasts.fail)
      }}
    >
      {children}
      {isOver && (
        <div className="pointer-events-none fixed inset-4 z-40 grid place-content-center justify-items-center gap-3 rounded-2xl border-2 border-dashed border-accent bg-accent-soft/95 text-accent">
          <Icon name="upload" className="size-10" />
          <p className="text-lg font-semibold">{DASHBOARD.dropHere}</p>
        </div>
      )}
    </div>
  )
}
