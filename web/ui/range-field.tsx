import { type ComponentProps, useId } from 'react'

interface RangeFieldProps extends Omit<ComponentProps<'input'>, 'id' | 'type' | 'value' | 'onChange'> {
  readonly label: string
  readonly value: number
  readonly onValue: (value: number) => void
  /** The value as it is read and read out, such as "70% meaning, 30% words". */
  readonly shown: string
  readonly hint?: string
}

/** A value on a line: arrows, Page up and down, Home and End move it. */
export function RangeField({ label, value, onValue, shown, hint, ...rest }: RangeFieldProps) {
  const id = useId()
  return (
    <div className="grid gap-1.5">
      <div className="flex flex-wrap items-baseline justify-between gap-x-3">
        <label htmlFor={id} className="text-sm font-medium">
          {label}
        </label>
        <output htmlFor={id} className="text-sm tabular-nums text-soft">
          {shown}
        </output>
      </div>
      <input
        id={id}
        type="range"
        className="h-6 w-full accent-accent disabled:opacity-60"
        value={value}
        aria-valuetext={shown}
        onChange={(event) => onValue(Number(event.target.value))}
        {...(hint === undefined ? {} : { 'aria-describedby': `${id}-hint` })}
        {...rest}
      />
      {hint !== undefined && (
        <p id={`${id}-hint`} className="text-xs text-soft">
          {hint}
        </p>
      )}
    </div>
  )
}
