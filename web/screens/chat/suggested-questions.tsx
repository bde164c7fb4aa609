'use client'
import { useCall } from '../../lib/api.ts'
import { CHAT } from '../../strings/chat.ts'
import { SuggestionButtons } from './talk/suggestion-buttons.tsx'

/** In all: more are not read. */
const MOST = 4

/** Questions that the chosen databases answer, shared out among the first of them. */
export function SuggestedQuestions({ databases, onAsk }: { readonly databases: readonly string[] | undefined; readonly onAsk: (question: string) => void }) {
  const asked = databases?.slice(0, MOST) ?? []
  return (
    <section aria-label={CHAT.suggestions} className="grid w-full max-w-xl grid-cols-[minmax(0,1fr)] gap-2 empty:hidden">
      {databases === undefined && <SuggestionButtons questions={undefined} waitingFor={MOST} onAsk={onAsk} />}
      {asked.map((id, at) => (
        <OfOne key={id} database={id} most={Math.floor(MOST / asked.length) + (at < MOST % asked.length ? 1 : 0)} onAsk={onAsk} />
      ))}
    </section>
  )
}

/** Without them one asks all the same: a fault here is not worth a word. */
function OfOne({ database, most, onAsk }: { readonly database: string; readonly most: number; readonly onAsk: (question: string) => void }) {
  const { data, isPending } = useCall('suggestions', { parameters: { database }, query: { n: most } }, { staleTime: 300_000 })
  return <SuggestionButtons questions={data?.suggestions} waitingFor={isPending ? most : 0} onAsk={onAsk} />
}
