import { DOCUMENTS } from '../../strings/documents.ts'
import { Badge, type Tone } from '../../ui/badge.tsx'
import { Spinner } from '../../ui/spinner.tsx'
import type { DocumentRow } from './document-row.ts'

const TONES: Readonly<Record<DocumentRow['state'], Tone>> = {
  queued: 'neutral',
  processing: 'accent',
  ready: 'good',
  failed: 'bad',
  archive: 'neutral',
  deleting: 'neutral',
}

export function StateBadge({ state }: { readonly state: DocumentRow['state'] }) {
  return (
    <Badge tone={TONES[state]}>
      {state === 'processing' && <Spinner className="size-3" />}
      {DOCUMENTS.states[state]}
    </Badge>
  )
}
