import { useId } from 'react'

interface SegmentsProps<Value extends string> {
  /** What is chosen, for those who do not see that the buttons belong together. */
  readonly label: string
  readonly value: Value
  readonly options: readonly { readonly value: Value; readonly label: string }[]
  readonly onValue: (value: Value) => void
}

/** One of a few, all to be seen at once; radio buttons for the keyboard and for screen readers. */
export function Segments<Value extends string>({ label, value, options, onValue }: SegmentsProps<Value>) {
  const name = useId()
  return (
    <fieldset className="flex w-fit max-w-full flex-wrap rounded-lg border border-line-strong bg-surface p-0.5">
      <legend className="sr-only">{label}</legend>
      {options.map((option) => (
        <label
          key={option.value}
          className="inline-flex min-h-8 cursor-pointer items-center rounded-md px-3 text-[13px] text-soft hover:text-ink has-checked:bg-accent-soft has-checked:font-medium has-checked:text-accent has-focus-visible:outline-2 has-focus-visible:outline-offset-2 has-focus-visible:outline-accent"
        >
          <input type="radio" name={name} className="sr-only" checked={option.value === value} onChange={() => onValue(option.value)} />
          {option.label}
        </label>
      ))}
    </fieldset>
  )
}
