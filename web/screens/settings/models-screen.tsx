'use client'
import { useState } from 'react'
import { useCall } from '../../lib/api.ts'
import { ErrorNote } from '../../ui/error-note.tsx'
import { Skeleton } from '../../ui/skeleton.tsx'
import { EmbeddersCard } from './embedders-card.tsx'
import { ModelTestCard } from './model-test-card.tsx'
import { ModelsForm } from './models-form.tsx'

/** Which models are used and how they are reached; the keys go in and never come out. */
export function ModelsScreen() {
  const { data, error, refetch } = useCall('modelSettings', {})
  const [isDirty, setDirty] = useState(false)
  return (
    <div className="grid gap-5">
      {data !== undefined && <ModelsForm settings={data} onDirty={setDirty} />}
      {data === undefined && (error === null ? <Skeleton className="h-144" /> : <ErrorNote fault={error} onRetry={() => void refetch()} />)}
      {data !== undefined && <ModelTestCard isDirty={isDirty} />}
      <EmbeddersCard />
    </div>
  )
}
