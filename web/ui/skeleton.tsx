import { UI } from '../strings/ui.ts'

/** Holds the place of what is on its way; give it the size of that. */
export function Skeleton({ className }: { readonly className: string }) {
  return <div aria-hidden="true" className={`animate-pulse rounded-md bg-sunken ${className}`} />
}

/** Several lines, told once to screen readers. */
export function SkeletonLines({ lines = 4, className = 'h-10' }: { readonly lines?: number; readonly className?: string }) {
  return (
    <div role="status" className="grid gap-2.5">
      <span className="sr-only">{UI.loading}</span>
      {Array.from({ length: lines }, (_, line) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the lines are all alike
        <Skeleton key={line} className={className} />
      ))}
    </div>
  )
}
