'use client'
import { type FormEvent, useEffect, useId, useRef, useState } from 'react'
import { useCall, useSend } from '../../lib/api.ts'
import { MODELS, SETTINGS } from '../../strings/settings.ts'
import { Button } from '../../ui/button.tsx'
import { Card } from '../../ui/card.tsx'
import { ErrorNote } from '../../ui/error-note.tsx'
import { TextField } from '../../ui/field.tsx'
import { focusFirstInvalid } from '../../ui/focus-invalid.ts'
import { useToasts } from '../../ui/toasts.tsx'
import { changeOf, draftOf, type ModelDraft, type ModelProblems, type ModelSettings, problemsOf, type TextFieldName } from './model-draft.ts'
import { ModelProviders } from './model-providers.tsx'

export function ModelsForm({ settings, onDirty }: { readonly settings: ModelSettings; readonly onDirty: (isDirty: boolean) => void }) {
  const [draft, setDraft] = useState<ModelDraft>(() => draftOf(settings))
  const [problems, setProblems] = useState<ModelProblems>({})
  const form = useRef<HTMLFormElement>(null)
  const choices = useId()
  const toasts = useToasts()
  const known = useCall('listModels', {})
  const save = useSend('updateModelSettings', ['modelSettings', 'listModels', 'serverParts'])
  const change = changeOf(draft, settings)
  const isDirty = Object.keys(change).length > 0
  useEffect(() => onDirty(isDirty), [isDirty, onDirty])

  const set = (part: Partial<ModelDraft>) => setDraft((now) => ({ ...now, ...part }))
  function submit(event: FormEvent) {
    event.preventDefault()
    const found = problemsOf(draft)
    setProblems(found)
    if (Object.keys(found).length > 0) {
      focusFirstInvalid(form.current)
      return
    }
    if (!isDirty) return
    save.mutate(
      { body: change },
      {
        onSuccess: (saved) => {
          setDraft(draftOf(saved))
          toasts.say(SETTINGS.saved)
        },
      },
    )
  }

  const field = (name: TextFieldName, label: string, hint: string, list?: string) => {
    const { fixed_by, value } = settings[name]
    return (
      <TextField
        label={label}
        hint={fixed_by === null ? hint : MODELS.fixed(fixed_by)}
        problem={problems[name]}
        disabled={fixed_by !== null}
        spellCheck={false}
        autoCapitalize="none"
        autoComplete="off"
        placeholder={value ?? undefined}
        value={draft.texts[name]}
        list={list}
        onChange={(event) => set({ texts: { ...draft.texts, [name]: event.target.value } })}
      />
    )
  }
  return (
    <Card title={MODELS.chosen} hint={MODELS.chosenHint}>
      <form ref={form} noValidate onSubmit={submit} className="grid gap-5">
        <div className="grid gap-5 md:grid-cols-2">
          {field('chat_model', MODELS.chat, MODELS.chatHint)}
          {field('chat_fallback_model', MODELS.fallback, MODELS.fallbackHint)}
          {field('embedding_model', MODELS.embedder, MODELS.embedderHint, choices)}
          {field('rerank_model', MODELS.reranker, MODELS.rerankerHint)}
        </div>
        <datalist id={choices}>
          <option value="none" />
          {known.data?.models
            .filter(({ name }) => !name.endsWith(':'))
            .map(({ name }) => (
              <option key={name} value={name} />
            ))}
        </datalist>
        <ModelProviders draft={draft} settings={settings} problems={problems} change={change} addressField={field} onChange={set} />
        {save.error !== null && <ErrorNote fault={save.error} />}
        <div className="flex flex-wrap gap-2">
          <Button type="submit" look="primary" busy={save.isPending} disabled={!isDirty}>
            {MODELS.save}
          </Button>
          {isDirty && (
            <Button
              look="quiet"
              onClick={() => {
                setDraft(draftOf(settings))
                setProblems({})
                save.reset()
                form.current?.querySelector('input')?.focus()
              }}
            >
              {MODELS.discard}
            </Button>
          )}
        </div>
      </form>
    </Card>
  )
}
