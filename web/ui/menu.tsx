'use client'
import { useRef, useState } from 'react'
import { IconButton } from './button.tsx'
import type { IconName } from './icon.tsx'
import { type MenuEntry, MenuPopover } from './menu-popover.tsx'

export type { MenuEntry } from './menu-popover.tsx'

/** A press on the button of an open menu closes it before the click is told. */
const SAME_PRESS_MS = 250

/** A button with more to do behind it. */
export function Menu({ label, icon = 'more', entries }: { readonly label: string; readonly icon?: IconName; readonly entries: readonly MenuEntry[] }) {
  const [anchor, setAnchor] = useState<HTMLElement>()
  const closedAt = useRef(Number.NEGATIVE_INFINITY)
  return (
    <>
      <IconButton
        icon={icon}
        label={label}
        aria-haspopup="menu"
        onClick={(event) => {
          if (event.timeStamp - closedAt.current > SAME_PRESS_MS) setAnchor(event.currentTarget)
        }}
      />
      {anchor !== undefined && (
        <MenuPopover
          label={label}
          anchor={anchor}
          entries={entries}
          onClose={() => {
            closedAt.current = performance.now()
            setAnchor(undefined)
          }}
        />
      )}
    </>
  )
}
