import { type KeyboardEvent, type RefObject, useEffect, useLayoutEffect, useRef } from 'react'
import { Icon, type IconName } from './icon.tsx'

export interface MenuEntry {
  readonly label: string
  readonly icon?: IconName | undefined
  readonly danger?: boolean
  readonly disabled?: boolean
  readonly onSelect: () => void
}

interface MenuPopoverProps {
  readonly label: string
  /** The button that it belongs to: it opens there, and the focus goes back to it. */
  readonly anchor: HTMLElement
  readonly entries: readonly MenuEntry[]
  readonly onClose: () => void
}

const GAP = 4

/**
 * What can be done, below the button that asked for it: arrows, letters, Escape as in every menu. A long list has one for
 * all its rows, so that a row is no more than a button and scrolls fast.
 */
export function MenuPopover({ label, anchor, entries, onClose }: MenuPopoverProps) {
  const menu = useRef<HTMLDivElement>(null)
  usePlaceAt(menu, anchor)
  useEffect(() => {
    const box = menu.current
    if (box === null) return
    // The browser closes it itself: by Escape, and by a press beside it.
    const toggled = (event: ToggleEvent) => {
      if (event.newState === 'closed') onClose()
    }
    const scrolled = () => box.hidePopover()
    box.addEventListener('toggle', toggled)
    addEventListener('scroll', scrolled, { passive: true, once: true })
    return () => {
      box.removeEventListener('toggle', toggled)
      removeEventListener('scroll', scrolled)
    }
  }, [onClose])

  function move(event: KeyboardEvent) {
    const items = [...(menu.current?.querySelectorAll<HTMLElement>('[role=menuitem]:not(:disabled)') ?? [])]
    const at = items.indexOf(document.activeElement as HTMLElement)
    const starting = event.key.length === 1 ? items.find((item, index) => index > at && isNamed(item, event.key)) : undefined
    const named = starting ?? (event.key.length === 1 ? items.find((item) => isNamed(item, event.key)) : undefined)
    const to =
      { ArrowDown: items[(at + 1) % items.length], ArrowUp: items.at(at - 1), Home: items[0], End: items.at(-1) }[event.key] ??
      (event.key === ' ' ? undefined : named)
    if (to !== undefined) {
      event.preventDefault()
      to.focus()
    } else if (event.key === 'Tab') {
      anchor.focus() // and on from there
      menu.current?.hidePopover()
    }
  }

  return (
    <div
      ref={menu}
      popover="auto"
      role="menu"
      tabIndex={-1}
      aria-label={label}
      onKeyDown={move}
      className="fixed inset-auto m-0 min-w-52 rounded-lg border border-line bg-surface p-1 text-ink shadow-lg"
    >
      {entries.map((entry) => (
        <button
          key={entry.label}
          type="button"
          role="menuitem"
          tabIndex={-1}
          disabled={entry.disabled === true}
          onClick={() => {
            anchor.focus({ preventScroll: true })
            onClose()
            entry.onSelect()
          }}
          onMouseEnter={(event) => event.currentTarget.focus()}
          className={`flex w-full items-center gap-2 rounded-md px-3 py-2 text-left text-sm outline-none focus:bg-sunken disabled:opacity-50 ${entry.danger === true ? 'text-bad' : ''}`}
        >
          {entry.icon !== undefined && <Icon name={entry.icon} className="size-4" />}
          {entry.label}
        </button>
      ))}
    </div>
  )
}

const isNamed = (item: HTMLElement, key: string) => item.textContent.toLowerCase().startsWith(key.toLowerCase())

/** Opens below the button, or above it where there is no room, and gives the first entry the focus. */
function usePlaceAt(menu: RefObject<HTMLDivElement | null>, anchor: HTMLElement): void {
  useLayoutEffect(() => {
    const box = menu.current
    if (box === null) return
    box.showPopover()
    const place = anchor.getBoundingClientRect()
    const { offsetWidth, offsetHeight } = box
    const below = place.bottom + GAP
    box.style.left = `${Math.max(GAP, place.right - offsetWidth)}px`
    box.style.top = `${below + offsetHeight > window.innerHeight ? Math.max(GAP, place.top - GAP - offsetHeight) : below}px`
    box.querySelector<HTMLElement>('[role=menuitem]:not(:disabled)')?.focus({ preventScroll: true })
    anchor.setAttribute('aria-expanded', 'true')
    return () => anchor.setAttribute('aria-expanded', 'false')
  }, [menu, anchor])
}
