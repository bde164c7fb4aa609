'use client'
import { Menu as HeadlessMenu, MenuButton, MenuItem, MenuItems } from '@headlessui/react'
import { Icon, type IconName } from './icon.tsx'

export interface MenuEntry {
  readonly label: string
  readonly icon?: IconName
  readonly danger?: boolean
  readonly disabled?: boolean
  readonly onSelect: () => void
}

/** A button with more to do behind it; arrows, letters, Escape as in every menu. */
export function Menu({ label, icon = 'more', entries }: { readonly label: string; readonly icon?: IconName; readonly entries: readonly MenuEntry[] }) {
  return (
    <HeadlessMenu as="div" className="relative inline-block">
      <MenuButton
        aria-label={label}
        title={label}
        className="inline-flex size-9 items-center justify-center rounded-lg text-soft hover:bg-sunken hover:text-ink"
      >
        <Icon name={icon} className="size-4.5" />
      </MenuButton>
      <MenuItems
        modal={false}
        className="absolute right-0 z-40 mt-1 min-w-44 rounded-lg border border-line bg-surface p-1 text-ink shadow-lg focus:outline-none"
      >
        {entries.map((entry) => (
          <MenuItem key={entry.label} disabled={entry.disabled === true}>
            <button
              type="button"
              onClick={entry.onSelect}
              className={`flex w-full items-center gap-2 rounded-md px-3 py-2 text-left text-sm data-disabled:opacity-50 data-focus:bg-sunken ${entry.danger === true ? 'text-bad' : ''}`}
            >
              {entry.icon !== undefined && <Icon name={entry.icon} className="size-4" />}
              {entry.label}
            </button>
          </MenuItem>
        ))}
      </MenuItems>
    </HeadlessMenu>
  )
}
