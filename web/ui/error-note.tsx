import { AppError, requestIdOf } from 'quarry-engine/client'
import { UI } from '../strings/ui.ts'
import { Button } from './button.tsx'
import { Icon } from './icon.tsx'

/** What happened, what to do, and the id for the server's log. The only way in which faults are shown. */
export function ErrorNote({ fault, onRetry, title }: { readonly fault: unknown; readonly onRetry?: () => void; readonly title?: string }) {
  const told = fault instanceof AppError ? fault.body() : isTold(fault) ? fault : { message: UI.unexpected, hint: UI.unexpectedHint }
  const id = requestIdOf(fault)
  return (
    <div role="alert" className="flex items-start gap-3 rounded-lg border border-bad bg-bad-soft p-3 text-sm">
      <Icon name="warning" className="mt-0.5 size-5 text-bad" />
      <div className="min-w-0 grow">
        {title !== undefined && <p className="font-semibold">{title}</p>}
        <p>{told.message}</p>
        <p className="mt-0.5">{told.hint}</p>
        {id !== undefined && (
          <p className="mt-1 text-xs">
            {UI.requestId} <code className="select-all font-mono">{id}</code>
          </p>
        )}
      </div>
      {onRetry !== undefined && (
        <Button small onClick={onRetry} icon="refresh">
          {UI.tryAgain}
        </Button>
      )}
    </div>
  )
}

/** A fault that a reply carries, such as that of a job. */
function isTold(fault: unknown): fault is { readonly message: string; readonly hint: string } {
  return typeof fault === 'object' && fault !== null && !(fault instanceof Error) && 'message' in fault && 'hint' in fault
}
