'use client'
import { useQuery } from '@tanstack/react-query'
import type { Client } from 'quarry-engine/client'
import type { ReactNode } from 'react'
import { keyOf } from '../../lib/api.ts'
import { SOURCE } from '../../strings/source.ts'
import { ErrorNote } from '../../ui/error-note.tsx'
import { SkeletonLines } from '../../ui/skeleton.tsx'
import type { Highlight } from './highlight.ts'
import { LostPassage, SourceFrame } from './source-frame.tsx'
import { useMark, usePublicTextSource } from './text-source.ts'
import { TextView } from './text-view.tsx'

export interface PublicSourceViewProps {
  /** The client that holds the visitor's token. */
  readonly client: Client
  readonly publication: string
  readonly database: string
  readonly document: string
  readonly highlight?: Highlight | undefined
  readonly actions?: ReactNode
}

/** The same for visitors of a published chat: the text alone, as their route gives no file. Fills the box that it stands in. */
export function PublicSourceView({ client, publication, database, document, highlight, actions }: PublicSourceViewProps) {
  const source = usePublicTextSource(client, publication, database, document)
  const parameters = { publication, database, document }
  const head = useQuery({
    queryKey: keyOf('publicText', { parameters, query: { start: 0, end: 0 } }),
    queryFn: ({ signal }) => client.call('publicText', { parameters, query: { start: 0, end: 0 }, signal }),
    staleTime: 60_000,
  })
  const { mark, error, retry } = useMark(source, highlight)
  const fault = head.error ?? error
  return (
    <SourceFrame
      name={head.data?.name ?? (fault === null ? SOURCE.opening : SOURCE.gone)}
      actions={actions}
      notes={
        highlight !== undefined &&
        (mark === null || fault !== null) && <LostPassage quote={highlight.quote} note={fault === null ? SOURCE.notInText : SOURCE.citedWords} />
      }
    >
      {fault !== null ? (
        <div className="p-4">
          <ErrorNote
            fault={fault}
            onRetry={() => {
              void head.refetch()
              retry()
            }}
          />
        </div>
      ) : highlight !== undefined && mark === undefined ? (
        <div className="p-4">
          <SkeletonLines lines={8} className="h-5" />
        </div>
      ) : (
        <TextView source={source} mark={mark ?? undefined} />
      )}
    </SourceFrame>
  )
}
