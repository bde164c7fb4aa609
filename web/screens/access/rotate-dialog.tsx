import { useState } from 'react'
import { useSend } from '../../lib/api.ts'
import { ACCESS } from '../../strings/access.ts'
import { UI } from '../../strings/ui.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { ErrorNote } from '../../ui/error-note.tsx'
import { Select } from '../../ui/field.tsx'
import type { Key, MadeKey } from './made-key.ts'

const WORDS = ACCESS.keys

interface RotateDialogProps {
  readonly of: Key
  readonly onClose: () => void
  readonly onMade: (made: MadeKey) => void
}

/** A new secret for a key; the former one counts for a while, so that programs can be changed without a gap. */
export function RotateDialog({ of: key, onClose, onMade }: RotateDialogProps) {
  const [seconds, setSeconds] = useState<number>(WORDS.overlaps[0].seconds)
  const rotate = useSend('rotateKey', ['listKeys'])
  return (
    <Dialog open title={WORDS.rotateTitle(key.name)} onClose={onClose}>
      <div className="grid gap-4 text-sm">
        <p>{WORDS.rotateText}</p>
        <Select label={WORDS.overlap} value={seconds} onChange={(event) => setSeconds(Number(event.target.value))}>
          {WORDS.overlaps.map((one) => (
            <option key={one.seconds} value={one.seconds}>
              {one.label}
            </option>
          ))}
        </Select>
        {rotate.error !== null && <ErrorNote fault={rotate.error} />}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{UI.cancel}</Button>
          <Button
            look="primary"
            busy={rotate.isPending}
            onClick={() => rotate.mutate({ parameters: { key: key.id }, body: { overlap_seconds: seconds } }, { onSuccess: onMade })}
          >
            {WORDS.rotateAction}
          </Button>
        </div>
      </div>
    </Dialog>
  )
}
