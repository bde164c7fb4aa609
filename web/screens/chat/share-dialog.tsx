'use client'
import type { Reply } from 'quarry-engine/client'
import { useState } from 'react'
import { useSend } from '../../lib/api.ts'
import { dateTime } from '../../lib/format.ts'
import { PAGES } from '../../lib/pages.ts'
import { CHAT } from '../../strings/chat.ts'
import { Button } from '../../ui/button.tsx'
import { CopyButton } from '../../ui/copy-button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { ErrorNote } from '../../ui/error-note.tsx'
import { Select, TextField } from '../../ui/field.tsx'
import { useToasts } from '../../ui/toasts.tsx'

const STALE = ['listConversations', 'getConversation'] as const
const DAYS = [7, 30, 365]

interface ShareDialogProps {
  readonly conversation: Pick<Reply<'getConversation'>['conversation'], 'id' | 'link'>
  readonly onClose: () => void
}

/** Makes the link of a conversation, shows it once, and takes it back. */
export function ShareDialog({ conversation: { id, link }, onClose }: ShareDialogProps) {
  const [days, setDays] = useState('')
  const make = useSend('linkConversation', STALE)
  const take = useSend('unlinkConversation', STALE)
  const toasts = useToasts()
  const parameters = { conversation: id }
  const made = make.data

  return (
    <Dialog open title={CHAT.shareTitle} onClose={onClose}>
      <div className="grid gap-4 text-sm">
        <p>{CHAT.shareHint}</p>
        {made !== undefined && (
          <div role="status" className="grid gap-2 rounded-lg border border-good bg-good-soft p-3">
            <p>{CHAT.shareOnce}</p>
            <TextField label={CHAT.shareLink} readOnly value={addressOf(made)} onFocus={(event) => event.target.select()} className="font-mono" />
            <div>
              <CopyButton text={addressOf(made)} />
            </div>
          </div>
        )}
        {link !== null && (
          <p className="text-soft">
            {CHAT.shareExists(dateTime(link.created_at))} {link.expires_at !== null && CHAT.shareUntil(dateTime(link.expires_at))}
          </p>
        )}
        {made === undefined && (
          <Select
            label={CHAT.shareLasts}
            value={days}
            onChange={(event) => setDays(event.target.value)}
            {...(link === null ? {} : { hint: CHAT.shareAnewHint })}
          >
            <option value="">{CHAT.shareUntilTaken}</option>
            {DAYS.map((one) => (
              <option key={one} value={one}>
                {CHAT.shareDays(one)}
              </option>
            ))}
          </Select>
        )}
        {(make.error ?? take.error) !== null && <ErrorNote fault={make.error ?? take.error} />}
        <div className="flex flex-wrap justify-end gap-2">
          {(link !== null || made !== undefined) && (
            <Button
              look="danger"
              busy={take.isPending}
              onClick={() =>
                take.mutate(
                  { parameters },
                  {
                    onSuccess: () => {
                      make.reset()
                      toasts.say(CHAT.shareTaken)
                      onClose()
                    },
                  },
                )
              }
            >
              {CHAT.shareTakeBack}
            </Button>
          )}
          {made === undefined && (
            <Button
              look="primary"
              icon="link"
              busy={make.isPending}
              onClick={() => make.mutate({ parameters, body: days === '' ? {} : { expires_in_days: Number(days) } })}
            >
              {link === null ? CHAT.shareMake : CHAT.shareAnew}
            </Button>
          )}
        </div>
      </div>
    </Dialog>
  )
}

/** The page that shows it, at the server's own address. */
function addressOf({ link, token }: Reply<'linkConversation'>): string {
  return `${new URL(PAGES.shared, link).href}#${token}`
}
