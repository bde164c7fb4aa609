'use client'
import { AppError, type Reply } from 'quarry-engine/client'
import { useState } from 'react'
import { bytes } from '../../lib/format.ts'
import { NEW_DATABASE } from '../../strings/new-database.ts'
import { Button } from '../../ui/button.tsx'
import { ErrorNote } from '../../ui/error-note.tsx'
import { Select } from '../../ui/field.tsx'
import { pathOf } from '../../ui/files-of-drop.ts'
import { SkeletonLines } from '../../ui/skeleton.tsx'
import { Spinner } from '../../ui/spinner.tsx'
import { PREVIEWED_BELOW_BYTES } from './draft.ts'
import { partsOf } from './overlap.ts'
import { type Chunking, usePreview } from './use-preview.ts'

type Preview = Reply<'preview'>
type Draft = Preview['chunks'][number]

interface ChunkPreviewProps {
  readonly files: readonly File[]
  readonly file: File | undefined
  readonly onFile: (file: File) => void
  readonly chunking: Chunking
}

const SHOWN_AT_FIRST = 12
/** A list that is longer is no choice any more. */
const OFFERED = 200

/** One of the files, cut as it would be: where each chunk begins and ends, how large it is, what neighbours share. */
export function ChunkPreview({ files, file, onFile, chunking }: ChunkPreviewProps) {
  const { data, error, isFetching, refetch } = usePreview(file, chunking)
  if (file === undefined)
    return <p className="text-sm text-soft">{files.length === 0 ? NEW_DATABASE.previewNone : NEW_DATABASE.previewLarge(PREVIEWED_BELOW_BYTES)}</p>
  const offered = files.filter(({ size }) => size > 0 && size <= PREVIEWED_BELOW_BYTES).slice(0, OFFERED)
  const isReadable = !(error instanceof AppError && error.status === 422)
  return (
    <div className="grid gap-3">
      <Select
        label={NEW_DATABASE.previewOf}
        value={pathOf(file)}
        onChange={({ target }) => {
          const chosen = offered.find((one) => pathOf(one) === target.value)
          if (chosen !== undefined) onFile(chosen)
        }}
      >
        {offered.map((one) => (
          <option key={pathOf(one)} value={pathOf(one)}>
            {`${pathOf(one)} (${bytes(one.size)})`}
          </option>
        ))}
      </Select>
      {error !== null ? (
        <ErrorNote fault={error} {...(isReadable ? { onRetry: () => void refetch() } : { title: NEW_DATABASE.previewFailed })} />
      ) : data === undefined ? (
        <SkeletonLines lines={4} className="h-24" />
      ) : (
        <Drafts key={pathOf(file)} preview={data} chunkSize={chunking.chunkSize} isFetching={isFetching} />
      )}
    </div>
  )
}

function Drafts({ preview, chunkSize, isFetching }: { readonly preview: Preview; readonly chunkSize: number; readonly isFetching: boolean }) {
  const [shown, setShown] = useState(SHOWN_AT_FIRST)
  const { chunks, pages, warnings } = preview
  const average = Math.round(chunks.reduce((sum, { tokens }) => sum + tokens, 0) / Math.max(1, chunks.length))
  const hasOverlap = chunks.some((chunk, index) => partsOf(chunk, chunks[index - 1])[0] !== '')
  return (
    <>
      <p role="status" className="flex flex-wrap items-center gap-2 text-sm">
        {isFetching ? (
          <>
            <Spinner className="size-4" />
            {NEW_DATABASE.previewWorking}
          </>
        ) : (
          NEW_DATABASE.previewDone(chunks.length, pages, average)
        )}
      </p>
      {hasOverlap && (
        <p className="text-xs text-soft">
          <mark className="mr-1 inline-block h-3 w-6 rounded-sm align-middle" aria-hidden="true" />
          {NEW_DATABASE.legend}
        </p>
      )}
      {warnings.length > 0 && (
        <div className="rounded-lg bg-warn-soft p-3 text-sm text-warn">
          <p className="font-medium">{NEW_DATABASE.warnings}</p>
          <ul className="list-disc pl-5">
            {warnings.map((warning) => (
              <li key={warning}>{warning}</li>
            ))}
          </ul>
        </div>
      )}
      <section
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
        tabIndex={0}
        aria-label={NEW_DATABASE.chunkList}
        aria-busy={isFetching}
        className={`max-h-[34rem] overflow-y-auto transition-opacity ${isFetching ? 'opacity-60' : ''}`}
      >
        <ol className="grid gap-2">
          {chunks.slice(0, shown).map((chunk, index) => (
            <ChunkCard key={chunk.ordinal} chunk={chunk} before={chunks[index - 1]} chunkSize={chunkSize} />
          ))}
        </ol>
        {chunks.length > shown && (
          <div className="py-3 text-center">
            <Button small onClick={() => setShown(shown + 50)}>
              {NEW_DATABASE.showMore(Math.min(50, chunks.length - shown))}
            </Button>
          </div>
        )}
      </section>
    </>
  )
}

function ChunkCard({ chunk, before, chunkSize }: { readonly chunk: Draft; readonly before: Draft | undefined; readonly chunkSize: number }) {
  const [shared, own] = partsOf(chunk, before)
  const { ordinal, tokens, pages, heading_path: headings, context } = chunk
  return (
    <li className="rounded-lg border border-line bg-ground">
      <div className="flex flex-wrap items-center gap-x-3 border-b border-line px-3 py-1.5 text-xs text-soft tabular-nums">
        <span className="font-medium text-ink">{NEW_DATABASE.chunkName(ordinal + 1)}</span>
        <span>{NEW_DATABASE.chunkTokens(tokens)}</span>
        <span aria-hidden="true" className="h-1 w-16 overflow-hidden rounded-full bg-sunken">
          <span className="block h-full origin-left bg-accent" style={{ transform: `scaleX(${Math.min(1, tokens / chunkSize)})` }} />
        </span>
        {pages !== null && <span>{NEW_DATABASE.chunkPages(...pages)}</span>}
        {headings.length > 0 && <span className="min-w-0 truncate">{headings.join(' › ')}</span>}
      </div>
      {context !== null && context !== '' && (
        <p className="px-3 pt-2 text-xs text-soft">
          {NEW_DATABASE.chunkContext} {context}
        </p>
      )}
      <p className="whitespace-pre-wrap p-3 text-sm leading-relaxed">
        {shared !== '' && <mark>{shared}</mark>}
        {own}
      </p>
    </li>
  )
}
