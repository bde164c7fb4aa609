import { useQueryClient } from '@tanstack/react-query'
import { AppError, type ErrorCode } from 'quarry-engine/client'
import { resumableUpload } from 'quarry-engine/client/resumable'
import { useCallback, useMemo, useState } from 'react'
import { api, keyOf, useSend } from '../../lib/api.ts'
import { DOCUMENTS } from '../../strings/documents.ts'
import { useToasts } from '../../ui/toasts.tsx'
import { downloadOriginal } from '../source/download.ts'
import type { DocumentRow } from './document-row.ts'

export interface Sending {
  readonly name: string
  readonly sent: number
  readonly size: number
}

/** What can be done with one document besides deleting it; each tells how it went. */
export function useDocumentActs(database: string) {
  const queries = useQueryClient()
  const toasts = useToasts()
  const { mutate: sendRetry } = useSend('retryDocument', ['listDocuments', 'getDocument', 'getDatabase', 'databaseStatus', 'listJobs'])
  const [sending, setSending] = useState<Sending>()

  const refresh = useCallback(() => {
    for (const name of ['listDocuments', 'getDocument', 'getDatabase', 'databaseStatus', 'listJobs', 'listChunks'] as const)
      void queries.invalidateQueries({ queryKey: keyOf(name) })
  }, [queries])

  const retry = useCallback(
    (document: DocumentRow) =>
      sendRetry({ parameters: { database, document: document.id } }, { onSuccess: () => toasts.say(DOCUMENTS.retried(document.name)), onError: toasts.fail }),
    [sendRetry, database, toasts],
  )
  const download = useCallback(
    (document: DocumentRow) => {
      toasts.say(DOCUMENTS.dropped(document.name))
      void downloadOriginal(database, document.id, document.name).catch(toasts.fail)
    },
    [database, toasts],
  )
  /** Another file under the same external_id; what was said of the document stays. */
  const replace = useCallback(
    async (document: DocumentRow, file: File) => {
      setSending({ name: file.name, sent: 0, size: file.size })
      try {
        const { documents, refused } = await resumableUpload(
          api,
          { database },
          {
            name: file.name,
            content: file,
            externalId: document.external_id,
            metadata: document.metadata,
            ...(document.title === null ? {} : { title: document.title }),
          },
          { onProgress: (sent, size) => setSending({ name: file.name, sent, size }) },
        )
        const [taken] = documents
        if (taken === undefined) toasts.fail(new AppError((refused[0]?.error.code ?? 'internal') as ErrorCode, { file: file.name }))
        else toasts.say(taken.outcome === 'unchanged' || taken.outcome === 'relabelled' ? DOCUMENTS.unchangedFile(file.name) : DOCUMENTS.replaced(file.name))
        refresh()
      } catch (fault) {
        toasts.fail(fault)
      } finally {
        setSending(undefined)
      }
    },
    [database, toasts, refresh],
  )
  return useMemo(() => ({ retry, download, replace, sending, refresh }), [retry, download, replace, sending, refresh])
}
