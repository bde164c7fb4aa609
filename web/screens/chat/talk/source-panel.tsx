'use client'
import { Dialog, DialogPanel, DialogTitle } from '@headlessui/react'
import { type ReactNode, useEffect, useRef, useSyncExternalStore } from 'react'
import { CHAT } from '../../../strings/chat.ts'
import { IconButton } from '../../../ui/button.tsx'
import { VerdictBadge } from './answer-sources.tsx'
import { placeOf } from './copied-text.ts'
import type { OpenSource, ShownSource } from './open-source.ts'

const WIDE = '(min-width: 64rem)'

/** Wide enough for a source beside the chat. */
export function useIsWide(): boolean {
  return useSyncExternalStore(
    (changed) => {
      const query = matchMedia(WIDE)
      query.addEventListener('change', changed)
      return () => query.removeEventListener('change', changed)
    },
    () => matchMedia(WIDE).matches,
    () => false,
  )
}

interface SourcePanelProps {
  readonly source: ShownSource
  readonly isWide: boolean
  /** How it stands beside the chat. */
  readonly edge?: string
  readonly onMove: (source: OpenSource) => void
  readonly onClose: () => void
  /** The document at the passage, where it may be opened. */
  readonly children: ReactNode
}

/** A source: beside the chat in wide windows, over everything on phones. Escape closes it. */
export function SourcePanel({ source, isWide, edge = 'sticky top-8 h-[calc(100dvh-4rem)]', onMove, onClose, children }: SourcePanelProps) {
  if (!isWide) {
    return (
      <Dialog open onClose={onClose} className="relative z-50">
        <div className="fixed inset-0 bg-black/50" aria-hidden="true" />
        <DialogPanel className="fixed inset-0 flex flex-col bg-surface text-ink sm:left-auto sm:w-full sm:max-w-lg sm:border-l sm:border-line">
          <Inside source={source} onMove={onMove} onClose={onClose} heading={(title) => <DialogTitle className="text-base font-semibold">{title}</DialogTitle>}>
            {children}
          </Inside>
        </DialogPanel>
      </Dialog>
    )
  }
  return (
    <BesideChat title={titleOf(source)} edge={edge} onClose={onClose}>
      <Inside source={source} onMove={onMove} onClose={onClose} heading={(title) => <h2 className="text-base font-semibold">{title}</h2>}>
        {children}
      </Inside>
    </BesideChat>
  )
}

function BesideChat({
  title,
  edge,
  onClose,
  children,
}: {
  readonly title: string
  readonly edge: string
  readonly onClose: () => void
  readonly children: ReactNode
}) {
  const panel = useRef<HTMLElement>(null)
  const close = useRef(onClose)
  close.current = onClose
  // It was asked for: reading goes on there, and Escape leads back to the mark.
  // biome-ignore lint/correctness/useExhaustiveDependencies: another source in the same panel is a new one to read
  useEffect(() => panel.current?.focus({ preventScroll: true }), [title])
  useEffect(() => {
    const leave = (event: KeyboardEvent) => {
      if (event.key !== 'Escape' || event.defaultPrevented || document.querySelector('[role=dialog], [role=menu]') !== null) return
      event.preventDefault()
      close.current()
    }
    addEventListener('keydown', leave)
    return () => removeEventListener('keydown', leave)
  }, [])
  return (
    <aside
      ref={panel}
      tabIndex={-1}
      aria-label={title}
      className={`flex flex-col overflow-hidden rounded-xl border border-line bg-surface outline-none ${edge}`}
    >
      {children}
    </aside>
  )
}

type InsideProps = Omit<SourcePanelProps, 'isWide' | 'edge'> & { readonly heading: (title: string) => ReactNode }

function Inside({ source, onMove, onClose, heading, children }: InsideProps) {
  const { before, after, verdict, reason, quote, headingPath } = source
  const hasDocument = children !== undefined && children !== false
  return (
    <>
      <header className="flex items-start gap-1 border-b border-line p-3">
        <div className="min-w-0 grow">
          {heading(titleOf(source))}
          <p className="text-sm text-soft">{placeOf(source)}</p>
          {headingPath.length > 0 && <p className="text-xs text-soft">{headingPath.join(' › ')}</p>}
        </div>
        {(before !== undefined || after !== undefined) && (
          <>
            <IconButton
              icon="left"
              label={CHAT.earlierSource}
              aria-disabled={before === undefined}
              className="aria-disabled:opacity-40"
              onClick={() => before !== undefined && onMove(before)}
            />
            <IconButton
              icon="right"
              label={CHAT.laterSource}
              aria-disabled={after === undefined}
              className="aria-disabled:opacity-40"
              onClick={() => after !== undefined && onMove(after)}
            />
          </>
        )}
        <IconButton icon="close" label={CHAT.closeSource} onClick={onClose} />
      </header>
      <div
        className={`grid grid-cols-[minmax(0,1fr)] gap-2 overflow-y-auto p-3 text-sm ${hasDocument ? 'max-h-[35%] shrink-0 border-b border-line' : 'min-h-0'}`}
      >
        {verdict !== undefined && (
          <div className="flex flex-wrap items-center gap-2">
            <VerdictBadge verdict={verdict} />
            <span className="text-soft">{reason ?? CHAT.verdictsTold[verdict]}</span>
          </div>
        )}
        <blockquote dir="auto" className="whitespace-pre-wrap border-l-4 border-line pl-3">
          <span className="sr-only">{CHAT.quote}: </span>
          {quote}
        </blockquote>
      </div>
      {hasDocument && <div className="min-h-0 grow">{children}</div>}
    </>
  )
}

function titleOf({ number }: ShownSource): string {
  return number === undefined ? CHAT.nearPassage : CHAT.source(number)
}
