import dynamic from 'next/dynamic'
import { useRef, useState } from 'react'
import { useCall, useSend } from '../../lib/api.ts'
import { ACCESS } from '../../strings/access.ts'
import { Button } from '../../ui/button.tsx'
import { Card } from '../../ui/card.tsx'
import { ConfirmDialog } from '../../ui/dialog.tsx'
import { ErrorNote } from '../../ui/error-note.tsx'
import { SkeletonLines } from '../../ui/skeleton.tsx'
import { useToasts } from '../../ui/toasts.tsx'
import type { Database } from '../databases/database-context.ts'
import { type Publication, PublicationRow } from './publication-row.tsx'

const PublicationForm = dynamic(() => import('./publication-form.tsx').then((file) => file.PublicationForm))

const WORDS = ACCESS.chats

/** The chats that open this database to strangers. */
export function PublicationsCard({ database }: { readonly database: Database }) {
  const listed = useCall('listPublications', {})
  const revoke = useSend('revokePublication', ['listPublications'])
  const toasts = useToasts()
  const [form, setForm] = useState<{ readonly of: Publication | undefined }>()
  const [closing, setClosing] = useState<Publication>()
  const [showsEnded, setShowsEnded] = useState(false)
  const list = useRef<HTMLUListElement>(null)
  const chats = (listed.data?.publications ?? []).filter(({ databases }) => databases.includes(database.id))
  const ended = chats.filter(({ state }) => state !== 'open').length

  function closes(chat: Publication) {
    revoke.mutate(
      { parameters: { publication: chat.id } },
      {
        onSuccess: () => {
          setClosing(undefined)
          toasts.say(WORDS.closed(chat.title))
          requestAnimationFrame(() => list.current?.focus()) // the dialog gives the focus back first, to what is gone
        },
      },
    )
  }

  return (
    <Card
      title={WORDS.title}
      hint={WORDS.hint}
      actions={
        <Button look="primary" icon="plus" onClick={() => setForm({ of: undefined })}>
          {WORDS.create}
        </Button>
      }
    >
      {listed.error !== null && listed.data === undefined && <ErrorNote fault={listed.error} onRetry={() => void listed.refetch()} />}
      {listed.isPending && <SkeletonLines lines={2} className="h-14" />}
      {listed.data !== undefined && chats.length === 0 && <p className="text-sm text-soft">{WORDS.empty}</p>}
      <ul ref={list} tabIndex={-1} aria-label={WORDS.list} className="divide-y divide-line outline-none">
        {chats
          .filter(({ state }) => showsEnded || state === 'open')
          .map((chat) => (
            <PublicationRow key={chat.id} of={chat} onEdit={() => setForm({ of: chat })} onClose={() => setClosing(chat)} />
          ))}
      </ul>
      {ended > 0 && !showsEnded && (
        <Button small look="quiet" className="mt-2" onClick={() => setShowsEnded(true)}>
          {WORDS.showEnded(ended)}
        </Button>
      )}
      {form !== undefined && <PublicationForm key={form.of?.id} database={database} of={form.of} onClose={() => setForm(undefined)} />}
      {closing !== undefined && (
        <ConfirmDialog
          open
          title={WORDS.closeTitle(closing.title)}
          action={WORDS.closeAction}
          busy={revoke.isPending}
          fault={revoke.error}
          onConfirm={() => closes(closing)}
          onClose={() => setClosing(undefined)}
        >
          {WORDS.closeText}
        </ConfirmDialog>
      )}
    </Card>
  )
}
