import { useEffect, useState } from 'react'
import { openPdf, type PdfFile } from './pdf-file.ts'

export interface PdfState {
  readonly file: PdfFile | undefined
  /** Bytes that have come. */
  readonly loaded: number
  readonly fault: unknown
  retry(): void
}

const NOTHING = { file: undefined, loaded: 0, fault: undefined } as const

/** The original, fetched and opened while `enabled`; given back when it is no longer shown. */
export function usePdf(database: string, document: string, enabled: boolean): PdfState {
  const [state, setState] = useState<Omit<PdfState, 'retry'>>(NOTHING)
  const [attempt, setAttempt] = useState(0)
  // biome-ignore lint/correctness/useExhaustiveDependencies: another attempt is the same work once more
  useEffect(() => {
    if (!enabled) return
    const gone = new AbortController()
    setState(NOTHING)
    openPdf(database, document, (loaded) => setState((now) => ({ ...now, loaded })), gone.signal).then(
      (file) => {
        if (!gone.signal.aborted) setState((now) => ({ ...now, file }))
      },
      (fault: unknown) => {
        if (!gone.signal.aborted) setState((now) => ({ ...now, fault }))
      },
    )
    return () => gone.abort()
  }, [database, document, enabled, attempt])
  return { ...state, retry: () => setAttempt((now) => now + 1) }
}
