import Link from 'next/link'
import { memo } from 'react'
import { bytes } from '../../lib/format.ts'
import { PAGES } from '../../lib/pages.ts'
import { INGESTION } from '../../strings/ingestion.ts'
import { Badge, type Tone } from '../../ui/badge.tsx'
import { IconButton } from '../../ui/button.tsx'
import { FileSteps } from './file-steps.tsx'
import type { FilePace } from './paces.ts'
import { detailOf, sentenceOf } from './problem-words.ts'
import { groupOf, isStoppable, type Row } from './rows.ts'

interface FileRowProps {
  readonly databaseId: string
  readonly row: Row
  readonly pace: FilePace | undefined
  readonly hasVectors: boolean
  readonly mayWrite: boolean
  readonly onCancel: (row: Row) => void
  readonly onRetry: (row: Row) => void
}

const TONES: Readonly<Partial<Record<Row['step'], Tone>>> = {
  ready: 'good',
  unchanged: 'good',
  archive: 'good',
  failed: 'bad',
  cancelled: 'warn',
  unsent: 'neutral',
  queued: 'neutral',
}

function stateOf({ step, isCancelling, attempts }: Row): string {
  if (isCancelling) return INGESTION.state.cancelling
  return step === 'queued' && attempts > 0 ? INGESTION.state.retrying(attempts + 1) : INGESTION.state[step]
}

/** Such as "3 of 12 pages · 2.1 pages/s · about 4 s left". */
function progressOf({ step, done, total, pages, chunks, warnings }: Row, pace: FilePace | undefined): string {
  const unit = step === 'sending' ? 'bytes' : step === 'reading' ? 'pages' : step === 'embedding' || step === 'indexing' ? 'chunks' : undefined
  const parts =
    unit === undefined
      ? [
          pages !== undefined && pages > 0 && INGESTION.pages(pages),
          chunks !== undefined && chunks > 0 && INGESTION.chunks(chunks),
          warnings.length > 0 && INGESTION.warnings(warnings.length),
        ]
      : [
          (unit === 'bytes' ? done : done + total) > 0 && INGESTION.amount[unit](done, total),
          pace !== undefined && INGESTION.rate[unit](pace.perSecond),
          pace?.secondsLeft !== undefined && INGESTION.left(pace.secondsLeft),
        ]
  return parts.filter((part) => typeof part === 'string').join(' · ')
}

/** One file: where it is, how fast it goes, what went wrong and what to do about it. */
export const FileRow = memo(function FileRow({ databaseId, row, pace, hasVectors, mayWrite, onCancel, onRetry }: FileRowProps) {
  const { path, size, step, problem, documentId } = row
  const group = groupOf(row)
  const name = path ?? INGESTION.unnamed
  const folder = name.slice(0, name.lastIndexOf('/') + 1)
  const progress = progressOf(row, pace)
  const detail = problem === undefined ? undefined : detailOf(problem)
  const isWorking = step === 'reading' || step === 'chunking' || step === 'embedding' || step === 'indexing'
  return (
    <div className="flex items-start gap-2 py-2.5">
      <div className="grid min-w-0 grow gap-1">
        <div className="flex flex-wrap items-center gap-x-2 gap-y-1">
          <span className="min-w-0 text-sm">
            {folder !== '' && <span className="text-soft">{folder}</span>}
            {documentId !== undefined && group === 'done' ? (
              <Link
                href={PAGES.document(databaseId, documentId)}
                className="font-medium underline decoration-line-strong underline-offset-2 hover:decoration-ink"
              >
                {name.slice(folder.length)}
              </Link>
            ) : (
              <span className={path === undefined ? 'text-soft' : 'font-medium'}>{name.slice(folder.length)}</span>
            )}
          </span>
          {size !== undefined && <span className="text-xs text-soft tabular-nums">{bytes(size)}</span>}
          <Badge tone={row.isCancelling ? 'warn' : (TONES[step] ?? 'accent')}>{stateOf(row)}</Badge>
        </div>
        {isWorking && <FileSteps row={row} hasVectors={hasVectors} />}
        {progress !== '' && <p className="text-xs text-soft tabular-nums">{progress}</p>}
        {group === 'failed' && (
          <p className="text-sm">
            {problem === undefined ? (
              INGESTION.cancelledHint
            ) : (
              <>
                <span className="text-bad">{sentenceOf(problem)}</span> {problem.hint}
                {detail !== undefined && <span className="block text-xs text-soft">{detail}</span>}
              </>
            )}
          </p>
        )}
      </div>
      {mayWrite && group === 'failed' && <IconButton icon="refresh" label={INGESTION.retry(name)} onClick={() => onRetry(row)} />}
      {mayWrite && isStoppable(row) && <IconButton icon="close" label={INGESTION.cancel(name)} onClick={() => onCancel(row)} />}
    </div>
  )
})
