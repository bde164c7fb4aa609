import { AppError } from 'quarry-engine/client'
import { type FormEvent, useState } from 'react'
import { useSend } from '../../lib/api.ts'
import { readFilter, sentFilter } from '../../lib/filter-notation.ts'
import { ACCESS } from '../../strings/access.ts'
import { FILTER } from '../../strings/playground.ts'
import { UI } from '../../strings/ui.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { ErrorNote } from '../../ui/error-note.tsx'
import { Checkbox, Select, TextArea, TextField } from '../../ui/field.tsx'
import { BOUND_SCOPES, linesOf, type MadeKey, SCOPES, type Scope, wrongOrigin } from './made-key.ts'

const WORDS = ACCESS.keys
const FORM = WORDS.form
const DAY_MS = 86_400_000

interface KeyFormProps {
  readonly database: string
  readonly onClose: () => void
  readonly onMade: (made: MadeKey) => void
}

/** A new key for this database. */
export function KeyForm({ database, onClose, onMade }: KeyFormProps) {
  const [name, setName] = useState('')
  const [scopes, setScopes] = useState<readonly Scope[]>(['query', 'ask', 'read'])
  const [days, setDays] = useState(0)
  const [filter, setFilter] = useState('')
  const [origins, setOrigins] = useState('')
  const [perMinute, setPerMinute] = useState('')
  const [tried, setTried] = useState(false)
  const create = useSend('createKey', ['listKeys'])
  const wrong = wrongOrigin(origins)
  const isLimit = perMinute.trim() === '' || /^[1-9]\d{0,8}$/.test(perMinute.trim())
  const filterFault = filterProblem(filter)
  const isBound = filter.trim() !== ''
  const isComplete = name.trim() !== '' && scopes.length > 0 && wrong === undefined && isLimit && filterFault === undefined

  function submit(event: FormEvent) {
    event.preventDefault()
    setTried(true)
    if (!isComplete) return
    const body = {
      name: name.trim(),
      scopes: [...scopes],
      databases: [database],
      ...(isBound ? { filter: sentFilter(filter.trim()) } : {}),
      ...(linesOf(origins).length === 0 ? {} : { origins: linesOf(origins) }),
      ...(perMinute.trim() === '' ? {} : { limits: { requests_per_minute: Number(perMinute) } }),
      ...(days === 0 ? {} : { expires_at: new Date(Date.now() + days * DAY_MS).toISOString() }),
    }
    create.mutate({ body }, { onSuccess: onMade })
  }

  return (
    <Dialog open title={FORM.title} onClose={onClose}>
      <form onSubmit={submit} noValidate className="grid gap-4">
        <TextField
          label={FORM.name}
          placeholder={FORM.namePlaceholder}
          maxLength={200}
          autoComplete="off"
          value={name}
          onChange={(event) => setName(event.target.value)}
          problem={tried && name.trim() === '' ? FORM.nameProblem : undefined}
        />
        <fieldset className="grid gap-2">
          <legend className="mb-1.5 text-sm font-medium">{FORM.scopes}</legend>
          {SCOPES.map((scope) => (
            <Checkbox
              key={scope}
              label={WORDS.scopes[scope]}
              hint={WORDS.scopeHints[scope]}
              checked={scopes.includes(scope)}
              disabled={isBound && !BOUND_SCOPES.includes(scope)}
              onChange={(event) => setScopes(event.target.checked ? [...scopes, scope] : scopes.filter((one) => one !== scope))}
            />
          ))}
          {tried && scopes.length === 0 && (
            <p role="alert" className="text-xs text-bad">
              {FORM.scopesProblem}
            </p>
          )}
        </fieldset>
        <Select label={FORM.expiry} value={days} onChange={(event) => setDays(Number(event.target.value))}>
          {FORM.expiries.map((one) => (
            <option key={one.days} value={one.days}>
              {one.label}
            </option>
          ))}
        </Select>
        <details className="text-sm">
          <summary className="w-fit rounded py-1 text-soft hover:text-ink">{FORM.more}</summary>
          <div className="mt-2 grid gap-4">
            <TextArea
              label={FORM.filter}
              hint={FORM.filterHint}
              rows={2}
              spellCheck={false}
              className="font-mono text-[13px]"
              value={filter}
              onChange={(event) => {
                setFilter(event.target.value)
                if (event.target.value.trim() !== '') setScopes(scopes.filter((scope) => BOUND_SCOPES.includes(scope)))
              }}
              problem={tried ? filterFault : undefined}
            />
            <TextArea
              label={FORM.origins}
              hint={FORM.originsHint}
              rows={2}
              spellCheck={false}
              value={origins}
              onChange={(event) => setOrigins(event.target.value)}
              problem={wrong !== undefined && tried ? FORM.originsProblem(wrong) : undefined}
            />
            <TextField
              label={FORM.perMinute}
              hint={FORM.perMinuteHint}
              inputMode="numeric"
              value={perMinute}
              onChange={(event) => setPerMinute(event.target.value)}
              problem={isLimit ? undefined : FORM.perMinuteProblem}
            />
          </div>
        </details>
        {create.error !== null && <ErrorNote fault={create.error} />}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{UI.cancel}</Button>
          <Button type="submit" look="primary" busy={create.isPending}>
            {FORM.action}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}

/** The same readers as those of the server, so that a fault is told while it is written. */
function filterProblem(text: string): string | undefined {
  try {
    if (text.trim() !== '') readFilter(text.trim())
    return undefined
  } catch (fault) {
    if (!(fault instanceof AppError)) return FILTER.notJson
    const { at, expected, got } = fault.facts
    return FILTER.unreadable(String(expected), String(got), String(at))
  }
}
