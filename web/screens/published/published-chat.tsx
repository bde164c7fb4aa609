'use client'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import dynamic from 'next/dynamic'
import type { Reply } from 'quarry-engine/client'
import { useEffect, useMemo, useState } from 'react'
import { useIsOnline } from '../../lib/online.ts'
import { PUBLISHED } from '../../strings/published.ts'
import { UI } from '../../strings/ui.ts'
import { Button, IconButton } from '../../ui/button.tsx'
import { forgetDrafts, moveDraft } from '../chat/talk/drafts.ts'
import { anotherNewChat, isNewChat, newChat } from '../chat/talk/new-chats.ts'
import { shownSource } from '../chat/talk/open-source.ts'
import { underwayOf } from '../chat/talk/sent.ts'
import { SourcePanel, useIsWide } from '../chat/talk/source-panel.tsx'
import { SuggestionButtons } from '../chat/talk/suggestion-buttons.tsx'
import { TalkView } from '../chat/talk/talk-view.tsx'
import { TurnStore } from '../chat/talk/turn-store.ts'
import { useOpenSource } from '../chat/talk/use-open-source.ts'
import { isGone, useTalk } from '../chat/talk/use-talk.ts'
import { tokenShelf, visitorOf } from './visitor.ts'
import { visitorClient } from './visitor-client.ts'
import { conversationsKey, visitorPort } from './visitor-port.ts'

const EarlierDialog = dynamic(() => import('./earlier-dialog.tsx').then((file) => file.EarlierDialog))
const PublicDocument = dynamic(() => import('./public-document.tsx').then((file) => file.PublicDocument))

/** What the page that opened the frame is told: the launcher then hides it. */
const CLOSE_MESSAGE = 'quarry-close'
const SUGGESTIONS = 4

interface PublishedChatProps {
  readonly publication: string
  readonly chat: Reply<'publicChat'>
}

export function PublishedChat({ publication, chat }: PublishedChatProps) {
  const queries = useQueryClient()
  const [visitor] = useState(() => visitorOf({ shelf: tokenShelf(publication, () => localStorage), clientOf: visitorClient, publication }))
  const [store] = useState(() => new TurnStore())
  const [fresh, setFresh] = useState(() => newChat(publication))
  /** Null for a new one; undefined until it is known whether this browser was here before. */
  const [conversation, setConversation] = useState(() => underwayIn(publication, fresh))
  const [listOpen, setListOpen] = useState(false)
  const isOnline = useIsOnline()
  const isWide = useIsWide()
  const isFramed = window.parent !== window
  const { open, openFrom, move, close } = useOpenSource()
  const placeOf = (id: string | null | undefined) => `${publication}:${id === undefined ? 'undecided' : (id ?? fresh)}`
  const place = placeOf(conversation)
  const port = useMemo(() => visitorPort(queries, publication, visitor), [queries, publication, visitor])

  useEffect(() => {
    document.title = chat.title
  }, [chat.title])
  // The last conversation goes on where it was.
  const last = useQuery({
    queryKey: [...conversationsKey(publication), 'last'],
    queryFn: ({ signal }) => visitor.as((client) => client.call('visitorConversations', { parameters: { publication }, query: { limit: 1 }, signal })),
    enabled: conversation === undefined && visitor.known(),
  })
  function enter(id: string | null) {
    // What was typed meanwhile goes along.
    if (conversation === undefined) moveDraft(place, placeOf(id))
    setConversation(id)
  }
  // biome-ignore lint/correctness/useExhaustiveDependencies: it is decided once, by what is known of the last one
  useEffect(() => {
    if (conversation !== undefined) return
    if (!visitor.known() || last.error !== null) enter(null)
    else if (last.data !== undefined) enter(last.data.conversations[0]?.id ?? null)
  }, [conversation, visitor, last.data, last.error])

  const talk = useTalk({ port, store, owner: publication, place, placeOf, conversation: conversation ?? undefined, onBegun: setConversation })
  const source = shownSource(talk.items, open)

  function begin() {
    close()
    setFresh(anotherNewChat(publication))
    setConversation(null)
  }
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is gone by the same error is not looked at twice
  useEffect(() => {
    if (isGone(talk.error)) begin()
  }, [talk.error])

  return (
    <div className="flex h-dvh flex-col">
      <header className="shrink-0 border-b border-line bg-surface">
        <div className="mx-auto flex max-w-3xl items-center gap-1 px-4 py-2">
          <h1 dir="auto" className="line-clamp-2 min-w-0 grow text-base font-semibold">
            {chat.title}
          </h1>
          {talk.items.length > 0 && (
            <Button small look="quiet" icon="plus" onClick={begin}>
              {PUBLISHED.start}
            </Button>
          )}
          {visitor.known() && (
            <Button small look="quiet" icon="history" onClick={() => setListOpen(true)}>
              {PUBLISHED.earlier}
            </Button>
          )}
          {isFramed && <IconButton icon="close" label={PUBLISHED.close} onClick={() => window.parent.postMessage(CLOSE_MESSAGE, '*')} />}
        </div>
        <p role="status" className="bg-warn-soft px-4 py-1.5 text-center text-sm text-warn empty:hidden">
          {isOnline ? undefined : UI.offline}
        </p>
      </header>
      <div
        className={`mx-auto grid min-h-0 w-full grow grid-cols-[minmax(0,1fr)] grid-rows-[minmax(0,1fr)] gap-6 px-4 ${source !== undefined && isWide ? 'max-w-6xl lg:grid-cols-[minmax(0,1fr)_minmax(0,26rem)]' : 'max-w-3xl'}`}
      >
        <main className="flex min-h-0 min-w-0 flex-col pt-3">
          <TalkView
            talk={talk}
            place={place}
            names={NO_NAMES}
            databases={1}
            // In a frame the focus is the page's own.
            autoFocus={!isFramed}
            welcome={conversation === null ? <Welcome publication={publication} chat={chat} visitor={visitor} onAsk={talk.ask} /> : null}
            waiting={conversation === undefined || !talk.isReady}
            open={open}
            onOpen={openFrom}
          />
        </main>
        {source !== undefined && (
          <SourcePanel source={source} isWide={isWide} edge="my-3" onMove={move} onClose={close}>
            {chat.sources === 'documents' && source.place !== undefined && (
              <PublicDocument publication={publication} visitor={visitor} place={source.place} quote={source.quote} page={source.page} />
            )}
          </SourcePanel>
        )}
      </div>
      {listOpen && (
        <EarlierDialog
          publication={publication}
          visitor={visitor}
          current={conversation ?? undefined}
          onOpen={(id) => {
            setListOpen(false)
            close()
            enter(id)
          }}
          onGone={begin}
          onForgotten={() => {
            store.dropAll()
            forgetDrafts(publication)
            begin()
          }}
          onClose={() => setListOpen(false)}
        />
      )}
    </div>
  )
}

/** The conversation in which an answer was under way when the page was left; null for the new one. */
function underwayIn(publication: string, fresh: string): string | null | undefined {
  const names = [...underwayOf(publication).keys()].map((place) => place.slice(publication.length + 1))
  return names.includes(fresh) ? null : names.find((name) => !isNewChat(name))
}

const NO_NAMES: readonly string[] = []

interface WelcomeProps extends PublishedChatProps {
  readonly visitor: ReturnType<typeof visitorOf>
  readonly onAsk: (question: string) => void
}

function Welcome({ publication, chat, visitor, onAsk }: WelcomeProps) {
  // Without them one asks all the same: a fault here is not worth a word.
  const { data, isPending } = useQuery({
    queryKey: ['publicSuggestions', publication],
    queryFn: ({ signal }) => visitor.as((client) => client.call('publicSuggestions', { parameters: { publication }, query: { n: SUGGESTIONS }, signal })),
    staleTime: 300_000,
  })
  return (
    <div className="grid justify-items-center gap-5">
      <p dir="auto" className="max-w-prose whitespace-pre-wrap text-center text-base">
        {chat.greeting ?? PUBLISHED.greeting}
      </p>
      <section aria-label={PUBLISHED.suggestions} className="grid w-full max-w-xl grid-cols-[minmax(0,1fr)] gap-2 empty:hidden">
        <SuggestionButtons questions={data?.suggestions} waitingFor={isPending ? SUGGESTIONS : 0} onAsk={onAsk} />
      </section>
    </div>
  )
}
