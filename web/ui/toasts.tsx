'use client'
import { createContext, type ReactNode, useCallback, useContext, useMemo, useRef, useState } from 'react'
import { UI } from '../strings/ui.ts'
import { Button, IconButton } from './button.tsx'
import { ErrorNote } from './error-note.tsx'

interface Toast {
  readonly id: number
  readonly text: string
  readonly fault: unknown
  readonly undo: (() => void) | undefined
}

interface Toasts {
  /** Says that something was done. With `undo`, long enough to be used. */
  say(text: string, undo?: () => void): void
  /** Shows a fault that has no better place. */
  fail(fault: unknown): void
}

const ToastContext = createContext<Toasts | undefined>(undefined)
const SHOWN_MS = 5000
const SHOWN_WITH_UNDO_MS = 10_000

export function useToasts(): Toasts {
  const toasts = useContext(ToastContext)
  if (toasts === undefined) throw new Error('useToasts needs the provider')
  return toasts
}

export function ToastProvider({ children }: { readonly children: ReactNode }) {
  const [toasts, setToasts] = useState<readonly Toast[]>([])
  const next = useRef(1)
  const drop = useCallback((id: number) => setToasts((now) => now.filter((toast) => toast.id !== id)), [])
  const tools = useMemo<Toasts>(() => {
    function add(text: string, fault: unknown, undo: (() => void) | undefined, milliseconds: number | undefined) {
      const id = next.current++
      setToasts((now) => [...now.slice(-2), { id, text, fault, undo }])
      if (milliseconds !== undefined) setTimeout(() => drop(id), milliseconds)
    }
    return {
      say: (text, undo) => add(text, undefined, undo, undo === undefined ? SHOWN_MS : SHOWN_WITH_UNDO_MS),
      fail: (fault) => add('', fault, undefined, undefined), // stays until it was read
    }
  }, [drop])
  return (
    <ToastContext value={tools}>
      {children}
      <div aria-live="polite" className="pointer-events-none fixed inset-x-0 bottom-16 z-50 grid justify-items-center gap-2 px-4 md:bottom-4">
        {toasts.map(({ id, text, fault, undo }) => (
          <div key={id} className="pointer-events-auto w-full max-w-md">
            {fault === undefined ? (
              <div className="flex items-center gap-2 rounded-lg bg-ink px-4 py-2 text-sm text-ground shadow-lg">
                <span className="grow py-1">{text}</span>
                {undo !== undefined && (
                  <Button
                    small
                    onClick={() => {
                      undo()
                      drop(id)
                    }}
                  >
                    {UI.undo}
                  </Button>
                )}
              </div>
            ) : (
              <div className="flex items-start gap-1 rounded-lg bg-surface shadow-lg">
                <div className="grow">
                  <ErrorNote fault={fault} />
                </div>
                <IconButton icon="close" label={UI.close} onClick={() => drop(id)} />
              </div>
            )}
          </div>
        ))}
      </div>
    </ToastContext>
  )
}
