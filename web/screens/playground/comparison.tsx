import Link from 'next/link'
import type { Reply } from 'quarry-engine/client'
import type { ReactNode } from 'react'
import { goneOf } from '../../lib/hit-moves.ts'
import { PLAYGROUND } from '../../strings/playground.ts'
import { placeOf } from './hit.tsx'

type Found = Reply<'query'>

interface ComparisonProps {
  readonly first: ReactNode
  readonly second: ReactNode
  readonly before: Found | undefined
  readonly after: Found | undefined
}

/** Two searches side by side, and what the second has no more. */
export function Comparison({ first, second, before, after }: ComparisonProps) {
  const gone = before === undefined || after === undefined ? [] : goneOf(before.results, after.results)
  return (
    <div className="grid gap-x-4 gap-y-8 lg:grid-cols-2">
      <section aria-label={PLAYGROUND.compare.first} className="min-w-0">
        {first}
      </section>
      <section aria-label={PLAYGROUND.compare.second} className="min-w-0">
        {second}
        {gone.length > 0 && (
          <div className="mt-4 rounded-xl border border-dashed border-line-strong p-4 text-sm">
            <h3 className="mb-1 font-medium">{PLAYGROUND.compare.gone}</h3>
            <ul className="grid gap-1">
              {gone.map((passage) => (
                <li key={passage.chunk_id}>
                  <Link href={placeOf(passage)} className="rounded text-accent hover:underline">
                    {passage.title ?? passage.name}
                  </Link>{' '}
                  <span className="text-soft">{PLAYGROUND.compare.goneFrom((before?.results.indexOf(passage) ?? 0) + 1)}</span>
                </li>
              ))}
            </ul>
          </div>
        )}
      </section>
    </div>
  )
}
