import type { ReactNode } from 'react'
import { Icon, type IconName } from './icon.tsx'

/** Says why nothing is here and what to do about it. */
export function EmptyState({
  icon,
  title,
  children,
  action,
}: {
  readonly icon: IconName
  readonly title: string
  readonly children?: ReactNode
  readonly action?: ReactNode
}) {
  return (
    <div className="grid justify-items-center gap-3 rounded-xl border border-dashed border-line-strong px-6 py-12 text-center">
      <span className="rounded-full bg-accent-soft p-3 text-accent">
        <Icon name={icon} className="size-6" />
      </span>
      <p className="text-base font-semibold">{title}</p>
      {children !== undefined && <div className="max-w-prose text-sm text-soft">{children}</div>}
      {action}
    </div>
  )
}
