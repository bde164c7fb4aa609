import type { ReactNode } from 'react'
import { MODELS } from '../../strings/settings.ts'
import type { AddressField, KeyField, ModelDraft, ModelProblems, ModelSettings } from './model-draft.ts'
import { ModelKeyField } from './model-key-field.tsx'

interface Props {
  readonly draft: ModelDraft
  readonly settings: ModelSettings
  readonly problems: ModelProblems
  /** What would be saved now. */
  readonly change: object
  readonly addressField: (name: AddressField, label: string, hint: string) => ReactNode
  readonly onChange: (part: Partial<ModelDraft>) => void
}

const WITH_KEYS: readonly (readonly [KeyField, AddressField])[] = [
  ['openai_api_key', 'openai_base_url'],
  ['anthropic_api_key', 'anthropic_base_url'],
  ['cohere_api_key', 'cohere_base_url'],
]

/** Keys and addresses, by provider. */
export function ModelProviders({ draft, settings, problems, change, addressField, onChange }: Props) {
  return (
    <>
      {WITH_KEYS.map(([key, address]) => (
        <Provider key={key} name={MODELS.providers[key].name} hint={MODELS.providers[key].hint}>
          <ModelKeyField
            value={draft.keys[key]}
            isForgotten={draft.forgotten.has(key)}
            settings={settings[key]}
            problem={problems[key]}
            isAddressNew={address in change}
            onChange={(value, isForgotten) => {
              const others = [...draft.forgotten].filter((one) => one !== key)
              onChange({ keys: { ...draft.keys, [key]: value }, forgotten: new Set(isForgotten ? [...others, key] : others) })
            }}
          />
          {addressField(address, MODELS.address, MODELS.providers[key].addressHint)}
        </Provider>
      ))}
      <Provider name={MODELS.ollama} hint={MODELS.ollamaHint}>
        {addressField('ollama_url', MODELS.address, MODELS.ollamaUrlHint)}
      </Provider>
      <Provider name={MODELS.aws} hint={MODELS.awsHint}>
        <p className="text-sm md:col-span-2">{settings.aws_region === null ? MODELS.awsNoRegion : MODELS.awsRegion(settings.aws_region)}</p>
      </Provider>
    </>
  )
}

function Provider({ name, hint, children }: { readonly name: string; readonly hint: string; readonly children: ReactNode }) {
  return (
    <fieldset className="grid gap-3 border-t border-line pt-5">
      <legend className="sr-only">{name}</legend>
      <div>
        <p aria-hidden="true" className="text-sm font-semibold">
          {name}
        </p>
        <p className="text-xs text-soft">{hint}</p>
      </div>
      <div className="grid gap-5 md:grid-cols-2">{children}</div>
    </fieldset>
  )
}
