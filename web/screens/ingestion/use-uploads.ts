'use client'
import { useMemo } from 'react'
import { uploads } from './uploads.ts'

export interface Uploads {
  /** Sends files to a database; goes on when the screen is left. The path of a file is its external_id, so the same again changes nothing. */
  add(databaseId: string, files: readonly File[]): void
}

/** Uploads of this tab. Their progress is shown by `IngestionPanel`. */
export function useUploads(): Uploads {
  return useMemo(() => ({ add: (databaseId, files) => uploads.add(databaseId, files) }), [])
}
