import { useLayoutEffect, useState } from 'react'
import { percent } from '../../lib/format.ts'
import { EVALUATION } from '../../strings/evaluation.ts'
import { Badge } from '../../ui/badge.tsx'
import { Checkbox, Select, TextField } from '../../ui/field.tsx'
import { RangeField } from '../../ui/range-field.tsx'
import { useDatabase } from '../databases/database-context.ts'
import { type Compared, isNamed, settingOf } from './compared.ts'

const WORDS = EVALUATION.compare
const WRITERS = ['same', 'none', 'other'] as const

interface Version {
  readonly id: string
  readonly ordinal: number
  readonly state: string
}

interface ComparisonProps {
  readonly compared: Compared
  readonly versions: readonly Version[]
  readonly isTried: boolean
  readonly disabled: boolean
  readonly onChange: (compared: Compared) => void
}

/** Seldom needed, so folded away: what is different about the setting that the questions are asked with a second time. */
export function Comparison({ compared, versions, isTried, disabled, onChange }: ComparisonProps) {
  const { mode, weights } = useDatabase()
  const { version, writer, model, dense } = compared
  const own = weights.dense + weights.lexical === 0 ? 0.5 : weights.dense / (weights.dense + weights.lexical)
  const isWrong = isTried && !isNamed(compared)
  const [isOpen, setIsOpen] = useState(false)
  // What is wrong must be seen, also when it was folded away.
  useLayoutEffect(() => {
    if (isWrong) setIsOpen(true)
  }, [isWrong])
  const set = (part: Partial<Compared>) => onChange({ ...compared, ...part })
  return (
    <details open={isOpen} onToggle={(event) => setIsOpen(event.currentTarget.open)} className="text-sm">
      <summary className="w-fit rounded py-1 text-soft hover:text-ink">
        {WORDS.title} {settingOf(compared, true) !== undefined && <Badge tone="accent">{WORDS.isOn}</Badge>}
      </summary>
      <fieldset disabled={disabled} className="mt-2 grid max-w-2xl gap-4">
        <legend className="sr-only">{WORDS.title}</legend>
        <p className="text-soft">{WORDS.hint}</p>
        <div className="grid items-start gap-3 sm:grid-cols-2">
          <Select
            label={WORDS.writer}
            hint={WORDS.writerHint}
            value={writer}
            onChange={(event) => set({ writer: WRITERS.find((one) => one === event.target.value) ?? 'same' })}
          >
            {WRITERS.map((one) => (
              <option key={one} value={one}>
                {WORDS.writers[one]}
              </option>
            ))}
          </Select>
          {writer === 'other' && (
            <TextField
              label={WORDS.model}
              hint={WORDS.modelHint}
              problem={isWrong ? WORDS.modelProblem : undefined}
              spellCheck={false}
              autoCapitalize="none"
              autoComplete="off"
              maxLength={200}
              value={model}
              onChange={(event) => set({ model: event.target.value })}
            />
          )}
        </div>
        {mode === 'hybrid' && (
          <div className="grid gap-2">
            <Checkbox
              label={WORDS.weights}
              checked={dense !== undefined}
              onChange={(event) => set({ dense: event.target.checked ? Math.round(own * 20) / 20 : undefined })}
            />
            {dense !== undefined && (
              <RangeField
                label={WORDS.dense}
                min={0}
                max={100}
                step={5}
                value={Math.round(dense * 100)}
                shown={WORDS.denseShown(percent(dense), percent(1 - dense))}
                onValue={(value) => set({ dense: value / 100 })}
              />
            )}
          </div>
        )}
        {versions.length > 0 && (
          <Select
            label={WORDS.version}
            value={version ?? ''}
            onChange={(event) => set({ version: event.target.value === '' ? undefined : event.target.value })}
          >
            <option value="">{WORDS.live}</option>
            {versions.map((one) => (
              <option key={one.id} value={one.id}>
                {WORDS.versionOf(one.ordinal, one.state)}
              </option>
            ))}
          </Select>
        )}
      </fieldset>
    </details>
  )
}

/** What was different, for whoever reads the result; undefined where nothing was. */
export function comparedWith(compared: Compared, versions: readonly Version[], answers: boolean): string | undefined {
  const { version, chat_model: model, weights } = settingOf(compared, answers) ?? {}
  const other = versions.find(({ id }) => id === version)
  const parts = [
    model === undefined ? undefined : compared.writer === 'none' ? WORDS.writers.none : model,
    weights === undefined ? undefined : WORDS.denseShown(percent(weights.dense), percent(weights.lexical)),
    other === undefined ? undefined : WORDS.versionOf(other.ordinal, other.state),
  ].filter((part) => part !== undefined)
  return parts.length === 0 ? undefined : WORDS.told(parts.join('; '))
}
