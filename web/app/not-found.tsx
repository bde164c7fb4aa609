import { PAGES } from '../lib/pages.ts'
import { SHELL } from '../strings/shell.ts'
import { ButtonLink } from '../ui/button.tsx'
import { EmptyState } from '../ui/empty-state.tsx'

export default function NotFound() {
  return (
    <main className="mx-auto max-w-xl p-6">
      <h1 className="sr-only">{SHELL.notFound}</h1>
      <EmptyState icon="search" title={SHELL.notFound} action={<ButtonLink href={PAGES.dashboard}>{SHELL.backToDashboard}</ButtonLink>}>
        {SHELL.notFoundHint}
      </EmptyState>
    </main>
  )
}
