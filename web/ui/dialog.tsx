'use client'
import { DialogPanel, DialogTitle, Dialog as HeadlessDialog } from '@headlessui/react'
import type { ReactNode } from 'react'
import { UI } from '../strings/ui.ts'
import { Button, IconButton } from './button.tsx'
import { ErrorNote } from './error-note.tsx'

interface DialogProps {
  readonly open: boolean
  readonly title: string
  readonly onClose: () => void
  readonly children: ReactNode
  readonly wide?: boolean
}

/** Traps the focus, closes by Escape and gives the focus back. */
export function Dialog({ open, title, onClose, children, wide = false }: DialogProps) {
  return (
    <HeadlessDialog open={open} onClose={onClose} className="relative z-50">
      <div className="fixed inset-0 bg-black/50" aria-hidden="true" />
      <div className="fixed inset-0 flex items-end justify-center overflow-y-auto sm:items-center sm:p-6">
        <DialogPanel
          className={`max-h-full w-full overflow-y-auto rounded-t-2xl border border-line bg-surface p-5 text-ink shadow-xl sm:rounded-2xl ${wide ? 'sm:max-w-3xl' : 'sm:max-w-lg'}`}
        >
          <div className="mb-3 flex items-start justify-between gap-3">
            <DialogTitle className="text-lg font-semibold">{title}</DialogTitle>
            <IconButton icon="close" label={UI.close} onClick={onClose} />
          </div>
          {children}
        </DialogPanel>
      </div>
    </HeadlessDialog>
  )
}

interface ConfirmProps {
  readonly open: boolean
  readonly title: string
  /** What will be gone, in full. */
  readonly children: ReactNode
  readonly action: string
  readonly busy?: boolean
  readonly fault?: unknown
  readonly onConfirm: () => void
  readonly onClose: () => void
}

/** For what cannot be undone. */
export function ConfirmDialog({ open, title, children, action, busy = false, fault, onConfirm, onClose }: ConfirmProps) {
  return (
    <Dialog open={open} title={title} onClose={onClose}>
      <div className="grid gap-4 text-sm">
        <div>{children}</div>
        {fault !== undefined && fault !== null && <ErrorNote fault={fault} />}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{UI.cancel}</Button>
          <Button look="danger" onClick={onConfirm} busy={busy}>
            {action}
          </Button>
        </div>
      </div>
    </Dialog>
  )
}
