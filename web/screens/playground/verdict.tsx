import Link from 'next/link'
import type { Reply } from 'quarry-engine/client'
import { PAGES } from '../../lib/pages.ts'
import { PLAYGROUND } from '../../strings/playground.ts'
import { Badge, type Tone } from '../../ui/badge.tsx'

const WORDS = PLAYGROUND.why
type Told = Reply<'why'>

const TONES: Readonly<Record<Told['reason'], Tone>> = {
  found: 'good',
  merged: 'good',
  failed: 'bad',
  'not-ready': 'warn',
  archive: 'neutral',
  'filtered-out': 'warn',
  'below-threshold': 'warn',
  'ranked-lower': 'warn',
  'nothing-in-common': 'neutral',
}

/** Why a document is, or is not, among the passages: in a word, in sentences, and with everything behind it. */
export function Verdict({ database, told }: { readonly database: string; readonly told: Told }) {
  const { found, missing } = told.terms
  const wasSearched = found.length + missing.length > 0
  return (
    <div className="grid gap-3 rounded-lg border border-line bg-ground p-4 text-sm">
      <div className="flex flex-wrap items-center gap-2">
        <Badge tone={TONES[told.reason]}>{WORDS.reasons[told.reason]}</Badge>
        <Link href={PAGES.document(database, told.document_id)} title={WORDS.open} className="min-w-0 rounded font-medium text-accent hover:underline">
          {told.name}
        </Link>
      </div>
      <p>{told.explanation}</p>
      {told.conditions.length > 0 && (
        <table className="w-full text-xs">
          <caption className="sr-only">{WORDS.conditions}</caption>
          <thead>
            <tr className="text-left text-soft">
              <th scope="col" className="py-1 font-medium">
                {WORDS.condition}
              </th>
              <th scope="col" className="py-1 font-medium">
                {WORDS.has}
              </th>
            </tr>
          </thead>
          <tbody>
            {told.conditions.map(({ condition, has }) => (
              <tr key={condition} className="border-t border-line align-top">
                <th scope="row" className="py-1.5 pr-3 text-left font-mono font-normal">
                  {condition}
                </th>
                <td className="py-1.5">{has.length === 0 ? WORDS.noWords : has.map(String).join(', ')}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {wasSearched && (
        <ul className="grid gap-1 text-xs text-soft">
          {told.rank !== null && <li>{WORDS.rank(told.rank)}</li>}
          {told.mode === 'hybrid' && <li>{told.dense === null ? WORDS.notAmong(WORDS.meaning, told.depth) : WORDS.best(WORDS.meaning, told.dense.rank)}</li>}
          <li>{told.lexical === null ? WORDS.notAmong(WORDS.words, told.depth) : WORDS.best(WORDS.words, told.lexical.rank)}</li>
          <li>
            {WORDS.wordsFound}: <span className="text-ink">{found.length === 0 ? WORDS.noWords : found.join(', ')}</span>
          </li>
          {missing.length > 0 && (
            <li>
              {WORDS.wordsMissing}: <span className="text-ink">{missing.join(', ')}</span>
            </li>
          )}
        </ul>
      )}
      {told.merged_into !== null && (
        <Link href={PAGES.document(database, told.merged_into.document_id)} className="w-fit rounded text-accent hover:underline">
          {WORDS.mergedInto}
        </Link>
      )}
      {told.degraded !== null && <p className="text-xs text-warn">{told.degraded}</p>}
      <p className="text-xs text-soft">{WORDS.liveOnly}</p>
    </div>
  )
}
