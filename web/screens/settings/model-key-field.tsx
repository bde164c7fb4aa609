import { MODELS } from '../../strings/settings.ts'
import { Badge } from '../../ui/badge.tsx'
import { Button } from '../../ui/button.tsx'
import { TextField } from '../../ui/field.tsx'
import type { ModelDraft, ModelSettings } from './model-draft.ts'

interface Props {
  readonly draft: ModelDraft
  readonly settings: ModelSettings['openai_api_key']
  readonly problem: string | undefined
  /** The address above was changed, with which a stored key is forgotten. */
  readonly isAddressNew: boolean
  readonly onChange: (part: Partial<ModelDraft>) => void
}

/** A key can be set, replaced and forgotten; only its end is ever told. */
export function ModelKeyField({ draft, settings, problem, isAddressNew, onChange }: Props) {
  const { set, last_four, fixed_by, from } = settings
  const isLost = isAddressNew && set && from === 'stored' && draft.key === '' && !draft.isKeyForgotten
  return (
    <div className="grid gap-2 border-t border-line pt-5">
      <div className="flex flex-wrap items-center gap-2 text-sm empty:-mb-2" role="status">
        {set && !draft.isKeyForgotten && <Badge tone="good">{last_four === null ? MODELS.keySetShort : MODELS.keySet(last_four)}</Badge>}
        {draft.isKeyForgotten && <Badge tone="warn">{MODELS.keyForgotten}</Badge>}
        {settings.problem !== null && <p className="text-bad">{MODELS.keyProblems[settings.problem]}</p>}
        {isLost && <p className="text-warn">{MODELS.keyLost}</p>}
      </div>
      <div className="grid items-start gap-2 md:grid-cols-[minmax(0,1fr)_auto]">
        <TextField
          label={set ? MODELS.keyNew : MODELS.key}
          type="password"
          autoComplete="off"
          spellCheck={false}
          disabled={fixed_by !== null}
          hint={fixed_by === null ? MODELS.keyHint : MODELS.fixed(fixed_by)}
          problem={problem}
          value={draft.key}
          onChange={(event) => onChange({ key: event.target.value, isKeyForgotten: false })}
        />
        {fixed_by === null && (from === 'stored' || settings.problem !== null) && (
          <Button className="md:mt-6.5" onClick={() => onChange({ isKeyForgotten: !draft.isKeyForgotten, key: '' })}>
            {draft.isKeyForgotten ? MODELS.keyKeep : MODELS.keyForget}
          </Button>
        )}
      </div>
    </div>
  )
}
