'use client'
import { useRouter } from 'next/navigation'
import { useSend } from '../../lib/api.ts'
import { keepDropped } from '../../lib/dropped-files.ts'
import { PAGES } from '../../lib/pages.ts'
import { DATABASES } from '../../strings/databases.ts'
import { Button } from '../../ui/button.tsx'
import { DropZone } from '../../ui/drop-zone.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { ErrorNote } from '../../ui/error-note.tsx'

/** The first database is a drop away; or the sample, to look around. */
export function NoDatabases({ mayCreate }: { readonly mayCreate: boolean }) {
  const router = useRouter()
  const sample = useSend('createSample', ['listDatabases'])
  if (!mayCreate) {
    return (
      <EmptyState icon="database" title={DATABASES.emptyTitle}>
        {DATABASES.emptyForReaders}
      </EmptyState>
    )
  }
  return (
    <div className="grid gap-4">
      <DropZone
        wholeWindow
        title={DATABASES.emptyTitle}
        hint={DATABASES.emptyHint}
        onFiles={(files) => {
          keepDropped(files)
          router.push(PAGES.newDatabase)
        }}
      />
      <div className="flex flex-wrap items-center justify-center gap-3 text-sm text-soft">
        {DATABASES.sampleHint}
        <Button small busy={sample.isPending} onClick={() => sample.mutate({}, { onSuccess: ({ database }) => router.push(PAGES.database(database.id)) })}>
          {DATABASES.sample}
        </Button>
      </div>
      {sample.error !== null && <ErrorNote fault={sample.error} />}
    </div>
  )
}
