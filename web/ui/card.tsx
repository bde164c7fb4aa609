import type { ReactNode } from 'react'
import { classNames } from './class-names.ts'

interface CardProps {
  readonly title?: string
  readonly hint?: ReactNode
  readonly actions?: ReactNode
  readonly children: ReactNode
  readonly className?: string
}

/** A part of a screen with its own heading. */
export function Card({ title, hint, actions, children, className }: CardProps) {
  return (
    <section className={classNames('min-w-0 rounded-xl border border-line bg-surface p-4 sm:p-5', className)}>
      {(title !== undefined || actions !== undefined) && (
        <div className="mb-3 flex flex-wrap items-start justify-between gap-2">
          <div>
            {title !== undefined && <h2 className="text-base font-semibold">{title}</h2>}
            {hint !== undefined && <p className="mt-0.5 text-sm text-soft">{hint}</p>}
          </div>
          {actions !== undefined && <div className="flex flex-wrap items-center gap-2">{actions}</div>}
        </div>
      )}
      {children}
    </section>
  )
}
