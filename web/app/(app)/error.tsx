'use client'
import { SHELL } from '../../strings/shell.ts'
import { ErrorNote } from '../../ui/error-note.tsx'

export default function RoomError({ error, reset }: { readonly error: Error; readonly reset: () => void }) {
  return <ErrorNote fault={error} title={SHELL.crashed} onRetry={reset} />
}
