'use client'
import { useRef, useState } from 'react'
import { useSend } from '../../lib/api.ts'
import { DOCUMENTS } from '../../strings/documents.ts'
import { UI } from '../../strings/ui.ts'
import { Button, IconButton } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { ErrorNote } from '../../ui/error-note.tsx'
import { Select, TextArea, TextField } from '../../ui/field.tsx'
import { useToasts } from '../../ui/toasts.tsx'
import type { DocumentRow } from './document-row.ts'
import { FIELD_TYPES, type Field, type FieldProblems, type FieldType, fieldsOf, LIMITS, metadataOf, problemsOf, withType } from './metadata-form.ts'

interface DialogProps {
  readonly database: string
  readonly document: DocumentRow
  readonly onClose: () => void
}

/** The metadata of one document, field by field with its type. */
export function MetadataDialog({ database, document, onClose }: DialogProps) {
  const [fields, setFields] = useState(() => fieldsOf(document.metadata))
  const [tried, setTried] = useState(false)
  const next = useRef(fields.length)
  const form = useRef<HTMLFormElement>(null)
  const save = useSend('updateDocument', ['listDocuments', 'getDocument'])
  const toasts = useToasts()
  const problems = problemsOf(fields)
  const change = (changed: Field) => setFields((now) => now.map((field) => (field.id === changed.id ? changed : field)))

  function submit() {
    setTried(true)
    if (problems.size > 0) {
      // After the problems are drawn.
      requestAnimationFrame(() => form.current?.querySelector<HTMLElement>('[aria-invalid=true]')?.focus())
      return
    }
    save.mutate(
      { parameters: { database, document: document.id }, body: { metadata: metadataOf(fields) } },
      {
        onSuccess: () => {
          toasts.say(DOCUMENTS.saved)
          onClose()
        },
      },
    )
  }
  function remove(id: number) {
    const at = fields.findIndex((field) => field.id === id)
    setFields((now) => now.filter((field) => field.id !== id))
    // The focus stays in the list: on the field that moves up, or on the way to add one.
    requestAnimationFrame(() => {
      const boxes = form.current?.querySelectorAll<HTMLElement>('[data-name]')
      const target = boxes?.[Math.min(at, boxes.length - 1)] ?? form.current?.querySelector<HTMLElement>('[data-add]')
      target?.focus()
    })
  }
  function add() {
    const id = next.current++
    setFields((now) => [...now, { id, key: '', type: 'text', text: '' }])
    requestAnimationFrame(() => [...(form.current?.querySelectorAll<HTMLElement>('[data-name]') ?? [])].at(-1)?.focus())
  }

  return (
    <Dialog open wide title={DOCUMENTS.metadataOf(document.name)} onClose={onClose}>
      <form
        ref={form}
        noValidate
        className="grid gap-4"
        onSubmit={(event) => {
          event.preventDefault()
          submit()
        }}
      >
        <p className="text-sm text-soft">{DOCUMENTS.metadataHint}</p>
        {fields.length === 0 && <p className="text-sm">{DOCUMENTS.noFields}</p>}
        <ul className="grid gap-3">
          {fields.map((field) => (
            <li key={field.id}>
              <FieldRow field={field} problems={tried ? problems.get(field.id) : undefined} onChange={change} onRemove={() => remove(field.id)} />
            </li>
          ))}
        </ul>
        <div>
          <Button small icon="plus" data-add onClick={add} disabled={fields.length >= LIMITS.keys}>
            {DOCUMENTS.addField}
          </Button>
          {fields.length >= LIMITS.keys && <p className="mt-1 text-xs text-soft">{DOCUMENTS.problems.tooMany(LIMITS.keys)}</p>}
        </div>
        {save.error !== null && <ErrorNote fault={save.error} />}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{UI.cancel}</Button>
          <Button type="submit" look="primary" busy={save.isPending}>
            {UI.save}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}

interface RowProps {
  readonly field: Field
  readonly problems: FieldProblems | undefined
  readonly onChange: (field: Field) => void
  readonly onRemove: () => void
}

function FieldRow({ field, problems, onChange, onRemove }: RowProps) {
  return (
    <div className="grid grid-cols-[minmax(0,1fr)_auto] items-start gap-2 rounded-lg border border-line p-3 sm:grid-cols-[minmax(0,2fr)_10.5rem_minmax(0,3fr)_auto] sm:border-0 sm:p-0">
      <TextField
        label={DOCUMENTS.field}
        value={field.key}
        problem={problems?.key}
        data-name
        autoComplete="off"
        spellCheck={false}
        onChange={(event) => onChange({ ...field, key: event.target.value })}
      />
      <div className="order-last sm:order-none">
        <Select label={DOCUMENTS.fieldType} value={field.type} onChange={(event) => onChange(withType(field, event.target.value as FieldType))}>
          {FIELD_TYPES.map((type) => (
            <option key={type} value={type}>
              {DOCUMENTS.types[type]}
            </option>
          ))}
        </Select>
      </div>
      <div className="order-last col-span-2 sm:order-none sm:col-span-1">
        <ValueBox field={field} problem={problems?.value} onChange={onChange} />
      </div>
      <IconButton icon="trash" label={DOCUMENTS.removeField(field.key)} onClick={onRemove} className="sm:mt-6.5" />
    </div>
  )
}

function ValueBox({ field, problem, onChange }: { readonly field: Field; readonly problem: string | undefined; readonly onChange: (field: Field) => void }) {
  const change = (text: string) => onChange({ ...field, text })
  switch (field.type) {
    case 'boolean':
      return (
        <Select label={DOCUMENTS.value} value={field.text} onChange={(event) => change(event.target.value)}>
          <option value="true">{DOCUMENTS.yes}</option>
          <option value="false">{DOCUMENTS.no}</option>
        </Select>
      )
    case 'texts':
    case 'numbers':
      return (
        <TextArea
          label={DOCUMENTS.value}
          hint={DOCUMENTS.listHint}
          rows={3}
          value={field.text}
          problem={problem}
          onChange={(event) => change(event.target.value)}
        />
      )
    default:
      return (
        <TextField
          label={DOCUMENTS.value}
          value={field.text}
          problem={problem}
          inputMode={field.type === 'number' ? 'decimal' : 'text'}
          onChange={(event) => change(event.target.value)}
        />
      )
  }
}
