import { useCall } from '../../lib/api.ts'
import { PLAYGROUND } from '../../strings/playground.ts'
import { Button } from '../../ui/button.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { Skeleton } from '../../ui/skeleton.tsx'

const EXAMPLES = 4

/** Before the first search: what this is for, and questions that the documents are known to answer. */
export function Start({ database, onChoose }: { readonly database: string; readonly onChoose: (question: string) => void }) {
  const { data, isPending } = useCall('suggestions', { parameters: { database }, query: { n: EXAMPLES } }, { staleTime: 300_000 })
  const questions = data?.suggestions ?? []
  return (
    <EmptyState
      icon="search"
      title={PLAYGROUND.startTitle}
      action={
        <div className="min-h-10 w-full max-w-prose">
          {isPending && <Skeleton className="mx-auto h-10 w-64" />}
          {questions.length > 0 && (
            <>
              <p className="mb-2 text-xs text-soft">{PLAYGROUND.examples}</p>
              <ul className="flex flex-wrap justify-center gap-2">
                {questions.map((question) => (
                  <li key={question}>
                    <Button small className="text-left" onClick={() => onChoose(question)}>
                      {question}
                    </Button>
                  </li>
                ))}
              </ul>
            </>
          )}
        </div>
      }
    >
      {PLAYGROUND.startText}
    </EmptyState>
  )
}
