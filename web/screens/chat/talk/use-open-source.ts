import { useCallback, useRef, useState } from 'react'
import type { OpenSource } from './open-source.ts'

/** Which source is open; closing gives the focus back to where it was opened from. */
export function useOpenSource() {
  const [open, setOpen] = useState<OpenSource>()
  const from = useRef<HTMLElement>(null)
  const close = useCallback(() => {
    setOpen(undefined)
    // After the panel is gone, or the sheet would take the focus back.
    setTimeout(() => from.current?.isConnected === true && from.current.focus({ preventScroll: true }))
  }, [])
  const openFrom = useCallback((source: OpenSource, element: HTMLElement) => {
    from.current = element
    setOpen((now) => (now !== undefined && isSame(now, source) ? undefined : source))
  }, [])
  return { open, openFrom, move: setOpen, close }
}

function isSame(one: OpenSource, other: OpenSource): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}
