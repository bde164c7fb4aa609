import Link from 'next/link'
import { useRouter } from 'next/navigation'
import { useEffect, useRef } from 'react'
import { PAGES } from '../../lib/pages.ts'
import { DOCUMENT } from '../../strings/document.ts'
import { DOCUMENTS } from '../../strings/documents.ts'
import { UI } from '../../strings/ui.ts'
import { Button } from '../../ui/button.tsx'
import { Icon } from '../../ui/icon.tsx'
import { Menu, type MenuEntry } from '../../ui/menu.tsx'
import type { DocumentRow } from '../documents/document-row.ts'
import { useRemove } from '../documents/removals.ts'
import { StateBadge } from '../documents/state-badge.tsx'
import { useDocumentActs } from '../documents/use-document-acts.ts'

interface HeadingProps {
  readonly database: string
  readonly document: DocumentRow
  readonly mayWrite: boolean
}

/** The name of the document and what can be done with it. */
export function DocumentHeading({ database, document, mayWrite }: HeadingProps) {
  const name = document.name
  const acts = useDocumentActs(database)
  const remove = useRemove()
  const router = useRouter()
  const chooser = useRef<HTMLInputElement>(null)
  useEffect(() => {
    window.document.title = `${name} · ${UI.product}`
  }, [name])
  function erase() {
    remove(database, [document.id], DOCUMENT.removed(name))
    router.push(PAGES.database(database))
  }
  const entries: MenuEntry[] = [
    { label: DOCUMENTS.replace, icon: 'upload', onSelect: () => chooser.current?.click() },
    { label: DOCUMENTS.delete, icon: 'trash', danger: true, onSelect: erase },
  ]
  return (
    <div>
      <Link href={PAGES.database(database)} className="mb-2 inline-flex min-h-6 items-center gap-1 text-sm text-soft hover:text-ink">
        <Icon name="left" className="size-4" />
        {DOCUMENT.back}
      </Link>
      <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
        <h2 className="min-w-0 text-xl font-semibold">{name}</h2>
        <StateBadge state={document.state} />
        <div className="ml-auto flex items-center gap-1.5">
          {mayWrite && document.error !== null && (
            <Button small icon="refresh" onClick={() => acts.retry(document)}>
              {DOCUMENTS.retry}
            </Button>
          )}
          <Button small icon="download" onClick={() => acts.download(document)}>
            {DOCUMENTS.download}
          </Button>
          {mayWrite && <Menu label={DOCUMENTS.actionsOf(name)} entries={entries} />}
        </div>
      </div>
      <p role="status" className="text-sm text-soft">
        {acts.sending !== undefined && DOCUMENTS.replacing(acts.sending.name, acts.sending.sent, acts.sending.size)}
      </p>
      <input
        ref={chooser}
        type="file"
        hidden
        aria-label={DOCUMENTS.replace}
        onChange={(event) => {
          const [file] = event.target.files ?? []
          if (file !== undefined) void acts.replace(document, file)
          event.target.value = ''
        }}
      />
    </div>
  )
}
