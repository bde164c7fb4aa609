'use client'
import { useDeferredValue, useEffect, useRef, useState } from 'react'
import { useCallPages } from '../../lib/api.ts'
import { dateTime } from '../../lib/format.ts'
import { CHAT } from '../../strings/chat.ts'
import { Button, IconButton } from '../../ui/button.tsx'
import { ErrorNote } from '../../ui/error-note.tsx'
import { TextField } from '../../ui/field.tsx'
import { Icon } from '../../ui/icon.tsx'
import { SkeletonLines } from '../../ui/skeleton.tsx'
import { byDay } from './by-day.ts'
import { ConversationLink } from './conversation-link.tsx'

interface ConversationListProps {
  readonly current: string | undefined
  readonly hidden: ReadonlySet<string>
  readonly onRemove: (conversation: { readonly id: string; readonly title: string }) => void
  readonly onNew: () => void
  /** After one was chosen. */
  readonly onOpen?: () => void
}

const PAGE = 40

/** One's conversations by day; found by words, and more of them as one scrolls. */
export function ConversationList({ current, hidden, onRemove, onNew, onOpen }: ConversationListProps) {
  const [words, setWords] = useState('')
  const q = useDeferredValue(words.trim())
  const { data, error, refetch, hasNextPage, isFetchingNextPage, fetchNextPage } = useCallPages('listConversations', {
    query: { limit: PAGE, ...(q === '' ? {} : { q }) },
  })
  const all = data?.pages.flatMap(({ conversations }) => conversations).filter(({ id }) => !hidden.has(id))
  const list = useRef<HTMLElement>(null)

  function remove(conversation: { readonly id: string; readonly title: string }, at: number) {
    onRemove(conversation)
    // The row is gone: its neighbour takes the focus.
    setTimeout(() => {
      const rows = list.current?.querySelectorAll<HTMLElement>('li > a') ?? []
      ;(rows[Math.min(at, rows.length - 1)] ?? list.current?.querySelector<HTMLElement>('input'))?.focus()
    })
  }

  let row = 0
  return (
    <nav ref={list} aria-label={CHAT.conversations} className="grid grid-cols-[minmax(0,1fr)] content-start gap-3">
      <Button icon="plus" onClick={onNew}>
        {CHAT.start}
      </Button>
      <TextField
        label={CHAT.search}
        labelHidden
        type="search"
        placeholder={CHAT.search}
        maxLength={200}
        value={words}
        onChange={(event) => setWords(event.target.value)}
      />
      {error !== null && data === undefined && <ErrorNote fault={error} onRetry={() => void refetch()} />}
      {data === undefined && error === null && <SkeletonLines lines={8} className="h-9" />}
      <p role="status" className="text-sm text-soft empty:hidden">
        {all !== undefined && all.length === 0 && !hasNextPage ? (q === '' ? CHAT.noneYet : CHAT.noneFound) : undefined}
      </p>
      {byDay(all ?? [], new Date()).map(({ label, items }) => (
        <section key={label} className="grid grid-cols-[minmax(0,1fr)] gap-0.5">
          <h2 className="px-2 text-xs font-semibold text-soft">{label}</h2>
          <ul>
            {items.map((one) => {
              const at = row++
              return (
                <li key={one.id} className="group flex items-center rounded-lg hover:bg-sunken has-aria-[current=page]:bg-accent-soft">
                  <ConversationLink
                    id={one.id}
                    current={one.id === current}
                    onOpen={onOpen}
                    className="flex min-h-9 min-w-0 grow items-center gap-1.5 px-2 py-1.5 text-sm aria-[current=page]:font-medium aria-[current=page]:text-accent"
                  >
                    <span className="truncate" title={`${one.title} · ${dateTime(one.updated_at)}`}>
                      {one.title}
                    </span>
                    {one.link !== null && <Icon name="link" className="size-3.5 text-soft" />}
                    {one.link !== null && <span className="sr-only">{CHAT.isShared}</span>}
                  </ConversationLink>

                  <IconButton
                    icon="trash"
                    label={CHAT.removeIt(one.title)}
                    onClick={() => remove(one, at)}
                    className="shrink-0 pointer-fine:opacity-0 group-focus-within:opacity-100 group-hover:opacity-100"
                  />
                </li>
              )
            })}
          </ul>
        </section>
      ))}
      {hasNextPage && <More busy={isFetchingNextPage} onMore={() => void fetchNextPage()} />}
    </nav>
  )
}

/** Asked for when it comes into view; a button for those who do not scroll. */
function More({ busy, onMore }: { readonly busy: boolean; readonly onMore: () => void }) {
  const place = useRef<HTMLDivElement>(null)
  const more = useRef(onMore)
  more.current = onMore
  useEffect(() => {
    const element = place.current
    if (element === null || busy) return
    const watch = new IntersectionObserver(([seen]) => seen?.isIntersecting === true && more.current(), { rootMargin: '200px' })
    watch.observe(element)
    return () => watch.disconnect()
  }, [busy])
  return (
    <div ref={place}>
      <Button small busy={busy} onClick={onMore} className="w-full">
        {busy ? CHAT.looking : CHAT.showMore}
      </Button>
    </div>
  )
}
