import Link from 'next/link'
import { useId, useState } from 'react'
import { score } from '../../lib/format.ts'
import type { Move } from '../../lib/hit-moves.ts'
import { PAGES } from '../../lib/pages.ts'
import { PLAYGROUND } from '../../strings/playground.ts'
import { Badge } from '../../ui/badge.tsx'
import { Icon } from '../../ui/icon.tsx'
import { markedPieces } from './marked-terms.ts'
import { type BestScores, type Passage, Scores } from './scores.tsx'

const WORDS = PLAYGROUND.hit
/** Longer passages are folded: about seven lines. */
const FOLDED_LENGTH = 600

interface HitProps {
  readonly passage: Passage
  readonly rank: number
  readonly best: BestScores
  /** Where it stood in the list that this one is compared with. */
  readonly move?: Move | undefined
  readonly isHybrid: boolean
  /** Scores go below the text. */
  readonly isNarrow?: boolean
}

/** One passage: where it stands, what it says, and how it came to its rank. */
export function Hit({ passage, rank, best, move, isHybrid, isNarrow = false }: HitProps) {
  const [isOpen, setIsOpen] = useState(false)
  const title = useId()
  const { text, name, title: told, heading_path: path, pages } = passage
  const isLong = text.length > FOLDED_LENGTH
  const terms = passage.explanation?.lexical?.terms.map(({ term }) => term) ?? []
  return (
    <article aria-labelledby={title} className="rounded-xl border border-line bg-surface p-4 sm:p-5">
      <div className="flex flex-wrap items-start justify-between gap-x-3 gap-y-1">
        <h3 id={title} className="min-w-0 text-sm font-semibold">
          <span className="mr-2 text-soft tabular-nums">{rank}</span>
          <Link href={placeOf(passage)} className="rounded text-accent underline-offset-2 hover:underline">
            {told ?? name}
          </Link>
        </h3>
        <div className="flex items-center gap-2 text-xs text-soft tabular-nums">
          {move !== undefined && <MoveBadge move={move} />}
          <span title={PLAYGROUND.scores.fusedHint}>{score(passage.score)}</span>
        </div>
      </div>
      <p className="mt-0.5 flex flex-wrap items-center gap-x-1.5 text-xs text-soft">
        {told !== null && told !== name && <span>{name}</span>}
        {told !== null && told !== name && path.length + (pages === null ? 0 : 1) > 0 && <span aria-hidden="true">·</span>}
        {path.map((heading, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: headings may repeat, and their order is their place
          <span key={index} className="inline-flex items-center gap-1.5">
            {index > 0 && <Icon name="right" className="size-3" />}
            {heading}
          </span>
        ))}
        {pages !== null && path.length > 0 && <span aria-hidden="true">·</span>}
        {pages !== null && <span>{WORDS.page(pages[0], pages[1])}</span>}
      </p>
      <div className={isNarrow ? 'mt-3 grid gap-4' : 'mt-3 grid gap-x-6 gap-y-4 lg:grid-cols-[minmax(0,1fr)_17rem]'}>
        <div className="min-w-0">
          <p className={`text-sm leading-relaxed whitespace-pre-line ${isLong && !isOpen ? 'line-clamp-7' : ''}`}>
            {markedPieces(text, terms).map((piece) =>
              piece.isMarked ? (
                <mark key={piece.start} className="rounded-sm">
                  {piece.text}
                </mark>
              ) : (
                piece.text
              ),
            )}
          </p>
          <div className="mt-2 flex flex-wrap gap-x-4 gap-y-1 text-xs">
            {isLong && (
              <button type="button" aria-expanded={isOpen} className="min-h-6 rounded text-accent hover:underline" onClick={() => setIsOpen(!isOpen)}>
                {isOpen ? WORDS.showLess : WORDS.showAll}
              </button>
            )}
            <Link href={placeOf(passage)} className="inline-flex min-h-6 items-center gap-1 rounded text-accent hover:underline">
              <Icon name="file" className="size-3.5" />
              {WORDS.open}
            </Link>
          </div>
        </div>
        <Scores passage={passage} rank={rank} best={best} isHybrid={isHybrid} />
      </div>
    </article>
  )
}

/** Its place in the extracted text of its document. */
export function placeOf({ database_id, document_id, start, end }: Pick<Passage, 'database_id' | 'document_id' | 'start' | 'end'>): string {
  return `${PAGES.document(database_id, document_id)}?start=${start}&end=${end}`
}

function MoveBadge({ move: { rank, before } }: { readonly move: Move }) {
  if (before === undefined) return <Badge tone="accent">{WORDS.moved.fresh}</Badge>
  if (before === rank) return <Badge>{WORDS.moved.same}</Badge>
  return (
    <Badge tone={before > rank ? 'good' : 'warn'}>
      <Icon name={before > rank ? 'up' : 'down'} className="size-3" />
      <span title={WORDS.before(before)}>{before > rank ? WORDS.moved.up(before - rank) : WORDS.moved.down(rank - before)}</span>
    </Badge>
  )
}
