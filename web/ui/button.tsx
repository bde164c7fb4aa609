import Link from 'next/link'
import type { ComponentProps, ReactNode } from 'react'
import { classNames } from './class-names.ts'
import { Icon, type IconName } from './icon.tsx'
import { Spinner } from './spinner.tsx'

export type ButtonLook = 'primary' | 'plain' | 'quiet' | 'danger'

const LOOKS: Readonly<Record<ButtonLook, string>> = {
  primary: 'bg-accent text-on-accent hover:bg-accent-strong border border-transparent',
  plain: 'bg-surface text-ink border border-line-strong hover:bg-sunken',
  quiet: 'text-ink hover:bg-sunken border border-transparent',
  danger: 'bg-surface text-bad border border-bad hover:bg-bad-soft',
}
const SHAPE =
  'inline-flex items-center justify-center gap-2 rounded-lg py-1.5 font-medium wrap-normal select-none disabled:opacity-60 disabled:cursor-not-allowed aria-disabled:opacity-60'

interface Common {
  readonly look?: ButtonLook
  readonly icon?: IconName
  readonly small?: boolean
  readonly children: ReactNode
}

interface ButtonProps extends Common, Omit<ComponentProps<'button'>, 'children'> {
  /** Shows that it works and takes no second press; the words stay, so that nothing jumps. */
  readonly busy?: boolean
}

const classOf = (look: ButtonLook, small: boolean, extra: string | undefined) =>
  classNames(SHAPE, LOOKS[look], small ? 'min-h-8 px-2.5 text-[13px]' : 'min-h-10 px-3.5 text-sm', extra)

export function Button({ look = 'plain', icon, small = false, busy = false, children, className, type = 'button', onClick, ...rest }: ButtonProps) {
  return (
    <button
      type={type}
      className={classOf(look, small, className)}
      aria-busy={busy || undefined}
      // Not "disabled": that would take the focus away from whoever has just pressed it.
      aria-disabled={busy || undefined}
      onClick={busy ? (event) => event.preventDefault() : onClick}
      {...rest}
    >
      {busy ? <Spinner className="size-4" /> : icon !== undefined && <Icon name={icon} className="size-4" />}
      {children}
    </button>
  )
}

export function ButtonLink({ look = 'plain', icon, small = false, children, className, ...rest }: Common & Omit<ComponentProps<typeof Link>, 'children'>) {
  return (
    <Link className={classOf(look, small, className)} {...rest}>
      {icon !== undefined && <Icon name={icon} className="size-4" />}
      {children}
    </Link>
  )
}

interface IconButtonProps extends Omit<ComponentProps<'button'>, 'children'> {
  readonly icon: IconName
  /** What it does, for those who do not see the picture; shown as a tooltip too. */
  readonly label: string
}

export function IconButton({ icon, label, className, type = 'button', ...rest }: IconButtonProps) {
  return (
    <button
      type={type}
      aria-label={label}
      title={label}
      className={classNames(
        'inline-flex size-9 shrink-0 items-center justify-center rounded-lg text-soft hover:bg-sunken hover:text-ink disabled:opacity-50 aria-pressed:bg-accent-soft aria-pressed:text-accent',
        className,
      )}
      {...rest}
    >
      <Icon name={icon} className="size-4.5" />
    </button>
  )
}
