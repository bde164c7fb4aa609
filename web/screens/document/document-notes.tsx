import { DOCUMENT } from '../../strings/document.ts'
import { DOCUMENTS } from '../../strings/documents.ts'
import { Icon } from '../../ui/icon.tsx'
import { type DocumentRow, isAnswering, isUnderWay } from '../documents/document-row.ts'

/** Why it failed and what to do, that an older revision answers, and what was odd in reading it. */
export function DocumentNotes({ document }: { readonly document: DocumentRow }) {
  const { error, warnings, live_revision: live } = document
  return (
    <>
      {error !== null && (
        <div className="flex items-start gap-3 rounded-lg border border-bad bg-bad-soft p-3 text-sm">
          <Icon name="warning" className="mt-0.5 size-5 text-bad" />
          <div>
            <p className="font-semibold">{isAnswering(document) ? DOCUMENTS.newerFailed : DOCUMENT.failedTitle}</p>
            <p>{error.message}</p>
            <p className="mt-0.5">
              <span className="font-medium">{DOCUMENT.hintLabel}</span> {error.hint}
            </p>
          </div>
        </div>
      )}
      {isUnderWay(document) && (
        <p role="status" className="rounded-lg border border-line bg-accent-soft p-3 text-sm">
          {live === null ? DOCUMENT.stillReading : DOCUMENT.answering(live)}
        </p>
      )}
      {warnings.length > 0 && (
        <div className="rounded-lg border border-line bg-warn-soft p-3 text-sm">
          <h3 className="font-semibold text-warn">{DOCUMENT.warnings}</h3>
          <ul className="mt-1 list-disc pl-5">
            {warnings.map((warning) => (
              <li key={warning}>{warning}</li>
            ))}
          </ul>
        </div>
      )}
    </>
  )
}
