import type { ReactNode } from 'react'
import { SOURCE } from '../../strings/source.ts'
import { Icon } from '../../ui/icon.tsx'

interface FrameProps {
  readonly name: string
  readonly detail?: ReactNode
  readonly actions?: ReactNode
  readonly notes?: ReactNode
  readonly children: ReactNode
}

/** What every source has: whose text it is, what can be done with it, and what should be known about it. */
export function SourceFrame({ name, detail, actions, notes, children }: FrameProps) {
  return (
    <section aria-label={SOURCE.source(name)} className="flex h-full min-h-0 flex-col overflow-hidden rounded-xl border border-line bg-surface">
      <div className="flex flex-wrap items-center gap-x-2 gap-y-1 border-b border-line py-1.5 pl-3 pr-1.5">
        <Icon name="file" className="size-4 text-soft" />
        <div className="min-w-0 grow basis-32">
          <p className="truncate text-sm font-semibold" title={name}>
            {name}
          </p>
          {detail}
        </div>
        <div className="ml-auto flex shrink-0 items-center">{actions}</div>
      </div>
      {notes}
      <div className="min-h-0 grow">{children}</div>
    </section>
  )
}

export function SourceNote({ children }: { readonly children: ReactNode }) {
  return (
    <div role="status" className="border-b border-line bg-warn-soft px-3 py-2 text-sm text-warn">
      {children}
    </div>
  )
}

/** The words of a passage that the document does not hold any more. */
export function LostPassage({ quote, note }: { readonly quote: string; readonly note: string }) {
  return (
    <SourceNote>
      <p>{note}</p>
      <blockquote className="mt-1 max-h-32 overflow-y-auto border-l-2 border-warn pl-2 text-ink">{quote}</blockquote>
    </SourceNote>
  )
}
