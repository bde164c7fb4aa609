import type { ReactNode } from 'react'
import { SIGN_IN } from '../../strings/sign-in.ts'
import { UI } from '../../strings/ui.ts'
import { PageHeader } from '../../ui/page-header.tsx'

/** What all ways in look like: the name of the product, then one card. */
export function EntryFrame({
  title,
  hint,
  children,
  below,
}: {
  readonly title: string
  readonly hint?: string
  readonly children: ReactNode
  readonly below?: ReactNode
}) {
  return (
    <div className="grid min-h-dvh content-center justify-items-center gap-6 px-4 py-8">
      <header className="grid justify-items-center gap-2 text-center">
        {/* biome-ignore lint/performance/noImgElement: an export has no image server */}
        <img src="/icon.svg" alt="" width={48} height={48} />
        <p className="text-xl font-semibold tracking-tight">{UI.product}</p>
        <p className="text-sm text-soft">{SIGN_IN.tagline}</p>
      </header>
      <main id="content" className="w-full max-w-md">
        <div className="rounded-2xl border border-line bg-surface p-5 sm:p-7">
          <PageHeader title={title} hint={hint} />
          {children}
        </div>
        {below !== undefined && <div className="mt-3">{below}</div>}
      </main>
    </div>
  )
}
