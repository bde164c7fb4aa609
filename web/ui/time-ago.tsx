'use client'
import { ago, dateTime } from '../lib/format.ts'

/** How long ago, with the exact moment as a tooltip. */
export function TimeAgo({ at }: { readonly at: string }) {
  return (
    <time dateTime={at} title={dateTime(at)} className="whitespace-nowrap">
      {ago(at)}
    </time>
  )
}
