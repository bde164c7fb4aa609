import { Icon } from '../../../ui/icon.tsx'
import { Skeleton } from '../../../ui/skeleton.tsx'

interface SuggestionButtonsProps {
  readonly questions: readonly string[] | undefined
  /** How many are on their way. */
  readonly waitingFor: number
  readonly onAsk: (question: string) => void
}

export function SuggestionButtons({ questions, waitingFor, onAsk }: SuggestionButtonsProps) {
  // biome-ignore lint/suspicious/noArrayIndexKey: the places are all alike
  if (questions === undefined) return Array.from({ length: waitingFor }, (_, at) => <Skeleton key={at} className="h-11 w-full rounded-xl" />)
  return questions.map((question) => (
    <button
      key={question}
      type="button"
      dir="auto"
      onClick={() => onAsk(question)}
      className="flex min-h-11 w-full items-center gap-2.5 rounded-xl border border-line bg-surface px-3.5 py-2 text-left text-sm hover:border-accent hover:bg-accent-soft"
    >
      <Icon name="chat" className="size-4 text-accent" />
      <span className="min-w-0">{question}</span>
    </button>
  ))
}
