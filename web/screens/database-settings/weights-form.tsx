import { useRef, useState } from 'react'
import { useSend } from '../../lib/api.ts'
import { percent } from '../../lib/format.ts'
import { PAGES } from '../../lib/pages.ts'
import { DATABASE_SETTINGS } from '../../strings/database-settings.ts'
import { Button, ButtonLink } from '../../ui/button.tsx'
import { Card } from '../../ui/card.tsx'
import { ErrorNote } from '../../ui/error-note.tsx'
import { RangeField } from '../../ui/range-field.tsx'
import { useToasts } from '../../ui/toasts.tsx'
import type { Database } from '../databases/database-context.ts'

const WORDS = DATABASE_SETTINGS.weights
const STEPS = 20

/** How the two searches are mixed; only where there are two. */
export function WeightsForm({ database }: { readonly database: Database }) {
  const { dense, lexical } = database.weights
  const now = dense + lexical === 0 ? STEPS / 2 : Math.round((dense / (dense + lexical)) * STEPS)
  const [chosen, setChosen] = useState<number>()
  const step = chosen ?? now
  const slider = useRef<HTMLInputElement>(null)
  const update = useSend('updateDatabase', ['getDatabase', 'listDatabases', 'query'])
  const toasts = useToasts()
  const share = step / STEPS
  const set = (value: number) => ({ parameters: { database: database.id }, body: { weights: { dense: value / STEPS, lexical: (STEPS - value) / STEPS } } })
  if (database.mode === 'lexical') {
    return (
      <Card title={WORDS.title}>
        <p className="text-sm text-soft">{WORDS.lexical}</p>
      </Card>
    )
  }
  function save() {
    const back = { parameters: { database: database.id }, body: { weights: database.weights } }
    update.mutate(set(step), {
      onSuccess: () => {
        setChosen(undefined)
        slider.current?.focus()
        toasts.say(DATABASE_SETTINGS.general.saved, () => update.mutate(back))
      },
    })
  }
  return (
    <Card title={WORDS.title} hint={WORDS.hint}>
      <div className="grid max-w-2xl gap-4">
        <div>
          <RangeField
            ref={slider}
            label={WORDS.label}
            min={0}
            max={STEPS}
            value={step}
            shown={WORDS.shown(percent(share), percent(1 - share))}
            onValue={setChosen}
          />
          <div aria-hidden="true" className="flex justify-between text-xs text-soft">
            <span>{WORDS.wordsOnly}</span>
            <span>{WORDS.meaningOnly}</span>
          </div>
        </div>
        {update.error !== null && <ErrorNote fault={update.error} />}
        <div className="flex flex-wrap gap-2">
          <Button look="primary" busy={update.isPending} disabled={step === now} onClick={save}>
            {WORDS.save}
          </Button>
          <ButtonLink look="quiet" icon="search" href={`${PAGES.playground(database.id)}?dense=${share}`}>
            {WORDS.try}
          </ButtonLink>
        </div>
      </div>
    </Card>
  )
}
