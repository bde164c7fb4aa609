'use client'
import { useState } from 'react'
import { shortDay } from '../lib/format.ts'
import { UI } from '../strings/ui.ts'
import { axisTop, labelled } from './chart-scale.ts'

interface ChartProps {
  /** What is counted, such as "Questions". */
  readonly label: string
  /** One for each day of UTC, oldest first, without gaps. */
  readonly points: readonly { readonly day: string; readonly value: number }[]
  readonly format: (value: number) => string
}

const HEIGHT = 100
const MARKS = 4

/** Bars over days. The day under the pointer is told above them; everybody else finds the numbers in the table below. */
export function Chart({ label, points, format }: ChartProps) {
  const [at, setAt] = useState<number>()
  const most = Math.max(0, ...points.map((point) => point.value))
  const top = axisTop(most)
  const [first, last] = [points[0], points.at(-1)]
  if (first === undefined || last === undefined) return null
  const shown = at === undefined ? undefined : points[at]
  return (
    <figure>
      <figcaption className="flex flex-wrap items-baseline justify-between gap-x-3 text-xs text-soft">
        <span>{label}</span>
        <span className="tabular-nums" aria-hidden="true">
          {shown === undefined ? ' ' : `${shortDay(shown.day)}: ${format(shown.value)}`}
        </span>
      </figcaption>
      <div className="mt-3 grid grid-cols-[auto_minmax(0,1fr)] gap-x-2 text-xs text-soft">
        <div className="flex flex-col justify-between text-right tabular-nums" aria-hidden="true">
          <span className="-mt-2">{format(top)}</span>
          <span className="-mb-2">{format(0)}</span>
        </div>
        <svg
          role="img"
          aria-label={UI.chart.summary(label, shortDay(first.day), shortDay(last.day), format(most))}
          viewBox={`0 0 ${points.length} ${HEIGHT}`}
          preserveAspectRatio="none"
          shapeRendering="crispEdges"
          className="h-32 w-full border-y border-line"
          onPointerMove={(event) => {
            const box = event.currentTarget.getBoundingClientRect()
            setAt(Math.min(points.length - 1, Math.max(0, Math.floor(((event.clientX - box.left) / box.width) * points.length))))
          }}
          onPointerLeave={() => setAt(undefined)}
        >
          <line x1="0" x2={points.length} y1={HEIGHT / 2} y2={HEIGHT / 2} className="stroke-line" strokeDasharray="3 3" vectorEffect="non-scaling-stroke" />
          {at !== undefined && <rect x={at} y={0} width={1} height={HEIGHT} className="fill-sunken" />}
          {points.map(({ day, value }, index) => {
            const height = value === 0 ? 0 : Math.max(1, (value / top) * HEIGHT)
            return (
              <rect key={day} x={index + 0.1} y={HEIGHT - height} width={0.8} height={height} className={index === at ? 'fill-accent-strong' : 'fill-accent'} />
            )
          })}
        </svg>
        <div className="col-start-2 mt-1.5 flex justify-between tabular-nums" aria-hidden="true">
          {labelled(points.length, MARKS).map((index) => (
            <span key={index}>{shortDay(points[index]?.day ?? first.day)}</span>
          ))}
        </div>
      </div>
      <details className="mt-2 text-xs">
        <summary className="w-fit rounded py-1 text-soft underline hover:text-ink">{UI.chart.asTable}</summary>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
        <section className="mt-1 max-h-60 overflow-auto rounded-lg border border-line" tabIndex={0} aria-label={label}>
          <table className="w-full tabular-nums">
            <caption className="sr-only">{label}</caption>
            <thead>
              <tr className="text-left text-soft">
                <th scope="col" className="px-3 py-1.5 font-medium">
                  {UI.chart.day}
                </th>
                <th scope="col" className="px-3 py-1.5 text-right font-medium">
                  {label}
                </th>
              </tr>
            </thead>
            <tbody>
              {points.toReversed().map(({ day, value }) => (
                <tr key={day} className="border-t border-line">
                  <th scope="row" className="px-3 py-1 text-left font-normal">
                    {shortDay(day)}
                  </th>
                  <td className="px-3 py-1 text-right">{format(value)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      </details>
    </figure>
  )
}
