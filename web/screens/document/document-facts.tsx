import Link from 'next/link'
import type { ReactNode } from 'react'
import { bytes, dateTime, number } from '../../lib/format.ts'
import { PAGES } from '../../lib/pages.ts'
import { DOCUMENT } from '../../strings/document.ts'
import { DOCUMENTS } from '../../strings/documents.ts'
import type { DocumentRow } from '../documents/document-row.ts'
import { formatName } from '../documents/format-name.ts'

/** What is known of a document, in two columns of terms. */
export function DocumentFacts({ database, document }: { readonly database: string; readonly document: DocumentRow }) {
  const { media_type, size, pages, chunks, tokens, revision, created_at, updated_at, external_id, sha256, parent_id } = document
  return (
    <dl className="grid grid-cols-2 sm:grid-cols-[repeat(auto-fill,minmax(10.5rem,1fr))] gap-x-4 gap-y-2 text-sm">
      <Fact term={DOCUMENT.type}>
        <span title={media_type}>{formatName(media_type)}</span>
      </Fact>
      <Fact term={DOCUMENT.size}>{bytes(size)}</Fact>
      <Fact term={DOCUMENT.pages}>{pages === null ? DOCUMENTS.none : number(pages)}</Fact>
      <Fact term={DOCUMENT.chunks}>{number(chunks)}</Fact>
      <Fact term={DOCUMENT.tokens}>{number(tokens)}</Fact>
      <Fact term={DOCUMENT.revision}>{number(revision)}</Fact>
      <Fact term={DOCUMENT.added}>{dateTime(created_at)}</Fact>
      <Fact term={DOCUMENT.changed}>{dateTime(updated_at)}</Fact>
      <Fact term={DOCUMENT.externalId} className="col-span-2">
        {external_id}
      </Fact>
      <Fact term={DOCUMENT.fingerprint} className="col-span-2 sm:col-span-3">
        <code className="select-all font-mono text-xs">{sha256}</code>
      </Fact>
      {parent_id !== null && (
        <Fact term={DOCUMENT.from}>
          <Link href={PAGES.document(database, parent_id)} className="text-accent underline">
            {DOCUMENT.archive}
          </Link>
        </Fact>
      )}
    </dl>
  )
}

function Fact({ term, className, children }: { readonly term: string; readonly className?: string; readonly children: ReactNode }) {
  return (
    <div className={className}>
      <dt className="text-xs text-soft">{term}</dt>
      <dd className="min-w-0">{children}</dd>
    </div>
  )
}

/** Fields and their values; lists as lists. */
export function MetadataList({ metadata }: { readonly metadata: DocumentRow['metadata'] }) {
  const fields = Object.entries(metadata)
  if (fields.length === 0) return <p className="text-sm text-soft">{DOCUMENT.noMetadata}</p>
  return (
    <dl className="grid grid-cols-[minmax(0,auto)_minmax(0,1fr)] gap-x-4 gap-y-1.5 text-sm">
      {fields.map(([key, value]) => (
        <div key={key} className="contents">
          <dt className="font-mono text-xs leading-5 text-soft">{key}</dt>
          <dd>{shown(value)}</dd>
        </div>
      ))}
    </dl>
  )
}

function shown(value: DocumentRow['metadata'][string]): string {
  if (Array.isArray(value)) return value.length === 0 ? DOCUMENTS.none : value.join(', ')
  if (typeof value === 'boolean') return value ? DOCUMENTS.yes : DOCUMENTS.no
  return String(value)
}
