import { useRef, useState } from 'react'
import { useSend } from '../../lib/api.ts'
import { DATABASE_SETTINGS } from '../../strings/database-settings.ts'
import { Card } from '../../ui/card.tsx'
import { ConfirmDialog } from '../../ui/dialog.tsx'
import { ErrorNote } from '../../ui/error-note.tsx'
import { SkeletonLines } from '../../ui/skeleton.tsx'
import { useToasts } from '../../ui/toasts.tsx'
import type { Database } from '../databases/database-context.ts'
import type { IndexWork, Version } from './index-work.ts'
import { VersionRow } from './version-row.tsx'

const WORDS = DATABASE_SETTINGS.versions

interface VersionListProps {
  readonly database: Database
  readonly work: IndexWork
  readonly onCompare: (id: string) => void
}

/** All versions of the index: switch, go back, compare, delete. */
export function VersionList({ database, work, onCompare }: VersionListProps) {
  const [dropping, setDropping] = useState<Version>()
  const [cancelling, setCancelling] = useState<Version>()
  const change = useSend('switchVersion', ['listVersions', 'listJobs', 'databaseStatus'])
  const drop = useSend('dropVersion', ['listVersions', 'listJobs', 'databaseStatus'])
  const cancel = useSend('cancelJob', ['listVersions', 'listJobs', 'databaseStatus'])
  const toasts = useToasts()
  const list = useRef<HTMLUListElement>(null)
  const parameters = (version: Version) => ({ parameters: { database: database.id, version: version.id } })

  function switchTo(version: Version) {
    change.mutate(parameters(version), { onSuccess: () => toasts.say(WORDS.switching(version.ordinal)), onError: toasts.fail })
    list.current?.focus()
  }
  function drops(version: Version) {
    drop.mutate(parameters(version), {
      onSuccess: () => {
        setDropping(undefined)
        toasts.say(WORDS.dropped(version.ordinal))
        requestAnimationFrame(() => list.current?.focus()) // the dialog gives the focus back first, to what is gone
      },
    })
  }
  function givesUp(version: Version) {
    const job = work.jobOf(version.id)
    if (job === undefined) return setCancelling(undefined)
    cancel.mutate({ parameters: { job: job.id } }, { onSuccess: () => setCancelling(undefined) })
  }

  return (
    <Card title={WORDS.title} hint={WORDS.hint}>
      {work.fault !== null && <ErrorNote fault={work.fault} onRetry={work.retry} />}
      {work.isPending && <SkeletonLines lines={2} className="h-16" />}
      {work.failed !== undefined && (
        <div className="mb-3">
          <ErrorNote title={WORDS.failed(work.failed.ordinal)} fault={work.failed.job.error} />
        </div>
      )}
      <ul ref={list} tabIndex={-1} className="divide-y divide-line outline-none">
        {work.versions.map((version) => (
          <VersionRow
            key={version.id}
            version={version}
            job={work.jobOf(version.id)}
            isBusy={work.isBusy}
            ready={database.documents.ready}
            onCompare={() => onCompare(version.id)}
            onSwitch={() => switchTo(version)}
            onDrop={() => setDropping(version)}
            onCancel={() => setCancelling(version)}
          />
        ))}
      </ul>
      {dropping !== undefined && (
        <ConfirmDialog
          open
          title={WORDS.dropTitle(dropping.ordinal)}
          action={WORDS.drop(dropping.ordinal)}
          busy={drop.isPending}
          fault={drop.error}
          onConfirm={() => drops(dropping)}
          onClose={() => setDropping(undefined)}
        >
          {WORDS.dropText(dropping.chunks, dropping.settings.model)}
        </ConfirmDialog>
      )}
      {cancelling !== undefined && (
        <ConfirmDialog
          open
          title={WORDS.cancelTitle(cancelling.ordinal)}
          action={WORDS.cancelAction}
          busy={cancel.isPending}
          fault={cancel.error}
          onConfirm={() => givesUp(cancelling)}
          onClose={() => setCancelling(undefined)}
        >
          {WORDS.cancelText}
        </ConfirmDialog>
      )}
    </Card>
  )
}
