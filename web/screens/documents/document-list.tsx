import dynamic from 'next/dynamic'
import { useCallback, useRef, useState } from 'react'
import { DOCUMENTS } from '../../strings/documents.ts'
import { Button } from '../../ui/button.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { ErrorNote } from '../../ui/error-note.tsx'
import { SkeletonLines } from '../../ui/skeleton.tsx'
import type { Database } from '../databases/database-context.ts'
import type { DocumentRow } from './document-row.ts'
import { type Act, DocumentTable } from './document-table.tsx'
import { DocumentsToolbar, StatusLine } from './documents-toolbar.tsx'
import { useRemove } from './removals.ts'
import { afterTick, present } from './selection.ts'
import { useDocumentActs } from './use-document-acts.ts'
import { useDocuments } from './use-documents.ts'
import { useFilters } from './use-filters.ts'

const MetadataDialog = dynamic(() => import('./metadata-dialog.tsx').then((file) => file.MetadataDialog))

interface ListProps {
  readonly database: Database
  /** Id or name as it stands in the address: the frame asks by it, and so is asked but once. */
  readonly address: string
  readonly mayWrite: boolean
}

export function DocumentList({ database, address, mayWrite }: ListProps) {
  const { id, documents: counts } = database
  const [filters, setFilters] = useFilters()
  const { rows, data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage, isFetchNextPageError } = useDocuments(id, filters)
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set())
  const [edited, setEdited] = useState<DocumentRow>()
  const anchor = useRef<number>(undefined)
  const toolbar = useRef<HTMLDivElement>(null)
  const chooser = useRef<HTMLInputElement>(null)
  const replaced = useRef<DocumentRow>(undefined)
  const acts = useDocumentActs(id)
  const remove = useRemove()

  const ids = rows.map((row) => row.id)
  const select = useCallback(
    (index: number, isSelected: boolean, withShift: boolean) => {
      const from = withShift ? anchor.current : undefined
      anchor.current = index
      setChosen((now) =>
        afterTick(
          now,
          rows.map((row) => row.id),
          { index, isSelected, anchor: from },
        ),
      )
    },
    [rows],
  )
  const act = useCallback(
    (what: Act, document: DocumentRow) => {
      switch (what) {
        case 'metadata':
          return setEdited(document)
        case 'download':
          return acts.download(document)
        case 'retry':
          return acts.retry(document)
        case 'delete':
          return remove(id, [document.id], DOCUMENTS.deletedOne(document.name))
        default:
          replaced.current = document
          chooser.current?.click()
      }
    },
    [acts, remove, id],
  )
  const nearEnd = useCallback(() => {
    if (!isFetchingNextPage && !isFetchNextPageError) void fetchNextPage()
  }, [isFetchingNextPage, isFetchNextPageError, fetchNextPage])
  const closeEditor = useCallback(() => {
    setEdited(undefined)
    // The entry of the menu that opened it is gone: back to the menu's button.
    const row = `[data-document="${CSS.escape(edited?.id ?? '')}"]`
    setTimeout(() => document.querySelector<HTMLElement>(`${row} [aria-haspopup]`)?.focus(), 50)
  }, [edited])
  const selected = present(chosen, ids)
  function deleteSelected() {
    const taken = new Set(selected)
    remove(id, selected, DOCUMENTS.deletedMany(selected.length), () => setChosen(taken))
    setChosen(new Set())
    toolbar.current?.querySelector('input')?.focus()
  }

  const isFiltered = filters.search !== '' || filters.state !== undefined
  const total = filters.search !== '' ? rows.length : filters.state === undefined ? counts.total : counts[filters.state]
  const counted =
    data === undefined ? '' : filters.search === '' ? DOCUMENTS.documents(hasNextPage ? total : rows.length) : DOCUMENTS.found(rows.length, !hasNextPage)
  const said = acts.sending === undefined ? counted : DOCUMENTS.replacing(acts.sending.name, acts.sending.sent, acts.sending.size)
  return (
    <section aria-label={DOCUMENTS.list} className="grid grid-cols-[minmax(0,1fr)] gap-2">
      <DocumentsToolbar box={toolbar} counts={counts} filters={filters} onFilters={setFilters} />
      <StatusLine many={selected.length} said={said} onDelete={deleteSelected} onClear={() => setChosen(new Set())} />
      {error !== null && <ErrorNote fault={error} onRetry={() => void (isFetchNextPageError ? fetchNextPage() : refetch())} />}
      {data === undefined ? (
        error === null && <SkeletonLines lines={8} className="h-14" />
      ) : rows.length === 0 && !hasNextPage ? (
        <EmptyState
          icon="search"
          title={DOCUMENTS.nothingFound}
          action={isFiltered && <Button onClick={() => setFilters({ search: '', state: undefined })}>{DOCUMENTS.showAll}</Button>}
        >
          {DOCUMENTS.nothingFoundHint}
        </EmptyState>
      ) : (
        <DocumentTable
          database={address}
          rows={rows}
          total={total}
          mayWrite={mayWrite}
          chosen={chosen}
          many={selected.length}
          hasMore={hasNextPage}
          onNearEnd={nearEnd}
          onSelect={select}
          onSelectAll={(isSelected) => setChosen(new Set(isSelected ? ids : []))}
          onAct={act}
        />
      )}
      <input
        ref={chooser}
        type="file"
        hidden
        aria-label={DOCUMENTS.replace}
        onChange={(event) => {
          const [file] = event.target.files ?? []
          if (file !== undefined && replaced.current !== undefined) void acts.replace(replaced.current, file)
          event.target.value = ''
        }}
      />
      {edited !== undefined && <MetadataDialog database={id} document={edited} onClose={closeEditor} />}
    </section>
  )
}
