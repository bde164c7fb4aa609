'use client'
import { useQueryClient } from '@tanstack/react-query'
import dynamic from 'next/dynamic'
import { useCallback, useEffect, useRef, useState } from 'react'
import { keyOf, useCall } from '../../lib/api.ts'
import { useIdAfter } from '../../lib/location.ts'
import { PAGES } from '../../lib/pages.ts'
import { DOCUMENT } from '../../strings/document.ts'
import { Button, ButtonLink } from '../../ui/button.tsx'
import { Card } from '../../ui/card.tsx'
import { ErrorNote } from '../../ui/error-note.tsx'
import { Skeleton, SkeletonLines } from '../../ui/skeleton.tsx'
import { useDatabase } from '../databases/database-context.ts'
import { type DocumentRow, isUnderWay } from '../documents/document-row.ts'
import type { Highlight } from '../source/highlight.ts'
import { ChunkList } from './chunk-list.tsx'
import { DocumentFacts, MetadataList } from './document-facts.tsx'
import { DocumentHeading } from './document-heading.tsx'
import { DocumentNotes } from './document-notes.tsx'
import type { Chunk } from './use-chunks.ts'
import { highlightOf, useWanted } from './use-wanted.ts'

const SourceView = dynamic(() => import('../source/source-view.tsx').then((file) => file.SourceView), { loading: () => <Skeleton className="h-full" /> })
const MetadataDialog = dynamic(() => import('../documents/metadata-dialog.tsx').then((file) => file.MetadataDialog))

const WATCH_MS = 1500

/** One document: what is known of it, and its text as it is searched beside the original. */
export function DocumentScreen() {
  const database = useDatabase()
  const id = useIdAfter('documents') ?? ''
  const queries = useQueryClient()
  const { data, error, refetch } = useCall(
    'getDocument',
    { parameters: { database: database.id, document: id } },
    { enabled: id !== '', refetchInterval: ({ state }) => (state.data !== undefined && isUnderWay(state.data) ? WATCH_MS : false) },
  )
  // Another revision that answers has other chunks.
  const live = data?.live_revision
  const before = useRef(live)
  useEffect(() => {
    if (before.current !== undefined && live !== undefined && before.current !== live) {
      void queries.invalidateQueries({ queryKey: keyOf('listChunks') })
    }
    before.current = live
  }, [live, queries])

  if (data === undefined && error !== null) {
    return (
      <div className="grid justify-items-start gap-3">
        <h2 className="text-xl font-semibold">{DOCUMENT.gone}</h2>
        <ErrorNote fault={error} onRetry={() => void refetch()} />
        <ButtonLink icon="left" href={PAGES.database(database.id)}>
          {DOCUMENT.back}
        </ButtonLink>
      </div>
    )
  }
  if (data === undefined) {
    return (
      <div className="grid gap-4">
        <Skeleton className="h-8 w-80" />
        <SkeletonLines lines={4} className="h-12" />
      </div>
    )
  }
  return <LoadedDocument database={database.id} document={data} mayWrite={database.access !== 'read'} />
}

function LoadedDocument({ database, document, mayWrite }: { readonly database: string; readonly document: DocumentRow; readonly mayWrite: boolean }) {
  const [isEditing, setIsEditing] = useState(false)
  const isReady = document.live_revision !== null
  const { target, fault, isMissing } = useWanted(database, document.id, isReady)
  const [active, setActive] = useState<Chunk>()
  const [shown, setShown] = useState<Highlight>()
  const activate = useCallback((chunk: Chunk) => {
    setActive(chunk)
    setShown(highlightOf(chunk))
  }, [])
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-4">
      <DocumentHeading database={database} document={document} mayWrite={mayWrite} />
      <DocumentNotes document={document} />
      <Card title={DOCUMENT.facts}>
        <DocumentFacts database={database} document={document} />
        <div className="mt-3 flex flex-wrap items-start justify-between gap-3 border-t border-line pt-3">
          <div className="min-w-0">
            <h3 className="mb-1 text-sm font-semibold">{DOCUMENT.metadata}</h3>
            <MetadataList metadata={document.metadata} />
          </div>
          {mayWrite && (
            <Button small icon="pencil" onClick={() => setIsEditing(true)}>
              {DOCUMENT.editMetadata}
            </Button>
          )}
        </div>
      </Card>
      {fault !== undefined && <ErrorNote fault={fault} />}
      {isMissing && <p role="status">{DOCUMENT.chunkMissing}</p>}
      {document.state === 'archive' ? (
        <p className="text-sm text-soft">{DOCUMENT.archiveChunks}</p>
      ) : (
        <div className={`grid grid-cols-[minmax(0,1fr)] gap-4 ${isReady ? 'lg:grid-cols-2' : ''}`}>
          <div className="h-[80dvh] min-h-96">
            <SourceView database={database} document={document.id} highlight={shown ?? target?.highlight} linked={false} />
          </div>
          {isReady && (
            <div className="h-[80dvh] min-h-96">
              <ChunkList database={database} document={document.id} target={target} active={active?.ordinal ?? target?.ordinal} onActive={activate} />
            </div>
          )}
        </div>
      )}
      {isEditing && <MetadataDialog database={database} document={document} onClose={() => setIsEditing(false)} />}
    </div>
  )
}
