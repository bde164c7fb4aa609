import { percent } from '../lib/format.ts'

/** A share from 0 to 1; `label` says of what. */
export function Progress({
  share,
  label,
  tone = 'accent',
}: {
  readonly share: number
  readonly label: string
  readonly tone?: 'accent' | 'good' | 'bad' | 'warn'
}) {
  const value = Math.min(1, Math.max(0, share))
  const colour = { accent: 'bg-accent', good: 'bg-good', bad: 'bg-bad', warn: 'bg-warn' }[tone]
  return (
    <div
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round(value * 100)}
      aria-valuetext={percent(value)}
      className="h-1.5 w-full overflow-hidden rounded-full bg-sunken"
    >
      <div className={`h-full origin-left rounded-full transition-transform duration-300 ${colour}`} style={{ transform: `scaleX(${value})` }} />
    </div>
  )
}
