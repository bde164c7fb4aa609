import { percent } from '../../lib/format.ts'
import { PLAYGROUND } from '../../strings/playground.ts'
import { Checkbox, Select } from '../../ui/field.tsx'
import { RangeField } from '../../ui/range-field.tsx'
import { LIVE, type SearchState } from './search-state.ts'
import type { Version } from './versions.ts'

export type Options = Pick<SearchState, 'threshold' | 'dense' | 'version' | 'against'>

interface SearchOptionsProps {
  readonly options: Options
  readonly versions: readonly Version[]
  readonly isHybrid: boolean
  readonly weights: { readonly dense: number; readonly lexical: number }
  readonly onChange: (options: Options) => void
}

/** What is seldom needed: folded away until it is, open when the address uses it. */
export function SearchOptions({ options, versions, isHybrid, weights, onChange }: SearchOptionsProps) {
  const { threshold, dense, version, against } = options
  const isUsed = [threshold, dense, version, against].some((one) => one !== undefined)
  const own = weights.dense + weights.lexical === 0 ? 0.5 : weights.dense / (weights.dense + weights.lexical)
  return (
    <details open={isUsed || undefined} className="text-sm">
      <summary className="w-fit rounded py-1 text-soft hover:text-ink">{PLAYGROUND.more}</summary>
      <div className="mt-3 grid gap-x-8 gap-y-5 md:grid-cols-2">
        <RangeField
          label={PLAYGROUND.threshold}
          min={0}
          max={100}
          value={Math.round((threshold ?? 0) * 100)}
          shown={threshold === undefined ? PLAYGROUND.thresholdNone : percent(threshold)}
          onValue={(value) => onChange({ ...options, threshold: value === 0 ? undefined : value / 100 })}
        />
        {isHybrid && (
          <div className="grid gap-2">
            <RangeField
              label={PLAYGROUND.weights}
              min={0}
              max={100}
              step={5}
              disabled={dense === undefined}
              value={Math.round((dense ?? own) * 100)}
              shown={dense === undefined ? PLAYGROUND.weightsOfDatabase : PLAYGROUND.weightsShown(percent(dense), percent(1 - dense))}
              hint={PLAYGROUND.weightsHint}
              onValue={(value) => onChange({ ...options, dense: value / 100 })}
            />
            <Checkbox
              label={PLAYGROUND.ownWeights}
              checked={dense !== undefined}
              onChange={(event) => onChange({ ...options, dense: event.target.checked ? Math.round(own * 20) / 20 : undefined })}
            />
          </div>
        )}
        {versions.length > 1 && (
          <>
            <VersionSelect
              label={PLAYGROUND.version}
              versions={versions}
              value={version ?? LIVE}
              onValue={(id) => onChange({ ...options, version: id === LIVE ? undefined : id })}
            />
            <VersionSelect
              label={PLAYGROUND.against}
              versions={versions}
              value={against}
              onValue={(id) => onChange({ ...options, against: id })}
              none={PLAYGROUND.againstNone}
            />
          </>
        )}
      </div>
    </details>
  )
}

interface VersionSelectProps {
  readonly label: string
  readonly versions: readonly Version[]
  readonly value: string | undefined
  readonly none?: string
  readonly onValue: (id: string | undefined) => void
}

function VersionSelect({ label, versions, value, none, onValue }: VersionSelectProps) {
  const isKnown = value === undefined || value === LIVE || versions.some(({ id }) => id === value)
  return (
    <Select label={label} value={value ?? ''} onChange={(event) => onValue(event.target.value === '' ? undefined : event.target.value)}>
      {none !== undefined && <option value="">{none}</option>}
      {!isKnown && <option value={value}>{PLAYGROUND.unknownVersion}</option>}
      {versions.map(({ id, state, ordinal, settings }) => (
        <option key={id} value={state === 'live' ? LIVE : id}>
          {state === 'live' ? PLAYGROUND.liveVersion(ordinal) : PLAYGROUND.otherVersion(ordinal, settings.model, settings.chunk_size)}
        </option>
      ))}
    </Select>
  )
}
