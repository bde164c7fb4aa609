import { type ComponentProps, type ReactNode, useId } from 'react'
import { classNames } from './class-names.ts'

const BOX =
  'w-full min-h-10 rounded-lg border border-line-strong bg-surface px-3 py-2 text-sm text-ink aria-[invalid=true]:border-bad disabled:opacity-60 disabled:cursor-not-allowed'

interface FieldProps {
  readonly label: string
  /** Under the box, always to be seen. */
  readonly hint?: ReactNode
  /** What is wrong with it; read out when it appears. */
  readonly problem?: string | undefined
  /** The label is there for screen readers only. */
  readonly labelHidden?: boolean
}

function Frame({ id, label, hint, problem, labelHidden = false, children }: FieldProps & { readonly id: string; readonly children: ReactNode }) {
  return (
    <div className="grid content-start gap-1.5">
      <label htmlFor={id} className={labelHidden ? 'sr-only' : 'text-sm font-medium'}>
        {label}
      </label>
      {children}
      {hint !== undefined && (
        <p id={`${id}-hint`} className="text-xs text-soft">
          {hint}
        </p>
      )}
      {problem !== undefined && (
        <p id={`${id}-problem`} role="alert" className="text-xs text-bad">
          {problem}
        </p>
      )}
    </div>
  )
}

function described(id: string, { hint, problem }: Pick<FieldProps, 'hint' | 'problem'>) {
  const ids = [hint !== undefined && `${id}-hint`, problem !== undefined && `${id}-problem`].filter((one) => one !== false)
  return { ...(ids.length === 0 ? {} : { 'aria-describedby': ids.join(' ') }), ...(problem === undefined ? {} : { 'aria-invalid': true as const }) }
}

interface TextFieldProps extends FieldProps, Omit<ComponentProps<'input'>, 'id'> {
  /** A small button at the end of the box. */
  readonly after?: ReactNode
}

export function TextField({ label, hint, problem, labelHidden, className, after, ...rest }: TextFieldProps) {
  const id = useId()
  const told = { label, hint, problem, ...(labelHidden === undefined ? {} : { labelHidden }) }
  return (
    <Frame id={id} {...told}>
      <div className="relative">
        <input id={id} className={classNames(BOX, after !== undefined && 'pr-11', className)} {...described(id, { hint, problem })} {...rest} />
        {after !== undefined && <div className="absolute inset-y-0 right-0.5 flex items-center">{after}</div>}
      </div>
    </Frame>
  )
}

export function TextArea({ label, hint, problem, labelHidden, className, ...rest }: FieldProps & Omit<ComponentProps<'textarea'>, 'id'>) {
  const id = useId()
  const told = { label, hint, problem, ...(labelHidden === undefined ? {} : { labelHidden }) }
  return (
    <Frame id={id} {...told}>
      <textarea id={id} className={classNames(BOX, 'resize-y', className)} {...described(id, { hint, problem })} {...rest} />
    </Frame>
  )
}

export function Select({ label, hint, problem, labelHidden, className, children, ...rest }: FieldProps & Omit<ComponentProps<'select'>, 'id'>) {
  const id = useId()
  const told = { label, hint, problem, ...(labelHidden === undefined ? {} : { labelHidden }) }
  return (
    <Frame id={id} {...told}>
      <select id={id} className={classNames(BOX, 'pr-8', className)} {...described(id, { hint, problem })} {...rest}>
        {children}
      </select>
    </Frame>
  )
}

export function Checkbox({ label, hint, ...rest }: { readonly label: ReactNode; readonly hint?: string } & Omit<ComponentProps<'input'>, 'id' | 'type'>) {
  const id = useId()
  return (
    <div className="flex items-start gap-2.5">
      <input
        type="checkbox"
        id={id}
        className="mt-0.5 size-4.5 accent-accent"
        {...(hint === undefined ? {} : { 'aria-describedby': `${id}-hint` })}
        {...rest}
      />
      <div>
        <label htmlFor={id} className="text-sm">
          {label}
        </label>
        {hint !== undefined && (
          <p id={`${id}-hint`} className="text-xs text-soft">
            {hint}
          </p>
        )}
      </div>
    </div>
  )
}
