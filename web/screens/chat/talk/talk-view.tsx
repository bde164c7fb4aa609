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
  /** It is not known yet where a question would go. */
  readonly waiting: boolean
  /** Why nothing can be sent now. */
  readonly blocked?: string | undefined
  /** Instead of the question box: why this conversation does not go on. */
  readonly closed?: ReactNode
  readonly autoFocus?: boolean
  readonly onKeepCase?: ((id: string) => Promise<void>) | undefined
  readonly open: OpenSource | undefined
  readonly onOpen: (source: OpenSource, from: HTMLElement) => void
}

/** A conversation: its questions and answers, and the box to ask in. */
export function TalkView({ talk, place, names, databases, welcome, waiting, blocked, closed, autoFocus = true, onKeepCase, open, onOpen }: TalkViewProps) {
  const log = useRef<HTMLElement>(null)
  const grows = useRef<HTMLDivElement>(null)
  const box = useRef<HTMLTextAreaElement>(null)
  const { atEnd, toEnd } = useFollow(log, grows, talk.items.length === 0 ? undefined : place)
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
    <div className="flex min-h-0 min-w-0 grow flex-col">
      <section
        ref={log}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
        tabIndex={0}
        aria-label={CHAT.log}
        className="-mx-2 flex min-h-0 grow flex-col overflow-y-auto overscroll-contain px-2 pt-1 outline-offset-[-2px]"
      >
        <div ref={grows} className="flex grow flex-col">
          {talk.error !== null && <ErrorNote fault={talk.error} onRetry={talk.refetch} />}
          {talk.isLoading && <SkeletonLines lines={4} className="h-16" />}
          {isEmpty && <div className="flex grow flex-col justify-center py-6">{welcome}</div>}
          <div role="log" aria-live="off" className="grid grid-cols-[minmax(0,1fr)] gap-4 pb-6 empty:hidden">
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
                  onKeepCase={onKeepCase}
                />
              ),
            )}
          </div>
        </div>
      </section>
      <Announcer turn={talk.turn} />
      <div className="relative shrink-0 pt-2 pb-[max(0.75rem,env(safe-area-inset-bottom))]">
        {!atEnd && (
          <div className="mb-2 flex justify-center">
            <Button small icon="down" onClick={toEnd}>
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
            waiting={waiting}
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
