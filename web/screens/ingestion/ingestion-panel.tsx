'use client'
import dynamic from 'next/dynamic'
import { useCallback, useId, useMemo, useState } from 'react'
import { useCall } from '../../lib/api.ts'
import { INGESTION } from '../../strings/ingestion.ts'
import { Button } from '../../ui/button.tsx'
import { ErrorNote } from '../../ui/error-note.tsx'
import { Segments } from '../../ui/segments.tsx'
import { ConnectionNote } from './connection-note.tsx'
import { FileList } from './file-list.tsx'
import { useIngestion } from './ingestions.ts'
import { OverallProgress } from './overall-progress.tsx'
import { type Group, groupOf, isWorkedOn, type Row, totalsOf } from './rows.ts'
import { useIngestionActs } from './use-ingestion-acts.ts'
import { useStaleLists } from './use-stale-lists.ts'

const CancelAllDialog = dynamic(() => import('./cancel-all-dialog.tsx').then((file) => file.CancelAllDialog))

interface IngestionPanelProps {
  readonly databaseId: string
  /** Ids of documents that are shown no more, because they are about to be removed. */
  readonly hidden: ReadonlySet<string>
}
type Shown = 'all' | Group
const CHOICES = ['all', 'active', 'failed', 'done'] as const
/** How often it is asked how far the database is: the counts of the page follow. */
const WATCH_MS = 2000
const IDLE_WATCH_MS = 30_000

/** What is on its way into a database: uploads of this tab and jobs of the server, file by file, and what failed. Nothing while nothing is. */
export function IngestionPanel({ databaseId, hidden }: IngestionPanelProps) {
  const state = useIngestion(databaseId)
  const { data: database } = useCall(
    'getDatabase',
    { parameters: { database: databaseId } },
    {
      refetchInterval: ({ state: { data } }) => (data !== undefined && data.documents.queued + data.documents.processing > 0 ? WATCH_MS : IDLE_WATCH_MS),
    },
  )
  const acts = useIngestionActs(databaseId)
  const [chosen, setChosen] = useState<Shown>()
  const [unfolded, setUnfolded] = useState<boolean>()
  const [sawWork, setSawWork] = useState(false)
  const [asksToCancel, setAsksToCancel] = useState(false)
  const title = useId()
  const files = useId()
  useStaleLists(state.changes, database && JSON.stringify([database.documents, database.chunks]))

  const rows = useMemo(() => state.rows.filter(({ documentId }) => documentId === undefined || !hidden.has(documentId)), [state.rows, hidden])
  const totals = useMemo(() => totalsOf(rows), [rows])
  const isOver = totals.active === 0
  const shown: Shown = chosen ?? (!isOver ? 'active' : totals.failed > 0 ? 'failed' : 'all')
  const listed = useMemo(() => shownRows(rows, shown), [rows, shown])
  const retry = useCallback(
    (row: Row) => {
      setChosen(shown) // the next one to retry is in this list too
      acts.retry(row)
    },
    [acts, shown],
  )
  if (!isOver && !sawWork) setSawWork(true)
  if (rows.length === 0) return null

  // What was over before one came is one line; what one watches stays as it is.
  const isUnfolded = unfolded ?? (sawWork && totals.current > 0)
  const mayWrite = database !== undefined && database.access !== 'read'
  const heading = !isOver
    ? INGESTION.adding(totals.current)
    : totals.current === 0
      ? INGESTION.onlyFailed(totals.failed)
      : INGESTION.finished(totals.current - totals.failedNow, totals.failedNow)
  const options = CHOICES.map((value) => ({ value, label: INGESTION.chip(INGESTION.group[value], value === 'all' ? totals.files : totals[value]) }))
  const groups = [totals.active, totals.failed, totals.done].filter((many) => many > 0).length

  return (
    <section aria-labelledby={title} className="rounded-xl border border-line bg-surface p-4 sm:p-5">
      <div className="flex flex-wrap items-center justify-between gap-2">
        <h2 id={title} className="text-base font-semibold">
          {heading}
        </h2>
        <div className="flex flex-wrap gap-2">
          <Button small icon={isUnfolded ? 'up' : 'down'} aria-expanded={isUnfolded} aria-controls={files} onClick={() => setUnfolded(!isUnfolded)}>
            {isUnfolded ? INGESTION.hide : INGESTION.show}
          </Button>
          {mayWrite && totals.failed > 0 && (
            <Button small icon="refresh" busy={acts.isBusy} onClick={() => acts.retryAll(rows)}>
              {INGESTION.retryAll}
            </Button>
          )}
          {mayWrite && !isOver && (
            <Button small icon="stop" onClick={() => setAsksToCancel(true)}>
              {INGESTION.cancelAll}
            </Button>
          )}
          {isOver && totals.current > 0 && (
            <Button small icon="check" onClick={acts.dismiss}>
              {INGESTION.dismiss}
            </Button>
          )}
        </div>
      </div>
      {totals.current > 0 && <OverallProgress totals={totals} paces={state} isLost={state.connection === 'lost'} />}
      {state.halted !== undefined && (
        <div className="mt-3">
          <ErrorNote fault={state.halted} title={INGESTION.halted} onRetry={acts.resume} />
        </div>
      )}
      {!isOver && <ConnectionNote connection={state.connection} />}
      <div id={files} hidden={!isUnfolded} className="mt-3">
        {groups > 1 && (
          <div className="mb-2">
            <Segments label={INGESTION.groups} value={shown} options={options} onValue={setChosen} />
          </div>
        )}
        {isUnfolded && (
          <FileList
            databaseId={databaseId}
            rows={listed}
            paces={state.files}
            hasVectors={database?.mode === 'hybrid'}
            mayWrite={mayWrite}
            onCancel={acts.cancel}
            onRetry={retry}
          />
        )}
      </div>
      {asksToCancel && (
        <CancelAllDialog
          rows={rows}
          onClose={() => setAsksToCancel(false)}
          onConfirm={() => {
            setAsksToCancel(false)
            acts.cancelAll(rows)
          }}
        />
      )}
    </section>
  )
}

/** Of those under way, what is being worked on stands before what waits. */
function shownRows(rows: readonly Row[], shown: Shown): readonly Row[] {
  if (shown === 'all') return rows
  const listed = rows.filter((row) => groupOf(row) === shown)
  return shown === 'active' ? [...listed.filter(isWorkedOn), ...listed.filter((row) => !isWorkedOn(row))] : listed
}
