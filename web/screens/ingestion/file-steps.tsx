import { INGESTION } from '../../strings/ingestion.ts'
import { Icon } from '../../ui/icon.tsx'
import type { Row } from './rows.ts'

type Name = 'read' | 'chunked' | 'embedded' | 'indexed'
const AT: Readonly<Partial<Record<Row['step'], Name>>> = { reading: 'read', chunking: 'chunked', embedding: 'embedded', indexing: 'indexed' }

/** How far one file is: what is done, what goes on, what comes. */
export function FileSteps({ row, hasVectors }: { readonly row: Row; readonly hasVectors: boolean }) {
  const names: readonly Name[] = hasVectors ? ['read', 'chunked', 'embedded', 'indexed'] : ['read', 'chunked', 'indexed']
  const at = AT[row.step]
  const now = at === undefined ? -1 : names.indexOf(at)
  const share = row.total > 0 ? Math.min(1, row.done / row.total) : 0
  return (
    <ol aria-label={INGESTION.steps.label} className="grid auto-cols-fr grid-flow-col gap-1.5">
      {names.map((name, index) => {
        const filled = index < now ? 1 : index === now ? share : 0
        return (
          <li key={name} className="min-w-0 text-xs" aria-current={index === now ? 'step' : undefined}>
            <div aria-hidden="true" className="h-1 overflow-hidden rounded-full bg-sunken">
              <div className="h-full origin-left bg-accent transition-transform duration-300" style={{ transform: `scaleX(${filled})` }} />
            </div>
            <span className={`mt-1 flex items-center gap-1 ${index === now ? 'font-medium text-accent' : 'text-soft'}`}>
              {index < now && <Icon name="check" className="size-3" />}
              {INGESTION.steps[name]}
              <span className="sr-only">{INGESTION.stepState[index < now ? 'done' : index === now ? 'now' : 'later']}</span>
            </span>
          </li>
        )
      })}
    </ol>
  )
}
