'use client'
import type { Reply } from 'quarry-engine/client'
import { useSend } from '../../lib/api.ts'
import { duration, number } from '../../lib/format.ts'
import { MODELS } from '../../strings/settings.ts'
import { Badge } from '../../ui/badge.tsx'
import { Button } from '../../ui/button.tsx'
import { Card } from '../../ui/card.tsx'
import { ErrorNote } from '../../ui/error-note.tsx'

type Test = Reply<'testModelSettings'>['chat']

export function ModelTestCard({ isDirty }: { readonly isDirty: boolean }) {
  const test = useSend('testModelSettings', ['serverParts'])
  return (
    <Card
      title={MODELS.testTitle}
      hint={isDirty ? MODELS.testDirty : MODELS.testHint}
      actions={
        <Button icon="refresh" busy={test.isPending} disabled={isDirty} onClick={() => test.mutate({})}>
          {MODELS.test}
        </Button>
      }
    >
      <div aria-live="polite">
        {test.error !== null && <ErrorNote fault={test.error} />}
        {test.data !== undefined && !test.isPending && (
          <ul className="divide-y divide-line text-sm">
            <Outcome label={MODELS.testChat} test={test.data.chat} />
            <Outcome label={MODELS.testFallback} test={test.data.fallback} />
            <Outcome label={MODELS.testReranker} test={test.data.reranker} />
            <Outcome label={MODELS.testEmbedder} test={test.data.embedder} />
          </ul>
        )}
      </div>
    </Card>
  )
}

function Outcome({ label, test: { model, state, ms, dimensions, error } }: { readonly label: string; readonly test: Test }) {
  return (
    <li className="grid gap-x-4 gap-y-1 py-2.5 sm:grid-cols-[14rem_minmax(0,1fr)]">
      <p className="font-medium">
        {label}
        {model !== null && <span className="block font-mono text-xs font-normal text-soft">{model}</span>}
      </p>
      <div className="grid justify-items-start gap-1">
        {state === 'ok' && ms !== null && <Badge tone="good">{MODELS.testOk(duration(ms / 1000))}</Badge>}
        {state === 'ok' && dimensions !== null && <p className="text-soft">{MODELS.testDimensions(number(dimensions))}</p>}
        {state === 'none' && <p className="text-soft">{MODELS.testNone}</p>}
        {state === 'failed' && <Badge tone="bad">{MODELS.testFailed}</Badge>}
        {error !== null && (
          <>
            <p>{error.message}</p>
            <p className="text-soft">{error.hint}</p>
          </>
        )}
      </div>
    </li>
  )
}
