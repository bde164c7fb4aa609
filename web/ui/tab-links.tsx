'use client'
import Link from 'next/link'
import { useEffect, useRef } from 'react'
import { usePathParts } from '../lib/location.ts'

/** Rooms of one thing, each with its own address. */
export function TabLinks({ label, tabs }: { readonly label: string; readonly tabs: readonly { readonly label: string; readonly href: string }[] }) {
  const here = `/${usePathParts().map(encodeURIComponent).join('/')}/`
  const list = useRef<HTMLUListElement>(null)
  // On a phone the row is wider than the window.
  useEffect(() => {
    if (here !== '') list.current?.querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'nearest' })
  }, [here])
  return (
    <nav aria-label={label} className="mb-5 overflow-x-auto border-b border-line">
      <ul ref={list} className="flex gap-1">
        {tabs.map((tab) => (
          <li key={tab.href}>
            <Link
              href={tab.href}
              aria-current={here === tab.href ? 'page' : undefined}
              className="inline-block whitespace-nowrap border-b-2 border-transparent px-3 py-2 text-sm text-soft hover:text-ink aria-[current=page]:border-accent aria-[current=page]:font-medium aria-[current=page]:text-ink"
            >
              {tab.label}
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  )
}
