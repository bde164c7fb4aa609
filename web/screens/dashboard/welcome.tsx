'use client'
import { useRouter } from 'next/navigation'
import { useRef } from 'react'
import { useSend } from '../../lib/api.ts'
import { PAGES } from '../../lib/pages.ts'
import { DASHBOARD } from '../../strings/dashboard.ts'
import { Button } from '../../ui/button.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { ErrorNote } from '../../ui/error-note.tsx'
import { Icon } from '../../ui/icon.tsx'
import { useToasts } from '../../ui/toasts.tsx'
import { useNewDatabaseOf } from './drop-area.tsx'

const WORDS = DASHBOARD.welcome

/** What a newcomer does first: give files, or look at the sample. */
export function Welcome({ mayCreate }: { readonly mayCreate: boolean }) {
  const chooser = useRef<HTMLInputElement>(null)
  const make = useNewDatabaseOf()
  const router = useRouter()
  const toasts = useToasts()
  const sample = useSend('createSample', ['listDatabases'])
  if (!mayCreate) {
    return (
      <EmptyState icon="database" title={WORDS.viewerTitle}>
        {WORDS.viewerHint}
      </EmptyState>
    )
  }
  return (
    <section className="grid justify-items-center gap-4 rounded-xl border-2 border-dashed border-line-strong bg-surface px-5 py-12 text-center">
      <span className="rounded-full bg-accent-soft p-4 text-accent">
        <Icon name="upload" className="size-8" />
      </span>
      <h2 className="text-xl font-semibold">{WORDS.title}</h2>
      <p className="max-w-prose text-sm text-soft">{WORDS.hint}</p>
      <p className="text-base font-medium">{WORDS.drop}</p>
      <input ref={chooser} type="file" multiple hidden aria-label={WORDS.choose} onChange={(event) => make([...(event.target.files ?? [])])} />
      <Button look="primary" icon="upload" onClick={() => chooser.current?.click()}>
        {WORDS.choose}
      </Button>
      <div className="mt-2 grid justify-items-center gap-2 border-t border-line pt-5 text-sm text-soft">
        <p>{WORDS.or}</p>
        <Button
          icon="database"
          busy={sample.isPending}
          onClick={() =>
            sample.mutate(
              {},
              {
                onSuccess: ({ database }) => {
                  toasts.say(WORDS.sampleMade(database.name))
                  router.push(PAGES.database(database.id))
                },
              },
            )
          }
        >
          {WORDS.sample}
        </Button>
        <p className="text-xs">{WORDS.sampleHint}</p>
        {sample.error !== null && <ErrorNote fault={sample.error} />}
      </div>
    </section>
  )
}
