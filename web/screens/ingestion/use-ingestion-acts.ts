import { AppError } from 'quarry-engine/client'
import { useMemo, useState } from 'react'
import { api } from '../../lib/api.ts'
import { useToasts } from '../../ui/toasts.tsx'
import { eachOf } from './each-of.ts'
import { ingestionFor } from './ingestions.ts'
import { groupOf, isStoppable, type Row } from './rows.ts'
import { uploads } from './uploads.ts'

const isOurs = ({ step, documentId }: Row) => step === 'unsent' || step === 'sending' || (step === 'failed' && documentId === undefined)

/** What can be done with files that are on their way. */
export function useIngestionActs(databaseId: string) {
  const toasts = useToasts()
  const [isBusy, setIsBusy] = useState(false)
  return useMemo(() => {
    const ingestion = ingestionFor(databaseId)

    async function cancelJob({ jobId }: Row): Promise<void> {
      if (jobId === undefined) return
      try {
        ingestion.tell(await api.call('cancelJob', { parameters: { job: jobId } }))
      } catch (fault) {
        // It was quicker than the person.
        if (!(fault instanceof AppError) || fault.code !== 'job/finished') throw fault
      }
    }
    async function retryDocument({ documentId }: Row): Promise<void> {
      if (documentId === undefined) return
      ingestion.tell((await api.call('retryDocument', { parameters: { database: databaseId, document: documentId } })).job)
    }
    async function together(rows: readonly Row[], work: (row: Row) => Promise<void>): Promise<void> {
      setIsBusy(true)
      const fault = await eachOf(rows, work)
      setIsBusy(false)
      if (fault !== undefined) toasts.fail(fault)
    }
    return {
      isBusy,
      cancel: (row: Row) => (isOurs(row) && row.path !== undefined ? uploads.cancel(databaseId, row.path) : void cancelJob(row).catch(toasts.fail)),
      retry: (row: Row) => (isOurs(row) && row.path !== undefined ? uploads.retry(databaseId, row.path) : void retryDocument(row).catch(toasts.fail)),
      cancelAll(rows: readonly Row[]) {
        uploads.cancel(databaseId)
        // The last first: what waits goes before the workers come to it.
        void together(rows.filter((row) => isStoppable(row) && !isOurs(row)).toReversed(), cancelJob)
      },
      retryAll(rows: readonly Row[]) {
        uploads.retry(databaseId)
        void together(
          rows.filter((row) => groupOf(row) === 'failed' && !isOurs(row)),
          retryDocument,
        )
      },
      resume: () => uploads.retry(databaseId),
      dismiss: () => ingestion.dismiss(),
    }
  }, [databaseId, toasts, isBusy])
}
