import { memo } from 'react'
import { ANSWER, CHAT, type Verdict } from '../../../strings/chat.ts'
import { Badge, type Tone } from '../../../ui/badge.tsx'
import { Icon, type IconName } from '../../../ui/icon.tsx'
import { placeOf } from './copied-text.ts'
import type { SharedCitation } from './message.ts'

export const VERDICT_LOOKS: Readonly<Record<Verdict, { readonly tone: Tone; readonly icon: IconName }>> = {
  verified: { tone: 'good', icon: 'check' },
  weak: { tone: 'warn', icon: 'info' },
  unsupported: { tone: 'bad', icon: 'warning' },
}

export function VerdictBadge({ verdict }: { readonly verdict: Verdict }) {
  const { tone, icon } = VERDICT_LOOKS[verdict]
  return (
    <Badge tone={tone}>
      <Icon name={icon} className="size-3.5" />
      {ANSWER.verdicts[verdict]}
    </Badge>
  )
}

interface AnswerSourcesProps {
  readonly citations: readonly SharedCitation[]
  readonly openNumber: number | undefined
  readonly onCite: (number: number, from: HTMLElement) => void
}

/** What an answer rests on, one line each. */
export const AnswerSources = memo(function AnswerSources({ citations, openNumber, onCite }: AnswerSourcesProps) {
  if (citations.length === 0) return null
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-1.5">
      <h3 className="text-xs font-semibold text-soft">{CHAT.sources}</h3>
      <ol className="grid grid-cols-[minmax(0,1fr)] gap-1">
        {citations
          .toSorted((a, b) => a.number - b.number)
          .map((citation) => (
            <li key={citation.number}>
              <button
                type="button"
                aria-expanded={openNumber === citation.number}
                onClick={(event) => onCite(citation.number, event.currentTarget)}
                className="flex w-full items-center gap-2 rounded-lg border border-line bg-surface px-2.5 py-1.5 text-left text-sm hover:bg-sunken aria-expanded:border-accent"
              >
                <span className="text-xs font-semibold tabular-nums text-soft">{citation.number}</span>
                <span className="min-w-0 grow truncate" title={placeOf(citation)}>
                  {placeOf(citation)}
                </span>
                <VerdictBadge verdict={citation.verdict} />
              </button>
            </li>
          ))}
      </ol>
    </div>
  )
})
