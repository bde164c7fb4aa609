'use client'
import { type ReactNode, useEffect } from 'react'
import { UI } from '../strings/ui.ts'

/** The one h1 of a screen; also its title in the browser's tab. */
export function PageHeader({ title, hint, actions }: { readonly title: string; readonly hint?: ReactNode; readonly actions?: ReactNode }) {
  useEffect(() => {
    document.title = `${title} · ${UI.product}`
  }, [title])
  return (
    <header className="mb-5 flex flex-wrap items-end justify-between gap-3">
      <div className="min-w-0">
        <h1 className="text-2xl font-semibold tracking-tight">{title}</h1>
        {hint !== undefined && <div className="mt-1 text-sm text-soft">{hint}</div>}
      </div>
      {actions !== undefined && <div className="flex flex-wrap items-center gap-2">{actions}</div>}
    </header>
  )
}
