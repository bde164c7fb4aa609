import { type FormEvent, useState } from 'react'
import { useCall, useSend } from '../../lib/api.ts'
import { useMe } from '../../lib/session.ts'
import { ACCESS } from '../../strings/access.ts'
import { UI } from '../../strings/ui.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { ErrorNote } from '../../ui/error-note.tsx'
import { Select, TextArea, TextField } from '../../ui/field.tsx'
import { Icon } from '../../ui/icon.tsx'
import { useToasts } from '../../ui/toasts.tsx'
import type { Database } from '../databases/database-context.ts'
import { linesOf, wrongOrigin } from './made-key.ts'
import type { Publication } from './publication-row.tsx'

const WORDS = ACCESS.chats
const FORM = WORDS.form
const DEFAULT_KEEP_DAYS = 30

interface PublicationFormProps {
  readonly database: Database
  /** The one that is edited; undefined for a new one. */
  readonly of: Publication | undefined
  readonly onClose: () => void
}

/** A new published chat, or a change of one, which holds at once. */
export function PublicationForm({ database, of, onClose }: PublicationFormProps) {
  const isOwner = useMe().account.role === 'owner'
  const [title, setTitle] = useState(of?.title ?? database.name)
  const [greeting, setGreeting] = useState(of?.greeting ?? '')
  const [sources, setSources] = useState<Publication['sources']>(of?.sources ?? 'quotes')
  const [origins, setOrigins] = useState(of?.origins.join('\n') ?? '')
  const [keepDays, setKeepDays] = useState(String(of?.keep_days ?? DEFAULT_KEEP_DAYS))
  const [until, setUntil] = useState(of?.expires_at === null || of === undefined ? '' : localDay(new Date(of.expires_at)))
  const [plan, setPlan] = useState(of?.plan_id ?? '')
  const [tried, setTried] = useState(false)
  const plans = useCall('listPlans', {}, { enabled: isOwner })
  const create = useSend('createPublication', ['listPublications'])
  const update = useSend('updatePublication', ['listPublications'])
  const toasts = useToasts()
  const wrong = wrongOrigin(origins)
  const areDays = /^\d{1,3}$/.test(keepDays.trim()) && Number(keepDays) >= 1 && Number(keepDays) <= 365
  const isDay = until === '' || until >= localDay(new Date())
  const fault = create.error ?? update.error

  function submit(event: FormEvent) {
    event.preventDefault()
    setTried(true)
    if (title.trim() === '' || wrong !== undefined || !areDays || !isDay) return
    const common = { title: title.trim(), sources, origins: linesOf(origins), keep_days: Number(keepDays) }
    const end = until === '' ? null : endOfDay(until)
    const hello = greeting.trim() === '' ? null : greeting.trim()
    if (of === undefined) {
      const body = {
        ...common,
        databases: [database.id],
        ...(hello === null ? {} : { greeting: hello }),
        ...(end === null ? {} : { expires_at: end }),
        ...(plan === '' ? {} : { plan_id: plan }),
      }
      create.mutate({ body }, { onSuccess: () => finish(WORDS.created(title.trim())) })
    } else {
      const body = { ...common, greeting: hello, expires_at: end, ...(isOwner ? { plan_id: plan === '' ? null : plan } : {}) }
      update.mutate({ parameters: { publication: of.id }, body }, { onSuccess: () => finish(WORDS.saved) })
    }
  }
  function finish(says: string) {
    toasts.say(says)
    onClose()
  }

  return (
    <Dialog open title={of === undefined ? FORM.createTitle : FORM.editTitle} onClose={onClose}>
      <form onSubmit={submit} noValidate className="grid gap-4">
        <p className="flex items-start gap-2 rounded-lg bg-warn-soft px-3 py-2 text-sm text-warn">
          <Icon name="warning" className="mt-0.5 size-4" />
          {FORM.warning}
        </p>
        <TextField
          label={FORM.title}
          placeholder={FORM.titlePlaceholder}
          maxLength={200}
          value={title}
          onChange={(event) => setTitle(event.target.value)}
          problem={tried && title.trim() === '' ? FORM.titleProblem : undefined}
        />
        <TextArea
          label={FORM.greeting}
          hint={FORM.greetingHint}
          rows={2}
          maxLength={2000}
          value={greeting}
          onChange={(event) => setGreeting(event.target.value)}
        />
        <Select label={FORM.sources} value={sources} onChange={(event) => setSources(event.target.value as Publication['sources'])}>
          <option value="quotes">{FORM.sourcesOptions.quotes}</option>
          <option value="documents">{FORM.sourcesOptions.documents}</option>
        </Select>
        <TextArea
          label={FORM.origins}
          hint={FORM.originsHint}
          rows={2}
          spellCheck={false}
          value={origins}
          onChange={(event) => setOrigins(event.target.value)}
          problem={wrong !== undefined && tried ? FORM.originsProblem(wrong) : undefined}
        />
        <div className="grid items-start gap-4 sm:grid-cols-2">
          <TextField
            label={FORM.keepDays}
            hint={FORM.keepDaysHint}
            inputMode="numeric"
            value={keepDays}
            onChange={(event) => setKeepDays(event.target.value)}
            problem={areDays ? undefined : FORM.keepDaysProblem}
          />
          <TextField
            type="date"
            label={FORM.expires}
            hint={FORM.expiresHint}
            value={until}
            onChange={(event) => setUntil(event.target.value)}
            problem={isDay ? undefined : FORM.expiresProblem}
          />
        </div>
        {isOwner && plans.data !== undefined && (
          <Select label={FORM.plan} value={plan} onChange={(event) => setPlan(event.target.value)}>
            <option value="">{FORM.planDefault}</option>
            {plans.data.plans.map(({ id, name }) => (
              <option key={id} value={id}>
                {name}
              </option>
            ))}
          </Select>
        )}
        {fault !== null && <ErrorNote fault={fault} />}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{UI.cancel}</Button>
          <Button type="submit" look="primary" busy={create.isPending || update.isPending}>
            {of === undefined ? FORM.create : FORM.save}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}

/** A day as the box for dates holds it, in the time zone of whoever looks at it. */
function localDay(time: Date): string {
  const two = (value: number) => String(value).padStart(2, '0')
  return `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`
}

/** A chat that is open until a day is open on that day too. */
const endOfDay = (day: string): string => new Date(`${day}T23:59:59`).toISOString()
