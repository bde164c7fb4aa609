import type { ReactNode } from 'react'

export const HEAD = 'border-b border-line px-3 py-2 whitespace-nowrap text-left text-xs font-medium text-soft'
export const CELL = 'px-3 py-2.5 align-top'

/** A table that scrolls in its own box on narrow windows. */
export function TableBox({ label, children }: { readonly label: string; readonly children: ReactNode }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <section tabIndex={0} aria-label={label} className="-mx-1 overflow-x-auto rounded-lg">
      <table className="w-full text-sm">
        <caption className="sr-only">{label}</caption>
        {children}
      </table>
    </section>
  )
}
