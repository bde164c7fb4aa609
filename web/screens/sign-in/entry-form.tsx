'use client'
import { type ReactNode, useEffect, useRef } from 'react'
import { Button } from '../../ui/button.tsx'
import { ErrorNote } from '../../ui/error-note.tsx'

interface EntryFormProps {
  readonly action: string
  readonly busy: boolean
  /** A fault that belongs to no field. */
  readonly fault: unknown
  /** Changes with every attempt that failed, so that the first wrong field gets the focus again. */
  readonly attempt: number
  readonly onSubmit: () => void
  readonly children: ReactNode
  readonly isFocusedAtOnce?: boolean
}

/** A short form: the first field has the focus, after a failed attempt the first wrong one. */
export function EntryForm({ action, busy, fault, attempt, onSubmit, children, isFocusedAtOnce = true }: EntryFormProps) {
  const form = useRef<HTMLFormElement>(null)
  useEffect(() => {
    if (isFocusedAtOnce) form.current?.querySelector('input')?.focus()
  }, [isFocusedAtOnce])
  useEffect(() => {
    if (attempt > 0) form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus()
  }, [attempt])
  return (
    <form
      ref={form}
      noValidate
      className="grid gap-4"
      onSubmit={(event) => {
        event.preventDefault()
        if (!busy) onSubmit()
      }}
    >
      {children}
      {fault !== undefined && fault !== null && <ErrorNote fault={fault} />}
      <Button type="submit" look="primary" busy={busy} className="w-full">
        {action}
      </Button>
    </form>
  )
}
