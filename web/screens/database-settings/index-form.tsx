import { type FormEvent, useEffect, useRef, useState } from 'react'
import { useCall, useSend } from '../../lib/api.ts'
import { DATABASE_SETTINGS } from '../../strings/database-settings.ts'
import { Button } from '../../ui/button.tsx'
import { Card } from '../../ui/card.tsx'
import { ErrorNote } from '../../ui/error-note.tsx'
import { Checkbox, Select, TextField } from '../../ui/field.tsx'
import { Skeleton } from '../../ui/skeleton.tsx'
import { useToasts } from '../../ui/toasts.tsx'
import type { Database } from '../databases/database-context.ts'
import { Estimate } from './estimate.tsx'
import { type Change, changeOf, draftOf, type IndexDraft, isProvider, NO_MODEL, problemsOf, providerOf } from './index-draft.ts'

const WORDS = DATABASE_SETTINGS.index
/** Typing a number asks for an estimate once, not for each digit. */
const TYPING_MS = 400

/** Embedder and chunking: shows what a change takes before it is begun. */
export function IndexForm({ database, isBusy }: { readonly database: Database; readonly isBusy: boolean }) {
  const models = useCall('listModels', {}, { staleTime: 60_000 })
  return (
    <Card title={WORDS.title} hint={WORDS.hint}>
      {models.error !== null && models.data === undefined && <ErrorNote title={WORDS.gone} fault={models.error} onRetry={() => void models.refetch()} />}
      {models.isPending && <Skeleton className="h-44" />}
      {models.data !== undefined && <Fields key={database.live_version_id} database={database} models={models.data.models} isBusy={isBusy} />}
    </Card>
  )
}

interface FieldsProps {
  readonly database: Database
  readonly models: Parameters<typeof draftOf>[1]
  readonly isBusy: boolean
}

function Fields({ database, models, isBusy }: FieldsProps) {
  const start = draftOf(database.settings, models)
  const [draft, setDraft] = useState(start)
  const [switchesAtOnce, setSwitchesAtOnce] = useState(false)
  const build = useSend('startRebuild', ['listVersions', 'databaseStatus'])
  const toasts = useToasts()
  const first = useRef<HTMLSelectElement>(null)
  const problems = problemsOf(draft)
  const change = changeOf(draft, database.settings)
  const settled = useSettled(change)
  const isChanged = Object.keys(start).some((key) => start[key as keyof IndexDraft] !== draft[key as keyof IndexDraft])
  const set = (part: Partial<IndexDraft>) => setDraft({ ...draft, ...part })

  function submit(event: FormEvent) {
    event.preventDefault()
    if (change === undefined || isBusy) return
    const body = { ...change, switch: switchesAtOnce ? ('when-built' as const) : ('by-hand' as const) }
    build.mutate(
      { parameters: { database: database.id }, body },
      {
        onSuccess: ({ version }) => {
          toasts.say(WORDS.started(version.ordinal))
          setDraft(start)
          first.current?.focus()
        },
      },
    )
  }

  return (
    <form onSubmit={submit} className="grid gap-x-8 gap-y-5 lg:grid-cols-2">
      <div className="grid content-start gap-4">
        <Select
          ref={first}
          label={WORDS.model}
          hint={noteOf(models, draft.choice) ?? WORDS.modelHint}
          value={draft.choice}
          onChange={(event) => set({ choice: event.target.value, name: '' })}
        >
          <ModelOptions models={models} current={start.choice} />
        </Select>
        {isProvider(draft.choice) && (
          <TextField
            label={WORDS.modelName}
            hint={WORDS.modelNameHint(providerName(draft.choice))}
            autoComplete="off"
            spellCheck={false}
            maxLength={180}
            value={draft.name}
            onChange={(event) => set({ name: event.target.value })}
            problem={problems.name && draft.name !== '' ? WORDS.modelNameProblem : undefined}
          />
        )}
        <div className="grid grid-cols-2 items-start gap-4">
          <TextField
            type="number"
            label={WORDS.chunkSize}
            hint={WORDS.chunkSizeHint}
            min={32}
            max={8192}
            value={draft.chunkSize}
            onChange={(event) => set({ chunkSize: event.target.value })}
            problem={problems.chunkSize ? WORDS.sizeProblem : undefined}
          />
          <TextField
            type="number"
            label={WORDS.overlap}
            hint={WORDS.overlapHint}
            min={0}
            max={4096}
            value={draft.overlap}
            onChange={(event) => set({ overlap: event.target.value })}
            problem={problems.overlap ? WORDS.overlapProblem : undefined}
          />
        </div>
        <Checkbox
          label={WORDS.switchAtOnce}
          hint={WORDS.switchAtOnceHint}
          checked={switchesAtOnce}
          onChange={(event) => setSwitchesAtOnce(event.target.checked)}
        />
      </div>
      <Estimate database={database.id} change={settled} isTyping={settled !== change} isUnchanged={!isChanged} />
      <div className="grid gap-3 lg:col-span-2">
        {build.error !== null && <ErrorNote fault={build.error} />}
        {isBusy && <p className="text-sm text-soft">{WORDS.busy}</p>}
        <div className="flex flex-wrap gap-2">
          <Button type="submit" look="primary" busy={build.isPending} disabled={change === undefined || isBusy}>
            {WORDS.build}
          </Button>
          {isChanged && (
            <Button look="quiet" onClick={() => setDraft(start)}>
              {WORDS.reset}
            </Button>
          )}
        </div>
      </div>
    </form>
  )
}

function ModelOptions({ models, current }: { readonly models: FieldsProps['models']; readonly current: string }) {
  const isKnown = current === NO_MODEL || models.some(({ name }) => name === current)
  return (
    <>
      <option value={NO_MODEL}>{WORDS.none}</option>
      {!isKnown && <option value={current}>{current}</option>}
      {models.map(({ name, ready }) => (
        <option key={name} value={name}>
          {isProvider(name) ? WORDS.modelOf(providerName(name)) : ready ? name : WORDS.notInstalled(name)}
        </option>
      ))}
    </>
  )
}

/** What the server says of a model, such as its languages and its size. */
const noteOf = (models: FieldsProps['models'], choice: string): string | undefined => {
  const note = models.find(({ name }) => name === choice)?.note
  return note === undefined || note === '' ? undefined : `${note.charAt(0).toUpperCase()}${note.slice(1)}.`
}
const providerName = (choice: string): string => WORDS.providers[providerOf(choice)] ?? providerOf(choice)

/** A change once nobody has typed for a moment. */
function useSettled(change: Change | undefined): Change | undefined {
  const text = JSON.stringify(change)
  const [settled, setSettled] = useState(text)
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), TYPING_MS)
    return () => clearTimeout(timer)
  }, [text])
  return settled === text ? change : settled === undefined ? undefined : (JSON.parse(settled) as Change)
}
