import type { Reply } from 'quarry-engine/client'
import type { ReactNode } from 'react'
import { number, score } from '../../lib/format.ts'
import { PLAYGROUND } from '../../strings/playground.ts'

export type Passage = Reply<'query'>['results'][number]

/** The best scores of a reply: each bar is drawn against the best of its own search. */
export interface BestScores {
  readonly lexical: number
  readonly fused: number
}

export function bestScores(passages: readonly Passage[]): BestScores {
  const best = (read: (passage: Passage) => number | undefined) => Math.max(0, ...passages.map((passage) => read(passage) ?? 0))
  return { lexical: best(({ explanation }) => explanation?.lexical?.score), fused: best(({ explanation }) => explanation?.fused) }
}

const WORDS = PLAYGROUND.scores

interface ScoresProps {
  readonly passage: Passage
  readonly rank: number
  readonly best: BestScores
  /** Whether there was a search by meaning at all. */
  readonly isHybrid: boolean
}

/** Everything that the reply tells of how a passage came to its rank. */
export function Scores({ passage, rank, best, isHybrid }: ScoresProps) {
  const { explanation } = passage
  if (explanation === null) return null
  const { dense, lexical, fused, merged, reranked } = explanation
  return (
    <div className="grid content-start gap-3 text-xs">
      <table className="w-full whitespace-nowrap tabular-nums">
        <caption className="sr-only">{WORDS.caption(rank)}</caption>
        <thead>
          <tr className="text-left text-soft">
            <th scope="col" className="pb-1 font-medium">
              {WORDS.search}
            </th>
            <th scope="col" className="pb-1 pl-2 text-right font-medium">
              {WORDS.rank}
            </th>
            <th scope="col" className="pb-1 pl-3 font-medium">
              {WORDS.score}
            </th>
          </tr>
        </thead>
        <tbody>
          {isHybrid && <ScoreRow name={WORDS.dense} hint={WORDS.denseHint} rank={dense?.rank} score={dense?.score} share={dense?.score ?? 0} />}
          <ScoreRow
            name={WORDS.lexical}
            hint={WORDS.lexicalHint}
            rank={lexical?.rank}
            score={lexical?.score}
            share={(lexical?.score ?? 0) / (best.lexical || 1)}
          />
          <ScoreRow name={WORDS.fused} hint={WORDS.fusedHint} rank={reranked === null ? rank : undefined} score={fused} share={fused / (best.fused || 1)} />
          {reranked !== null && <ScoreRow name={WORDS.reranked} hint={WORDS.rerankedHint} rank={reranked.rank} score={reranked.score} share={reranked.score} />}
        </tbody>
      </table>
      {lexical !== null && (lexical.terms.length > 0 || lexical.document !== undefined) && (
        <div>
          <p className="mb-1 text-soft">{WORDS.terms}</p>
          <ul className="flex flex-wrap gap-1">
            {lexical.terms.map(({ term, score: adds }) => (
              <Chip key={term} adds={adds}>
                {term}
              </Chip>
            ))}
            {lexical.document !== undefined && lexical.document > 0 && (
              <Chip adds={lexical.document}>
                <i>{WORDS.document}</i>
              </Chip>
            )}
          </ul>
        </div>
      )}
      {merged.length > 0 && <p className="text-soft">{WORDS.merged(merged.length)}</p>}
    </div>
  )
}

function Chip({ adds, children }: { readonly adds: number; readonly children: ReactNode }) {
  return (
    <li className="inline-flex max-w-full gap-1.5 rounded-md bg-sunken px-1.5 py-0.5">
      <span className="truncate">{children}</span>
      <span className="tabular-nums text-soft">{score(adds)}</span>
    </li>
  )
}

interface ScoreRowProps {
  readonly name: string
  readonly hint: string
  readonly rank: number | undefined
  readonly score: number | undefined
  readonly share: number
}

function ScoreRow({ name, hint, rank, score: value, share }: ScoreRowProps) {
  return (
    <tr className="align-middle">
      <th scope="row" className="py-0.5 text-left font-normal" title={hint}>
        {name}
      </th>
      {value === undefined ? (
        <td colSpan={2} className="py-0.5 pl-2 text-soft">
          {WORDS.notFound}
        </td>
      ) : (
        <>
          <td className="py-0.5 pl-2 text-right">{rank === undefined ? '' : number(rank)}</td>
          <td className="w-full py-0.5 pl-3">
            <div className="flex items-center gap-2">
              <div aria-hidden="true" className="h-1.5 min-w-8 grow overflow-hidden rounded-full bg-sunken">
                <div className="h-full origin-left rounded-full bg-accent" style={{ transform: `scaleX(${Math.min(1, Math.max(0, share))})` }} />
              </div>
              <span>{score(value)}</span>
            </div>
          </td>
        </>
      )}
    </tr>
  )
}
