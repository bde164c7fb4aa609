'use client'
import Link from 'next/link'
import type { ReactNode } from 'react'
import { usePathParts } from '../../lib/location.ts'
import { PAGES } from '../../lib/pages.ts'
import { SHELL } from '../../strings/shell.ts'
import { UI } from '../../strings/ui.ts'
import { Icon, type IconName } from '../../ui/icon.tsx'
import { AccountCorner } from './account-corner.tsx'
import { ConnectionBanner } from './connection-banner.tsx'

const ROOMS: readonly { readonly href: string; readonly part: string | undefined; readonly label: string; readonly icon: IconName }[] = [
  { href: PAGES.dashboard, part: undefined, label: SHELL.dashboard, icon: 'dashboard' },
  { href: PAGES.databases, part: 'databases', label: SHELL.databases, icon: 'database' },
  { href: PAGES.chat, part: 'chat', label: SHELL.chat, icon: 'chat' },
  { href: PAGES.settings, part: 'settings', label: SHELL.settings, icon: 'settings' },
]

/** The frame of every screen: a side bar on wide windows, a bar at the bottom on phones. */
export function AppShell({ children }: { readonly children: ReactNode }) {
  const [room] = usePathParts()
  const links = (look: string) =>
    ROOMS.map(({ href, part, label, icon }) => (
      <li key={href} className="contents">
        <Link href={href} aria-current={room === part ? 'page' : undefined} className={look}>
          <Icon name={icon} />
          {label}
        </Link>
      </li>
    ))
  return (
    <div className="md:grid md:grid-cols-[14rem_minmax(0,1fr)]">
      <a href="#content" className="sr-only z-50 rounded-lg bg-surface px-4 py-2 focus:not-sr-only focus:fixed focus:left-2 focus:top-2">
        {UI.skipToContent}
      </a>
      <header className="sticky top-0 z-30 hidden h-dvh flex-col overflow-y-auto border-r border-line bg-surface p-3 md:flex">
        <Link href={PAGES.dashboard} className="mb-4 flex items-center gap-2.5 rounded-lg px-2 py-1.5 text-lg font-semibold tracking-tight">
          {/* biome-ignore lint/performance/noImgElement: an export has no image server */}
          <img src="/icon.svg" alt="" width={28} height={28} />
          {UI.product}
        </Link>
        <nav aria-label={SHELL.navigation}>
          <ul className="grid gap-1">
            {links(
              'flex items-center gap-3 rounded-lg px-3 py-2 text-sm text-soft hover:bg-sunken hover:text-ink aria-[current=page]:bg-accent-soft aria-[current=page]:font-medium aria-[current=page]:text-accent',
            )}
          </ul>
        </nav>
        <AccountCorner />
      </header>
      <div className="flex min-h-dvh min-w-0 flex-col pb-16 md:pb-0">
        <ConnectionBanner />
        <main id="content" tabIndex={-1} className="mx-auto w-full max-w-6xl grow p-4 outline-none sm:p-6 lg:p-8">
          {children}
        </main>
      </div>
      <nav aria-label={SHELL.navigation} className="fixed inset-x-0 bottom-0 z-30 border-t border-line bg-surface pb-[env(safe-area-inset-bottom)] md:hidden">
        <ul className="grid grid-cols-4">
          {links(
            'flex min-h-14 flex-col items-center justify-center gap-0.5 text-xs text-soft aria-[current=page]:font-medium aria-[current=page]:text-accent',
          )}
        </ul>
      </nav>
    </div>
  )
}
