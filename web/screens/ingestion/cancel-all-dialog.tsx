'use client'
import { INGESTION } from '../../strings/ingestion.ts'
import { ConfirmDialog } from '../../ui/dialog.tsx'
import { groupOf, type Row } from './rows.ts'

export function CancelAllDialog({ rows, onConfirm, onClose }: { readonly rows: readonly Row[]; readonly onConfirm: () => void; readonly onClose: () => void }) {
  const active = rows.filter((row) => groupOf(row) === 'active')
  const unsent = active.filter(({ step }) => step === 'unsent' || step === 'sending').length
  return (
    <ConfirmDialog open title={INGESTION.stopTitle} action={INGESTION.stop} onConfirm={onConfirm} onClose={onClose}>
      {INGESTION.stopSome(unsent, active.length - unsent)}
    </ConfirmDialog>
  )
}
