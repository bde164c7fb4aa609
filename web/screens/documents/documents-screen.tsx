'use client'
import { useIdAfter } from '../../lib/location.ts'
import { useRemoved } from '../../lib/removals.ts'
import { DOCUMENTS } from '../../strings/documents.ts'
import { DropZone } from '../../ui/drop-zone.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { useDatabase } from '../databases/database-context.ts'
import { IngestionPanel } from '../ingestion/ingestion-panel.tsx'
import { useUploads } from '../ingestion/use-uploads.ts'
import { DocumentList } from './document-list.tsx'

/** What is in a database, what is on its way into it, and the place to add more. */
export function DocumentsScreen() {
  const database = useDatabase()
  const address = useIdAfter('databases') ?? database.id
  const uploads = useUploads()
  const removed = useRemoved()
  const mayWrite = database.access !== 'read'
  const isEmpty = database.documents.total === 0
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-4">
      {mayWrite && (
        <DropZone
          wholeWindow
          compact={!isEmpty}
          {...(isEmpty ? {} : { title: DOCUMENTS.addTitle, hint: DOCUMENTS.addHint })}
          onFiles={(files) => uploads.add(database.id, files)}
        />
      )}
      <IngestionPanel databaseId={database.id} hidden={removed} />
      {isEmpty ? (
        <EmptyState icon="file" title={DOCUMENTS.emptyTitle}>
          {mayWrite ? DOCUMENTS.emptyHint : DOCUMENTS.emptyReadOnly}
        </EmptyState>
      ) : (
        <DocumentList database={database} address={address} mayWrite={mayWrite} />
      )}
    </div>
  )
}
