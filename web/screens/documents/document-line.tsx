import Link from 'next/link'
import { memo } from 'react'
import { bytes, number } from '../../lib/format.ts'
import { PAGES } from '../../lib/pages.ts'
import { DOCUMENTS } from '../../strings/documents.ts'
import { Icon } from '../../ui/icon.tsx'
import { TimeAgo } from '../../ui/time-ago.tsx'
import { type DocumentRow, isAnswering } from './document-row.ts'
import { formatName } from './format-name.ts'
import { StateBadge } from './state-badge.tsx'

interface LineProps {
  readonly database: string
  readonly document: DocumentRow
  /** From 0 in what is shown. */
  readonly index: number
  readonly top: number
  readonly isSelected: boolean
  readonly mayWrite: boolean
  readonly onSelect: (index: number, isSelected: boolean, withShift: boolean) => void
  readonly onMenu: (document: DocumentRow, index: number, anchor: HTMLElement) => void
}

/** Of all rows and of their heading: narrow boxes keep name and state, wide ones have a column for each fact. */
export const COLUMNS = 'grid-cols-[2.25rem_minmax(0,1fr)_2.25rem] @3xl:grid-cols-[2.25rem_minmax(0,1fr)_6.5rem_6rem_3.5rem_4rem_5rem_8.5rem_2.25rem]'
/** Pixels; every row is as high as the others, so that a list of any length needs no measuring. */
export const LINE_HEIGHT = 64

const WIDE = 'hidden @3xl:block text-sm text-soft'

/** Renders when it changes only: a scroll moves rows and draws none anew. */
export const DocumentLine = memo(function DocumentLine({ database, document, index, top, isSelected, mayWrite, onSelect, onMenu }: LineProps) {
  const name = document.name
  return (
    // biome-ignore lint/a11y/useSemanticElements: rows of a table that holds only what is seen are placed by hand
    // biome-ignore lint/a11y/useFocusableInteractive: the focus is on what is in it
    <div
      role="row"
      aria-rowindex={index + 2}
      aria-selected={mayWrite ? isSelected : undefined}
      data-index={index}
      data-document={document.id}
      className={`absolute inset-x-0 grid items-center gap-x-2 border-b border-line px-2 hover:bg-sunken ${COLUMNS} ${isSelected ? 'bg-accent-soft' : ''}`}
      style={{ top, height: LINE_HEIGHT }}
    >
      {/* biome-ignore lint/a11y/useSemanticElements: as the row */}
      <div role="cell">
        {mayWrite && (
          <label className="grid size-9 cursor-pointer place-items-center">
            <input
              type="checkbox"
              aria-label={DOCUMENTS.select(name)}
              checked={isSelected}
              onChange={(event) => onSelect(index, event.target.checked, event.nativeEvent instanceof MouseEvent && event.nativeEvent.shiftKey)}
              className="size-4.5 accent-accent"
            />
          </label>
        )}
      </div>
      {/* biome-ignore lint/a11y/useSemanticElements: as the row */}
      <div role="cell" className="min-w-0">
        <Link
          href={PAGES.document(database, document.id)}
          prefetch={false}
          title={name}
          className="inline-block max-w-full truncate align-bottom text-sm font-medium hover:underline"
        >
          {name}
        </Link>
        <p className="flex items-center gap-2 text-xs text-soft">
          <span className="@3xl:hidden">
            <StateBadge state={document.state} />
          </span>
          <Reason document={document} />
        </p>
      </div>
      <Cell className={WIDE} text={formatName(document.media_type)} title={document.media_type} />
      {/* biome-ignore lint/a11y/useSemanticElements: as the row */}
      <div role="cell" className="hidden @3xl:block">
        <StateBadge state={document.state} />
      </div>
      <Cell className={`${WIDE} text-right tabular-nums`} text={document.pages === null ? DOCUMENTS.none : number(document.pages)} />
      <Cell className={`${WIDE} text-right tabular-nums`} text={isAnswering(document) || document.chunks > 0 ? number(document.chunks) : DOCUMENTS.none} />
      <Cell className={`${WIDE} text-right tabular-nums whitespace-nowrap`} text={bytes(document.size)} />
      {/* biome-ignore lint/a11y/useSemanticElements: as the row */}
      <div role="cell" className={`${WIDE} pl-3`}>
        <TimeAgo at={document.created_at} />
      </div>
      {/* biome-ignore lint/a11y/useSemanticElements: as the row */}
      <div role="cell">
        <button
          type="button"
          aria-haspopup="menu"
          aria-expanded="false"
          aria-label={DOCUMENTS.actionsOf(name)}
          title={DOCUMENTS.actionsOf(name)}
          onClick={(event) => onMenu(document, index, event.currentTarget)}
          className="inline-flex size-9 items-center justify-center rounded-lg text-soft hover:bg-sunken hover:text-ink"
        >
          <Icon name="more" className="size-4.5" />
        </button>
      </div>
    </div>
  )
})

function Cell({ text, title, className }: { readonly text: string; readonly title?: string; readonly className: string }) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: as the row
    <div role="cell" title={title} className={`truncate ${className}`}>
      {text}
    </div>
  )
}

/** What one should know first: why it failed, that an older revision answers, what was odd; otherwise by what it is known. */
function Reason({ document }: { readonly document: DocumentRow }) {
  const { error, state, revision, warnings, name, title, external_id: externalId } = document
  if (error !== null) {
    const reason = isAnswering(document) ? `${DOCUMENTS.newerFailed} ${error.message}` : error.message
    return (
      <span className="truncate text-bad" title={`${reason} ${error.hint}`}>
        {reason}
      </span>
    )
  }
  if ((state === 'queued' || state === 'processing') && isAnswering(document)) return <span className="truncate">{DOCUMENTS.newerReading(revision)}</span>
  if (warnings.length > 0) {
    return (
      <span className="truncate text-warn" title={warnings.join('\n')}>
        {warnings.length === 1 ? warnings[0] : DOCUMENTS.warningCount(warnings.length)}
      </span>
    )
  }
  if (title !== null && title !== name) return <span className="truncate">{title}</span>
  if (externalId !== name) return <span className="truncate">{externalId}</span>
  // What wide boxes tell in columns.
  return <span className="truncate @3xl:hidden">{`${formatName(document.media_type)} · ${bytes(document.size)}`}</span>
}
