'use client'
import { useSend } from '../../lib/api.ts'
import { dateTime } from '../../lib/format.ts'
import { PEOPLE } from '../../strings/settings.ts'
import { Button } from '../../ui/button.tsx'
import { CodeBlock } from '../../ui/code-block.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { ErrorNote } from '../../ui/error-note.tsx'
import { type User, whoIs } from './people.ts'

/** The link is made when it is asked for, so that opening the dialog by mistake makes none. */
export function ResetLinkDialog({ user, onClose }: { readonly user: User; readonly onClose: () => void }) {
  const make = useSend('makeResetLink')
  return (
    <Dialog open title={PEOPLE.resetTitle(whoIs(user))} onClose={onClose}>
      <div className="grid grid-cols-[minmax(0,1fr)] gap-4 text-sm">
        <p>{PEOPLE.resetHint}</p>
        {make.error !== null && <ErrorNote fault={make.error} />}
        <div role="status" className="grid grid-cols-[minmax(0,1fr)] gap-2">
          {make.data !== undefined && (
            <>
              <CodeBlock label={PEOPLE.resetTitle(whoIs(user))} code={make.data.link} />
              <p className="text-xs text-soft">{PEOPLE.expires(dateTime(make.data.expires_at))}</p>
            </>
          )}
        </div>
        <div className="flex justify-end">
          {make.data === undefined ? (
            <Button look="primary" icon="link" busy={make.isPending} onClick={() => make.mutate({ parameters: { user: user.id } })}>
              {PEOPLE.resetLink}
            </Button>
          ) : (
            <Button look="primary" onClick={onClose}>
              {PEOPLE.inviteDone}
            </Button>
          )}
        </div>
      </div>
    </Dialog>
  )
}
