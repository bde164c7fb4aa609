import { MODELS } from '../../strings/settings.ts'
import { Badge } from '../../ui/badge.tsx'
import { Button } from '../../ui/button.tsx'
import { TextField } from '../../ui/field.tsx'
import type { ModelSettings } from './model-draft.ts'

interface Props {
  /** A new key, as it is typed. */
  readonly value: string
  readonly isForgotten: boolean
  readonly settings: ModelSettings['openai_api_key']
  readonly problem: string | undefined
  /** The address of its provider was changed, with which a stored key is forgotten. */
  readonly isAddressNew: boolean
  readonly onChange: (value: string, isForgotten: boolean) => void
}

/** A key can be set, replaced and forgotten; only its end is ever told. */
export function ModelKeyField({ value, isForgotten, settings, problem, isAddressNew, onChange }: Props) {
  const { set, last_four, fixed_by, from } = settings
  const isLost = isAddressNew && set && from === 'stored' && value === '' && !isForgotten
  return (
    <div className="grid content-start gap-2">
      <div className="flex flex-wrap items-start gap-2 sm:flex-nowrap">
        <div className="min-w-0 grow basis-full sm:basis-0">
          <TextField
            label={set ? MODELS.keyNew : MODELS.key}
            type="password"
            autoComplete="off"
            spellCheck={false}
            disabled={fixed_by !== null}
            hint={fixed_by === null ? undefined : MODELS.fixed(fixed_by)}
            problem={problem}
            value={value}
            onChange={(event) => onChange(event.target.value, false)}
          />
        </div>
        {fixed_by === null && (from === 'stored' || settings.problem !== null) && (
          <Button className="sm:mt-6.5" onClick={() => onChange('', !isForgotten)}>
            {isForgotten ? MODELS.keyKeep : MODELS.keyForget}
          </Button>
        )}
      </div>
      <div className="flex flex-wrap items-center gap-2 text-sm empty:hidden" role="status">
        {set && !isForgotten && <Badge tone="good">{last_four === null ? MODELS.keySetShort : MODELS.keySet(last_four)}</Badge>}
        {isForgotten && <Badge tone="warn">{MODELS.keyForgotten}</Badge>}
        {settings.problem !== null && <p className="text-bad">{MODELS.keyProblems[settings.problem]}</p>}
        {isLost && <p className="text-warn">{MODELS.keyLost}</p>}
      </div>
    </div>
  )
}
