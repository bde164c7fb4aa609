'use client'
import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { dateTime } from '../../lib/format.ts'
import { PUBLISHED } from '../../strings/published.ts'
import { Button, IconButton } from '../../ui/button.tsx'
import { ConfirmDialog, Dialog } from '../../ui/dialog.tsx'
import { ErrorNote } from '../../ui/error-note.tsx'
import { SkeletonLines } from '../../ui/skeleton.tsx'
import { useToasts } from '../../ui/toasts.tsx'
import type { Visitor } from './visitor.ts'
import { conversationsKey, readKey } from './visitor-port.ts'

interface EarlierDialogProps {
  readonly publication: string
  readonly visitor: Visitor
  readonly current: string | undefined
  readonly onOpen: (id: string) => void
  /** The open one was deleted. */
  readonly onGone: () => void
  /** All that the server kept was deleted. */
  readonly onForgotten: () => void
  readonly onClose: () => void
}

/** The conversations that this browser had here, and the way to delete all that is kept. */
export function EarlierDialog({ publication, visitor, current, onOpen, onGone, onForgotten, onClose }: EarlierDialogProps) {
  const queries = useQueryClient()
  const toasts = useToasts()
  const [sure, setSure] = useState<{ readonly busy: boolean; readonly fault: unknown }>()
  const parameters = { publication }
  const { data, error, refetch, hasNextPage, isFetchingNextPage, fetchNextPage } = useInfiniteQuery({
    queryKey: conversationsKey(publication),
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam, signal }) =>
      visitor.as((client) =>
        client.call('visitorConversations', { parameters, query: { limit: 50, ...(pageParam === undefined ? {} : { cursor: pageParam }) }, signal }),
      ),
    getNextPageParam: (last) => last.next_cursor ?? undefined,
  })
  const all = data?.pages.flatMap(({ conversations }) => conversations)

  async function remove(conversation: string) {
    try {
      await visitor.as((client) => client.call('removeVisitorConversation', { parameters: { publication, conversation } }))
      if (conversation === current) onGone()
    } catch (fault) {
      toasts.fail(fault)
    }
    await queries.invalidateQueries({ queryKey: conversationsKey(publication) })
  }
  async function forget() {
    setSure({ busy: true, fault: undefined })
    try {
      await visitor.as((client) => client.call('removeVisitor', { parameters }))
      visitor.leave()
      for (const queryKey of [conversationsKey(publication), readKey(publication)]) queries.removeQueries({ queryKey })
      toasts.say(PUBLISHED.forgotten)
      onForgotten()
      onClose()
    } catch (fault) {
      setSure({ busy: false, fault })
    }
  }

  return (
    <>
      <Dialog open={sure === undefined} title={PUBLISHED.earlierTitle} onClose={onClose}>
        <div className="grid gap-4 text-sm">
          {error !== null && data === undefined && <ErrorNote fault={error} onRetry={() => void refetch()} />}
          {data === undefined && error === null && <SkeletonLines lines={4} className="h-12" />}
          {all?.length === 0 && <p>{PUBLISHED.earlierNone}</p>}
          <ul className="grid grid-cols-[minmax(0,1fr)]">
            {all?.map(({ id, title, updated_at }) => (
              <li key={id} className="flex items-center gap-1 border-b border-line last:border-0">
                <button type="button" onClick={() => onOpen(id)} className="min-w-0 grow rounded-lg px-2 py-2 text-left hover:bg-sunken">
                  <span className="block truncate">{title}</span>
                  <span className="block text-xs text-soft">{dateTime(updated_at)}</span>
                </button>
                <IconButton icon="trash" label={PUBLISHED.remove(title)} onClick={() => void remove(id)} />
              </li>
            ))}
          </ul>
          {hasNextPage && (
            <Button small busy={isFetchingNextPage} onClick={() => void fetchNextPage()}>
              {PUBLISHED.showMore}
            </Button>
          )}
          <p className="text-xs text-soft">{visitor.lasts() ? PUBLISHED.kept : PUBLISHED.notKept}</p>
          <div>
            <Button look="danger" icon="trash" onClick={() => setSure({ busy: false, fault: undefined })}>
              {PUBLISHED.forget}
            </Button>
          </div>
        </div>
      </Dialog>
      <ConfirmDialog
        open={sure !== undefined}
        title={PUBLISHED.forgetTitle}
        action={PUBLISHED.forgetAction}
        busy={sure?.busy === true}
        fault={sure?.fault}
        onConfirm={() => void forget()}
        onClose={() => setSure(undefined)}
      >
        {PUBLISHED.forgetHint}
      </ConfirmDialog>
    </>
  )
}
