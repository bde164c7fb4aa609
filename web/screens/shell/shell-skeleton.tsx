import { UI } from '../../strings/ui.ts'
import { Skeleton } from '../../ui/skeleton.tsx'

/** The shape of the app before it is known who is there: also what the export holds of every page. */
export function ShellSkeleton() {
  return (
    <div className="md:grid md:grid-cols-[14rem_1fr]">
      <div className="hidden h-dvh border-r border-line bg-surface md:block" />
      <main className="p-4 sm:p-8">
        <h1 className="sr-only">{UI.product}</h1>
        <p role="status" className="sr-only">
          {UI.loading}
        </p>
        <Skeleton className="mb-6 h-8 w-56" />
        <div className="grid gap-3">
          <Skeleton className="h-24" />
          <Skeleton className="h-24" />
          <Skeleton className="h-24" />
        </div>
      </main>
    </div>
  )
}
