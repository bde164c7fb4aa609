import { INGESTION } from '../../strings/ingestion.ts'
import { Icon } from '../../ui/icon.tsx'
import type { Connection } from './ingestion-store.ts'

/** Says when what is shown may be late. */
export function ConnectionNote({ connection }: { readonly connection: Connection }) {
  return (
    <div role="status">
      {(connection === 'polling' || connection === 'lost') && (
        <p className="mt-3 flex items-center gap-2 rounded-lg bg-warn-soft px-3 py-2 text-sm text-warn">
          <Icon name="warning" className="size-4" />
          {INGESTION[connection]}
        </p>
      )}
    </div>
  )
}
