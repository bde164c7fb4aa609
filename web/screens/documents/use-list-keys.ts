import type { Virtualizer } from '@tanstack/react-virtual'
import { type KeyboardEvent, type RefObject, useCallback } from 'react'

/** Arrows, Home and End go from row to row, keeping to the same control of the row. Rows that are not drawn yet are scrolled to first. */
export function useListKeys(list: RefObject<HTMLElement | null>, rows: Virtualizer<Window, Element>, count: number) {
  const focusRow = useCallback(
    (index: number, slot = 'a') => {
      if (count === 0) return
      const to = Math.min(count - 1, Math.max(0, index))
      rows.scrollToIndex(to, { align: 'auto' })
      let tries = 10
      const look = () => {
        const control = list.current?.querySelector<HTMLElement>(`[data-index="${to}"] ${slot}`)
        if (control !== null && control !== undefined) control.focus({ preventScroll: true })
        else if (tries-- > 0) requestAnimationFrame(look)
      }
      look()
    },
    [list, rows, count],
  )
  const onKeyDown = useCallback(
    (event: KeyboardEvent) => {
      const { target } = event
      if (!(target instanceof HTMLElement) || event.altKey || event.ctrlKey || event.metaKey) return
      const row = target.closest<HTMLElement>('[data-index]')
      if (row === null) return
      const index = Number(row.dataset.index)
      const to = { ArrowDown: index + 1, ArrowUp: index - 1, Home: 0, End: count - 1, PageDown: index + 10, PageUp: index - 10 }[event.key]
      if (to === undefined) return
      event.preventDefault()
      focusRow(to, target.tagName.toLowerCase())
    },
    [focusRow, count],
  )
  return { onKeyDown, focusRow }
}
