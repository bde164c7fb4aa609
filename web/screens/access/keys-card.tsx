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
import { KeyRow } from './key-row.tsx'
import { endOf, type Key, type MadeKey, opens } from './made-key.ts'

const KeyForm = dynamic(() => import('./key-form.tsx').then((file) => file.KeyForm))
const RotateDialog = dynamic(() => import('./rotate-dialog.tsx').then((file) => file.RotateDialog))
const SecretDialog = dynamic(() => import('./secret-dialog.tsx').then((file) => file.SecretDialog))

const WORDS = ACCESS.keys

/** The keys of this account that open a database. */
export function KeysCard({ database, onMade }: { readonly database: string; readonly onMade: (made: MadeKey) => void }) {
  const listed = useCall('listKeys', {})
  const revoke = useSend('revokeKey', ['listKeys'])
  const toasts = useToasts()
  const [isMaking, setIsMaking] = useState(false)
  const [rotating, setRotating] = useState<Key>()
  const [revoking, setRevoking] = useState<Key>()
  const [made, setMade] = useState<MadeKey>()
  const [showsEnded, setShowsEnded] = useState(false)
  const list = useRef<HTMLUListElement>(null)
  const keys = (listed.data?.keys ?? []).filter((key) => opens(key, database))
  const ended = keys.filter((key) => endOf(key) !== undefined)
  const shown = showsEnded ? keys : keys.filter((key) => endOf(key) === undefined)

  function show(one: MadeKey) {
    setIsMaking(false)
    setRotating(undefined)
    setMade(one)
    onMade(one)
  }
  function revokes(key: Key) {
    revoke.mutate(
      { parameters: { key: key.id } },
      {
        onSuccess: () => {
          setRevoking(undefined)
          toasts.say(WORDS.revoked(key.name))
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
        <Button look="primary" icon="plus" onClick={() => setIsMaking(true)}>
          {WORDS.create}
        </Button>
      }
    >
      {listed.error !== null && listed.data === undefined && <ErrorNote fault={listed.error} onRetry={() => void listed.refetch()} />}
      {listed.isPending && <SkeletonLines lines={2} className="h-14" />}
      {listed.data !== undefined && keys.length === 0 && <p className="text-sm text-soft">{WORDS.empty}</p>}
      <ul ref={list} tabIndex={-1} aria-label={WORDS.list} className="divide-y divide-line outline-none">
        {shown.map((key) => (
          <KeyRow key={key.id} of={key} database={database} onRotate={() => setRotating(key)} onRevoke={() => setRevoking(key)} />
        ))}
      </ul>
      {ended.length > 0 && !showsEnded && (
        <Button small look="quiet" className="mt-2" onClick={() => setShowsEnded(true)}>
          {WORDS.showEnded(ended.length)}
        </Button>
      )}
      {isMaking && <KeyForm database={database} onClose={() => setIsMaking(false)} onMade={show} />}
      {rotating !== undefined && <RotateDialog of={rotating} onClose={() => setRotating(undefined)} onMade={show} />}
      {made !== undefined && <SecretDialog made={made} onClose={() => setMade(undefined)} />}
      {revoking !== undefined && (
        <ConfirmDialog
          open
          title={WORDS.revokeTitle(revoking.name)}
          action={WORDS.revokeAction}
          busy={revoke.isPending}
          fault={revoke.error}
          onConfirm={() => revokes(revoking)}
          onClose={() => setRevoking(undefined)}
        >
          {WORDS.revokeText(revoking.name, revoking.prefix)}
        </ConfirmDialog>
      )}
    </Card>
  )
}
