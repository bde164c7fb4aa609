'use client'
import type { Client } from 'quarry-engine/client'
import { useEffect, useMemo, useState } from 'react'
import type { ShownSource } from '../chat/talk/open-source.ts'
import { PublicSourceView } from '../source/public-source-view.tsx'
import type { Visitor } from './visitor.ts'

interface PublicDocumentProps {
  readonly publication: string
  readonly visitor: Visitor
  readonly place: NonNullable<ShownSource['place']>
  readonly quote: string
  readonly page: number | null
}

/** The text of a source, where the chat opens its documents. */
export function PublicDocument({ publication, visitor, place: { database, document, start, end, revision }, quote, page }: PublicDocumentProps) {
  const [client, setClient] = useState<Client>()
  useEffect(() => {
    void visitor.as(async (one) => setClient(one)).catch(() => undefined) // whoever has a source has been known
  }, [visitor])
  const highlight = useMemo(() => ({ start, end, quote, page, revision }), [start, end, quote, page, revision])
  if (client === undefined) return null
  return (
    <PublicSourceView key={`${database} ${document}`} client={client} publication={publication} database={database} document={document} highlight={highlight} />
  )
}
