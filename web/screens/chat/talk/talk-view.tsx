'use client'
import { type ReactNode, useCallback, useEffect, useMemo, useRef } from 'react'
import { CHAT } from '../../../strings/chat.ts'
import { loadAnswerText } from '../../../ui/answer-text.tsx'
import { Button } from '../../../ui/button.tsx'
import { ErrorNote } from '../../../ui/error-note.tsx'
import { SkeletonLines } from '../../../ui/skeleton.tsx'
import { Announcer } from './announcer.tsx'
import { AnswerView } from './answer-view.tsx'
import { Composer } from './composer.tsx'
import type { Feedback } from './message.ts'
import type { OpenSource } from './open-source.ts'
import type { Loaded } from './port.ts'
import { QuestionView } from './question-view.tsx'
import { useFollow } from './use-follow.ts'
import type { Talk } from './use-talk.ts'

interface TalkViewProps {
  readonly talk: Talk<Loaded>
  readonly place: string
  /** Names of the databases that are asked; none where strangers are not told. */
  readonly names: readonly string[]
  readonly databases: number
  /** What stands there before the first question. */
  readonly welcome: ReactNode
  /** Why nothing can be sent now. */
  readonly blocked?: string | undefined
  /** Instead of the question box: why this conversation does not go on. */
  readonly closed?: ReactNode
  readonly autoFocus?: boolean
  readonly open: OpenSource | undefined
  readonly onOpen: (source: OpenSource, from: HTMLElement) => void
  /** Sides of what surrounds it, so that the question box stands at the end of the window. */
  readonly edge: string
}

/** A conversation: its questions and answers, and the box to ask in. */
export function TalkView({ talk, place, names, databases, welcome, blocked, closed, autoFocus = true, open, onOpen, edge }: TalkViewProps) {
  const log = useRef<HTMLDivElement>(null)
  const box = useRef<HTMLTextAreaElement>(null)
  const { atEnd, toEnd } = useFollow(log, talk.isLoading ? undefined : place)
  const latest = useRef(talk)
  latest.current = talk
  const isClosed = closed !== undefined
  const shownNames = useStable(names)
  useEffect(() => void loadAnswerText(), [])

  const ask = useCallback(
    (question: string, parent?: string) => {
      latest.current.ask(question, parent)
      toEnd()
      // What was pressed may be gone now.
      focusOn(box.current, log.current)
    },
    [toEnd],
  )
  const shown = useRef<string>(undefined)
  const show = useCallback((id: string) => {
    shown.current = id
    latest.current.show(id)
  }, [])
  // The versions are drawn anew with their branch: the focus stays with them.
  // biome-ignore lint/correctness/useExhaustiveDependencies: it waits until the messages are there
  useEffect(() => {
    const arrows =
      shown.current === undefined
        ? null
        : log.current?.querySelector<HTMLElement>(`[data-versions="${CSS.escape(shown.current)}"] button:not([aria-disabled=true])`)
    if (arrows === null || arrows === undefined) return
    shown.current = undefined
    arrows.focus({ preventScroll: true })
  }, [talk.items])
  const rate = useCallback((id: string, feedback: Feedback) => latest.current.rate(id, feedback), [])

  const isEmpty = talk.items.length === 0 && !talk.isLoading && talk.error === null
  return (
    <div className="flex min-w-0 grow flex-col">
      <div ref={log} tabIndex={-1} className="flex grow flex-col outline-none">
        {talk.error !== null && <ErrorNote fault={talk.error} onRetry={talk.refetch} />}
        {talk.isLoading && <SkeletonLines lines={4} className="h-16" />}
        {isEmpty && <div className="flex grow flex-col justify-center py-6">{welcome}</div>}
        <div role="log" aria-live="off" aria-label={CHAT.log} className="grid grid-cols-[minmax(0,1fr)] gap-4 pb-6 empty:hidden">
          {talk.items.map((item) =>
            item.role === 'user' ? (
              <QuestionView key={item.key} item={item} busy={talk.isRunning} onResend={isClosed ? undefined : ask} onShow={show} />
            ) : (
              <AnswerView
                key={item.key}
                item={item}
                busy={talk.isRunning}
                names={shownNames}
                databases={databases}
                open={open?.item === item.key ? open : undefined}
                onOpen={onOpen}
                onAgain={isClosed ? undefined : ask}
                onShow={show}
                onRate={rate}
              />
            ),
          )}
        </div>
      </div>
      <Announcer turn={talk.turn} />
      <div className={`sticky z-20 bg-ground pt-2 ${edge}`}>
        {!atEnd && (
          <div className="pointer-events-none absolute inset-x-0 -top-10 flex justify-center">
            <Button small icon="down" className="pointer-events-auto shadow-md" onClick={toEnd}>
              {CHAT.newest}
            </Button>
          </div>
        )}
        {closed ?? (
          <Composer
            box={box}
            place={place}
            running={talk.isRunning}
            isFollowUp={talk.items.length > 0}
            blocked={blocked}
            autoFocus={autoFocus}
            onSend={ask}
            onStop={talk.stop}
          />
        )}
      </div>
    </div>
  )
}

/** The same array as long as it says the same. */
function useStable(words: readonly string[]): readonly string[] {
  const key = words.join('\n')
  // biome-ignore lint/correctness/useExhaustiveDependencies: the key says all
  return useMemo(() => words, [key])
}

/** On phones the box would open the keyboard. */
function focusOn(box: HTMLElement | null, log: HTMLElement | null): void {
  const target = matchMedia('(pointer: fine)').matches ? (box ?? log) : log
  target?.focus({ preventScroll: true })
}
