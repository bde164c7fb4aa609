import { ago } from '../../lib/format.ts'
import { DATABASE_SETTINGS } from '../../strings/database-settings.ts'
import { Badge, type Tone } from '../../ui/badge.tsx'
import { Button, IconButton } from '../../ui/button.tsx'
import { Progress } from '../../ui/progress.tsx'
import type { Job, Version } from './index-work.ts'

const WORDS = DATABASE_SETTINGS.versions
const TONES: Readonly<Record<Version['state'], Tone>> = { building: 'accent', built: 'warn', live: 'good', retired: 'neutral', dropped: 'neutral' }

interface VersionRowProps {
  readonly version: Version
  readonly job: Job | undefined
  /** Something is being built or switched to, so that no other switch can be begun. */
  readonly isBusy: boolean
  /** Documents that answer in the live version. */
  readonly ready: number
  readonly onCompare: () => void
  readonly onSwitch: () => void
  readonly onDrop: () => void
  readonly onCancel: () => void
}

export function VersionRow({ version, job, isBusy, ready, onCompare, onSwitch, onDrop, onCancel }: VersionRowProps) {
  const { ordinal, state, settings, documents, chunks } = version
  const isSwitching = state === 'building' && (version.built_at !== null || version.switched_at !== null)
  const canSwitch = state === 'built' || state === 'retired'
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-2 py-3 first:pt-0 last:pb-0">
      <div className="min-w-0 grow basis-72">
        <div className="flex flex-wrap items-center gap-2">
          <h3 className="text-sm font-medium">{WORDS.name(ordinal)}</h3>
          <Badge tone={TONES[state]}>{isSwitching ? WORDS.states.switching : WORDS.states[state]}</Badge>
        </div>
        <p className="mt-0.5 text-sm">{WORDS.settings(settings.model, settings.chunk_size, settings.chunk_overlap)}</p>
        <p className="text-xs text-soft">
          {WORDS.held(documents, chunks)}
          {' · '}
          {state === 'live' && version.switched_at !== null ? WORDS.since(ago(version.switched_at)) : WORDS.made(ago(version.created_at))}
          {canSwitch && documents < ready && <> · {WORDS.behind(ready - documents)}</>}
        </p>
        {state === 'building' && (
          <div className="mt-2 max-w-md" aria-live="polite">
            <Progress label={WORDS.progress(ordinal)} share={job === undefined || job.total === 0 ? 0 : job.done / job.total} />
            <p className="mt-1 text-xs text-soft tabular-nums">
              {job?.cancel_requested === true ? WORDS.cancelling : WORDS.building(job?.done ?? 0, job?.total ?? 0)}
            </p>
          </div>
        )}
      </div>
      <div className="flex flex-wrap items-center gap-2">
        {state === 'building' && job !== undefined && !job.cancel_requested && (
          <Button small icon="stop" onClick={onCancel}>
            {WORDS.cancel}
          </Button>
        )}
        {canSwitch && (
          <>
            <Button small aria-label={WORDS.compare(ordinal)} onClick={onCompare}>
              {WORDS.compareShort}
            </Button>
            <Button
              small
              look={state === 'built' ? 'primary' : 'plain'}
              {...(state === 'built' ? {} : { icon: 'history' as const })}
              aria-label={state === 'built' ? WORDS.switchTo(ordinal) : WORDS.rollBack(ordinal)}
              disabled={isBusy}
              onClick={onSwitch}
            >
              {state === 'built' ? WORDS.switchShort : WORDS.rollBackShort}
            </Button>
            <IconButton icon="trash" label={WORDS.drop(ordinal)} onClick={onDrop} />
          </>
        )}
      </div>
    </li>
  )
}
