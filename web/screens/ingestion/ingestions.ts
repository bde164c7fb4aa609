import { useSyncExternalStore } from 'react'
import { api } from '../../lib/api.ts'
import { type Ingestion, type IngestionState, ingestionOf } from './ingestion-store.ts'
import { uploads } from './uploads.ts'

/** A tab that nobody looks at gives its connection back after this: browsers have six for all tabs together. */
const HIDDEN_MS = 15_000
const known = new Map<string, Ingestion>()

/** What is on its way into a database; the same for every screen of this tab. */
export function ingestionFor(databaseId: string): Ingestion {
  const found = known.get(databaseId) ?? ingestionOf({ client: api, databaseId, uploads, seen })
  known.set(databaseId, found)
  return found
}

export function forgetIngestions(): void {
  known.clear()
}

export function useIngestion(databaseId: string): IngestionState {
  const { subscribe, state } = ingestionFor(databaseId)
  return useSyncExternalStore(subscribe, state, state)
}

async function seen(signal: AbortSignal): Promise<AbortSignal> {
  await new Promise<void>((resolve) => {
    const look = () => {
      if (document.hidden && !signal.aborted) return
      document.removeEventListener('visibilitychange', look)
      resolve()
    }
    document.addEventListener('visibilitychange', look)
    signal.addEventListener('abort', look, { once: true })
    look()
  })
  const left = new AbortController()
  let timer: ReturnType<typeof setTimeout> | undefined
  const look = () => {
    clearTimeout(timer)
    if (document.hidden) timer = setTimeout(() => left.abort(), HIDDEN_MS)
  }
  document.addEventListener('visibilitychange', look)
  signal.addEventListener('abort', () => {
    clearTimeout(timer)
    document.removeEventListener('visibilitychange', look)
  })
  return AbortSignal.any([signal, left.signal])
}
