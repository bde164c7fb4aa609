'use client'
import { useIsOnline } from '../../lib/online.ts'
import { UI } from '../../strings/ui.ts'
import { Icon } from '../../ui/icon.tsx'

export function ConnectionBanner() {
  const isOnline = useIsOnline()
  return (
    <div role="status">
      {!isOnline && (
        <p className="flex items-center justify-center gap-2 bg-warn-soft px-4 py-2 text-sm text-warn">
          <Icon name="warning" className="size-4" />
          {UI.offline}
        </p>
      )}
    </div>
  )
}
