import type { Reply } from 'quarry-engine/client'
import { useId } from 'react'
import { PAGES } from '../../lib/pages.ts'
import { NEW_DATABASE } from '../../strings/new-database.ts'
import { Badge } from '../../ui/badge.tsx'
import { ButtonLink } from '../../ui/button.tsx'
import { modelNote } from './model-note.ts'

type Models = Reply<'listModels'>
export const NO_MODEL = 'none'

interface ModelChoiceProps {
  readonly models: Models
  readonly value: string
  readonly onValue: (model: string) => void
}

/** Words alone, or words and one of the models that are ready; the others say why they are not. */
export function ModelChoice({ models, value, onValue }: ModelChoiceProps) {
  const group = useId()
  const ready = models.models.filter((model) => model.ready && model.name !== NO_MODEL)
  const others = models.models.filter((model) => !model.ready)
  const options = [
    { name: NO_MODEL, label: NEW_DATABASE.lexical, hint: NEW_DATABASE.lexicalHint },
    ...ready.map(({ name, where, note }) => ({ name, label: NEW_DATABASE.withModel(name), hint: `${NEW_DATABASE.where[where]} ${modelNote(note)}` })),
  ]
  return (
    <>
      <fieldset className="grid gap-2">
        <legend className="sr-only">{NEW_DATABASE.search}</legend>
        {options.map(({ name, label, hint }) => (
          <label
            key={name}
            className="flex cursor-pointer items-start gap-3 rounded-lg border border-line-strong p-3 has-checked:border-accent has-checked:bg-accent-soft has-focus-visible:outline-2 has-focus-visible:outline-offset-2 has-focus-visible:outline-accent"
          >
            <input type="radio" name={group} className="mt-0.5 size-4.5 accent-accent" checked={value === name} onChange={() => onValue(name)} />
            <span className="min-w-0 text-sm">
              <span className="flex flex-wrap items-center gap-2 font-medium">
                {label}
                {models.default_model === name && <Badge>{NEW_DATABASE.usual}</Badge>}
              </span>
              <span className="text-soft">{hint}</span>
            </span>
          </label>
        ))}
      </fieldset>
      {others.length > 0 && (
        <details className="mt-3 text-sm">
          <summary className="w-fit rounded py-1 text-soft hover:text-ink">{NEW_DATABASE.notReady(others.length)}</summary>
          <ul className="mt-2 grid gap-2">
            {others.map(({ name, note }) => (
              <li key={name}>
                <code className="font-mono text-[13px]">{name.replace(/:$/, '')}</code> <span className="text-soft">{modelNote(note)}</span>
              </li>
            ))}
          </ul>
          <div className="mt-3 flex flex-wrap items-center gap-3 text-soft">
            {NEW_DATABASE.notReadyHint}
            <ButtonLink small href={PAGES.models}>
              {NEW_DATABASE.toModels}
            </ButtonLink>
          </div>
        </details>
      )}
    </>
  )
}
