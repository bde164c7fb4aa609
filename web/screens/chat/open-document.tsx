'use client'
import dynamic from 'next/dynamic'
import { useMemo } from 'react'
import { SkeletonLines } from '../../ui/skeleton.tsx'
import type { ShownSource } from './talk/open-source.ts'

const SourceView = dynamic(() => import('../source/source-view.tsx').then((file) => file.SourceView), {
  loading: () => (
    <div className="p-3">
      <SkeletonLines lines={6} className="h-5" />
    </div>
  ),
})

interface OpenDocumentProps {
  readonly place: NonNullable<ShownSource['place']>
  readonly quote: string
  readonly page: number | null
}

/** The document of a source, opened at its passage. */
export function OpenDocument({ place: { database, document, start, end, revision }, quote, page }: OpenDocumentProps) {
  const highlight = useMemo(() => ({ start, end, quote, page, revision }), [start, end, quote, page, revision])
  return <SourceView key={`${database} ${document}`} database={database} document={document} highlight={highlight} />
}
