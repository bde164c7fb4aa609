import { AppError } from 'quarry-engine/client'
import { memo, useCallback, useState } from 'react'
import { dollars } from '../../../lib/format.ts'
import { CHAT } from '../../../strings/chat.ts'
import { AnswerText } from '../../../ui/answer-text.tsx'
import { Button, IconButton } from '../../../ui/button.tsx'
import { CopyButton } from '../../../ui/copy-button.tsx'
import { ErrorNote } from '../../../ui/error-note.tsx'
import { Icon } from '../../../ui/icon.tsx'
import { Spinner } from '../../../ui/spinner.tsx'
import { useToasts } from '../../../ui/toasts.tsx'
import { AnswerFeedback } from './answer-feedback.tsx'
import { AnswerSources } from './answer-sources.tsx'
import type { AnswerItem } from './branch.ts'
import { copiedText } from './copied-text.ts'
import type { Feedback } from './message.ts'
import { NotAnswered } from './not-answered.tsx'
import type { OpenSource } from './open-source.ts'
import { VersionSwitch } from './version-switch.tsx'

interface AnswerViewProps {
  readonly item: AnswerItem
  /** Another answer is being written. */
  readonly busy: boolean
  /** Names of the databases that are asked; none where strangers are not told. */
  readonly names: readonly string[]
  readonly databases: number
  readonly open: OpenSource | undefined
  readonly onOpen: (source: OpenSource, from: HTMLElement) => void
  readonly onAgain: ((question: string, parent: string) => void) | undefined
  readonly onShow: (id: string) => void
  readonly onRate: ((id: string, feedback: Feedback) => Promise<void>) | undefined
  /** Takes it into the golden set of the database; undefined for those who may not. */
  readonly onKeepCase: ((id: string) => Promise<void>) | undefined
}

export const AnswerView = memo(function AnswerView(props: AnswerViewProps) {
  const { item, busy, names, databases, open, onOpen, onAgain, onShow, onRate, onKeepCase } = props
  const { key, id, state, text, citations, sentences, answered, question, parent, fault } = item
  const onCite = useCallback((number: number, from: HTMLElement) => onOpen({ item: key, number }, from), [onOpen, key])
  const openNumber = open?.item === key && 'number' in open ? open.number : undefined
  const again = onAgain === undefined ? undefined : () => onAgain(question, parent)
  const isOver = state === 'ended'
  const doubted = sentences.filter(({ verdict }) => verdict === 'unsupported').length
  return (
    <article aria-label={CHAT.answer} aria-busy={!isOver && busy ? true : undefined} className="grid grid-cols-[minmax(0,1fr)] gap-3">
      {text !== '' && <AnswerText text={text} citations={citations} onCite={onCite} openNumber={openNumber} sentences={sentences} />}
      {(state === 'searching' || state === 'writing') && <Working item={item} databases={databases} />}
      {state === 'stopped' && <BrokenOff told={CHAT.stopped} onAgain={again} busy={busy} />}
      {state === 'failed' && (
        <>
          {!isCut(fault) && <ErrorNote fault={fault} />}
          <BrokenOff told={isCut(fault) ? CHAT.cut : text === '' ? undefined : CHAT.failed} onAgain={again} busy={busy} />
        </>
      )}
      {isOver && (
        <>
          {answered === false && citations.length === 0 && (
            <NotAnswered nearest={item.nearest} names={names} onOpen={(at, from) => onOpen({ item: key, nearest: at }, from)} />
          )}
          <AnswerSources citations={citations} openNumber={openNumber} onCite={onCite} />
          {doubted > 0 && (
            <p className="flex items-center gap-1.5 text-xs text-bad">
              <Icon name="warning" className="size-3.5 shrink-0" />
              {CHAT.doubted(doubted)}
            </p>
          )}
          <Writer item={item} />
          <div className="flex min-h-9 flex-wrap items-center gap-1">
            <VersionSwitch id={id} versions={item.versions} disabled={busy} onShow={onShow} />
            <CopyButton text={copiedText(text, citations)} />
            {again !== undefined && <IconButton icon="refresh" label={CHAT.regenerate} disabled={busy} onClick={again} />}
            {id !== undefined && onRate !== undefined && <AnswerFeedback feedback={item.feedback} onRate={(feedback) => onRate(id, feedback)} />}
            {id !== undefined && onKeepCase !== undefined && <KeepCase key={id} onKeep={() => onKeepCase(id)} />}
          </div>
        </>
      )}
    </article>
  )
})

/** What it does until the first words come; then a mark that more is to come. */
function Working({ item, databases }: { readonly item: AnswerItem; readonly databases: number }) {
  const { state, step, passages } = item
  const told = step === undefined || step === 'retrieve' || step === 'write' ? undefined : CHAT.steps[step]
  return (
    <p className="flex items-center gap-2 text-sm text-soft">
      <Spinner className="size-4 text-accent" />
      {told ?? (state === 'searching' || passages === undefined ? CHAT.searching(databases) : CHAT.found(passages))}
    </p>
  )
}

function KeepCase({ onKeep }: { readonly onKeep: () => Promise<void> }) {
  const [isKept, setIsKept] = useState(false)
  const toasts = useToasts()
  async function keep() {
    await onKeep().then(() => {
      setIsKept(true)
      toasts.say(CHAT.keptCase)
    }, toasts.fail)
  }
  return <IconButton icon="check" label={CHAT.keepCase} aria-pressed={isKept} onClick={() => void keep()} />
}

/** Who wrote it and what it cost, where that is told. */
function Writer({ item: { writer, cost, answered } }: { readonly item: AnswerItem }) {
  if (writer === undefined || (writer === 'extractive' && answered !== true)) return null
  const parts = writer === 'extractive' ? [CHAT.extractive] : [CHAT.writtenBy(writer), ...(cost === undefined || cost === 0 ? [] : [CHAT.cost(dollars(cost))])]
  return <p className="text-xs text-soft">{parts.join(', ')}</p>
}

function BrokenOff({ told, onAgain, busy }: { readonly told: string | undefined; readonly onAgain: (() => void) | undefined; readonly busy: boolean }) {
  return (
    <div className="flex flex-wrap items-center gap-3 text-sm text-soft">
      {told !== undefined && <p>{told}</p>}
      {onAgain !== undefined && (
        <Button small icon="refresh" onClick={onAgain} disabled={busy}>
          {CHAT.askAgain}
        </Button>
      )}
    </div>
  )
}

/** No reply came, or not all of it: that is the connection's, not the server's. */
function isCut(fault: unknown): boolean {
  return fault instanceof AppError && fault.code === 'server/unreachable'
}
