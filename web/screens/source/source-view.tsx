'use client'
import Link from 'next/link'
import { type ReactNode, useCallback, useState } from 'react'
import { useCall } from '../../lib/api.ts'
import { PAGES } from '../../lib/pages.ts'
import { SOURCE } from '../../strings/source.ts'
import { Button, IconButton } from '../../ui/button.tsx'
import { ErrorNote } from '../../ui/error-note.tsx'
import { Icon } from '../../ui/icon.tsx'
import { Segments } from '../../ui/segments.tsx'
import { SkeletonLines } from '../../ui/skeleton.tsx'
import { useToasts } from '../../ui/toasts.tsx'
import { downloadOriginal } from './download.ts'
import type { Highlight } from './highlight.ts'
import { PdfView } from './pdf-view.tsx'
import { LostPassage, SourceFrame, SourceNote } from './source-frame.tsx'
import { useMark, useTextSource } from './text-source.ts'
import { TextView } from './text-view.tsx'

export interface SourceViewProps {
  /** Ids, not names. */
  readonly database: string
  readonly document: string
  readonly highlight?: Highlight | undefined
  /** Buttons of whoever shows it, such as one that closes the panel. */
  readonly actions?: ReactNode
  /** The way to the page of the document; not on that page itself. */
  readonly linked?: boolean
}

type View = 'original' | 'text'

/** Source: fetched in a second or so where servers usually stand; above it one asks first. */
const ASKS_FROM_BYTES = 40_000_000

/**
 * A document as its reader knows it, opened at a passage: the pages of a PDF, otherwise the extracted text. It fills the
 * box that it stands in (give that a height) and brings a heading with the document's name.
 */
export function SourceView({ database, document, highlight, actions, linked = true }: SourceViewProps) {
  const asked = useCall('getDocument', { parameters: { database, document } }, { staleTime: 30_000 })
  const source = useTextSource(database, document, asked.data?.live_revision ?? null)
  const [chosen, setChosen] = useState<View>()
  // Of which passage and which file it is known that the pages do not show it.
  const [absent, setAbsent] = useState<Highlight | 'file'>()
  const [takesLarge, setTakesLarge] = useState(false)
  const toasts = useToasts()
  const [saving, setSaving] = useState(false)
  const tellAbsent = useCallback(() => setAbsent(highlight), [highlight])
  const tellFailed = useCallback(() => setAbsent('file'), [])

  const isPdf = asked.data?.media_type === 'application/pdf'
  const isOffPages = absent !== undefined && (absent === 'file' || absent === highlight)
  const view: View = !isPdf ? 'text' : (chosen ?? (isOffPages ? 'text' : 'original'))
  const hasText = asked.data !== undefined && (asked.data.live_revision !== null || asked.data.state === 'ready')
  const { mark, error, retry } = useMark(source, highlight, hasText && view === 'text')

  if (asked.data === undefined) {
    if (asked.error === null)
      return (
        <SourceFrame name={SOURCE.opening} actions={actions}>
          <div className="p-4">
            <SkeletonLines lines={8} className="h-5" />
          </div>
        </SourceFrame>
      )
    return (
      <SourceFrame
        name={SOURCE.gone}
        actions={actions}
        notes={highlight !== undefined && highlight.quote !== '' && <LostPassage quote={highlight.quote} note={SOURCE.citedWords} />}
      >
        <div className="p-4">
          <ErrorNote fault={asked.error} onRetry={() => void asked.refetch()} />
        </div>
      </SourceFrame>
    )
  }

  const { name, size, live_revision: revision } = asked.data
  const isNewer = highlight?.revision != null && revision !== null && revision > highlight.revision
  async function save() {
    setSaving(true)
    await downloadOriginal(database, document, name).catch(toasts.fail)
    setSaving(false)
  }
  const buttons = (
    <>
      {isPdf && (
        <Segments
          label={SOURCE.views}
          options={[
            { value: 'original', label: SOURCE.original },
            { value: 'text', label: SOURCE.text },
          ]}
          value={view}
          onValue={setChosen}
        />
      )}
      <IconButton icon="download" label={saving ? SOURCE.downloading : SOURCE.download} disabled={saving} onClick={() => void save()} />
      {linked && (
        <Link
          href={documentHref(database, document, highlight)}
          aria-label={SOURCE.openDocument}
          title={SOURCE.openDocument}
          className="inline-flex size-9 items-center justify-center rounded-lg text-soft hover:bg-sunken hover:text-ink"
        >
          <Icon name="external" className="size-4.5" />
        </Link>
      )}
      {actions}
    </>
  )
  const notes = (
    <>
      {isPdf && view === 'text' && absent === 'file' && <SourceNote>{SOURCE.originalFailed}</SourceNote>}
      {isPdf && view === 'text' && absent !== undefined && absent === highlight && <SourceNote>{SOURCE.notOnPages}</SourceNote>}
      {view === 'text' && mark === null && highlight !== undefined && (
        <LostPassage quote={highlight.quote} note={isNewer ? `${SOURCE.changed} ${SOURCE.notInText}` : SOURCE.notInText} />
      )}
      {view === 'text' && error !== null && (
        <div className="p-3">
          <ErrorNote fault={error} onRetry={retry} />
        </div>
      )}
      {view === 'text' && mark !== undefined && mark !== null && (
        <p role="status" className="sr-only">
          {SOURCE.marked}
        </p>
      )}
    </>
  )
  return (
    <SourceFrame name={name} actions={buttons} notes={notes}>
      {view === 'original' ? (
        size > ASKS_FROM_BYTES && !takesLarge ? (
          <div className="grid justify-items-start gap-3 p-4 text-sm">
            <p>{SOURCE.large(size)}</p>
            <Button onClick={() => setTakesLarge(true)}>{SOURCE.showLarge}</Button>
          </div>
        ) : (
          <PdfView
            database={database}
            document={document}
            size={size}
            highlight={highlight}
            onAbsent={tellAbsent}
            onFailed={hasText ? tellFailed : undefined}
          />
        )
      ) : hasText ? (
        highlight !== undefined && mark === undefined && error === null ? (
          <div className="p-4">
            <SkeletonLines lines={8} className="h-5" />
          </div>
        ) : (
          <TextView source={source} mark={mark ?? undefined} />
        )
      ) : (
        <p className="p-4 text-sm text-soft">{asked.data.state === 'failed' ? SOURCE.failed : SOURCE.notReady}</p>
      )}
    </SourceFrame>
  )
}

function documentHref(database: string, document: string, highlight: Highlight | undefined): string {
  const page = PAGES.document(database, document)
  return highlight === undefined ? page : `${page}?start=${highlight.start}&end=${highlight.end}`
}
