'use client'
import { useQueryClient } from '@tanstack/react-query'
import { useSearchParams } from 'next/navigation'
import { useEffect, useMemo, useRef, useState } from 'react'
import { useIdAfter } from '../../lib/location.ts'
import { PAGES } from '../../lib/pages.ts'
import { useRemoved } from '../../lib/removals.ts'
import { useMe } from '../../lib/session.ts'
import { CHAT } from '../../strings/chat.ts'
import { Button, ButtonLink } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { ErrorNote } from '../../ui/error-note.tsx'
import { PageHeader } from '../../ui/page-header.tsx'
import { AskedDatabases } from './asked-databases.tsx'
import { chatPort } from './chat-port.ts'
import { ConversationActions } from './conversation-actions.tsx'
import { openConversation } from './conversation-link.tsx'
import { ConversationList } from './conversation-list.tsx'
import { OpenDocument } from './open-document.tsx'
import { SuggestedQuestions } from './suggested-questions.tsx'
import { anotherNewChat, newChat } from './talk/new-chats.ts'
import { shownSource } from './talk/open-source.ts'
import { SourcePanel, useIsWide } from './talk/source-panel.tsx'
import { TalkView } from './talk/talk-view.tsx'
import { useOpenSource } from './talk/use-open-source.ts'
import { isGone, useTalk } from './talk/use-talk.ts'
import { placeIn, turnsOf } from './turn-stores.ts'
import { firstChoice, keepLast, useDatabases } from './use-databases.ts'
import { useKeepCase } from './use-keep-case.ts'
import { useRemoveConversation } from './use-remove-conversation.ts'

/** Asks one's databases; the address names the conversation. */
export function ChatScreen() {
  const account = useMe().account.id
  const store = turnsOf(account)
  const placeOf = (id: string) => placeIn(account, id)
  const queries = useQueryClient()
  const conversation = useIdAfter('chat')
  const wanted = useSearchParams().get('database')
  const [fresh, setFresh] = useState(() => newChat(account))
  const [choice, setChoice] = useState<{ readonly wanted: string | null; readonly ids: readonly string[] }>()
  const [listOpen, setListOpen] = useState(false)
  const databases = useDatabases()
  const removed = useRemoved()
  const removeLater = useRemoveConversation()
  const isWide = useIsWide()
  const { open, openFrom, move, close } = useOpenSource()
  const place = placeOf(conversation ?? fresh)

  const all = useMemo(() => databases.all ?? [], [databases.all])
  const chosen = useMemo(
    () => (choice !== undefined && choice.wanted === wanted ? choice.ids : firstChoice(all, wanted)).filter((id) => all.some((one) => one.id === id)),
    [choice, wanted, all],
  )
  const asked = useRef<readonly string[]>([])
  const port = useMemo(() => chatPort(queries, () => asked.current), [queries])
  const talk = useTalk({
    port,
    store,
    owner: account,
    place,
    placeOf,
    conversation,
    onBegun(id) {
      setFresh(anotherNewChat(account))
      history.replaceState(null, '', PAGES.conversation(id))
    },
  })
  const { data } = talk
  asked.current = conversation === undefined ? chosen : (data?.conversation.databases ?? [])
  const names = asked.current.map((id) => all.find((one) => one.id === id)?.name).filter((name) => name !== undefined)

  function begin() {
    if (store.get(placeOf(fresh)) !== undefined) setFresh(anotherNewChat(account))
    setListOpen(false)
    close()
    openConversation(undefined)
  }
  function remove(one: { readonly id: string; readonly title: string }) {
    store.drop(placeOf(one.id))
    if (one.id === conversation) begin()
    removeLater(one)
  }
  // biome-ignore lint/correctness/useExhaustiveDependencies: another conversation has other sources
  useEffect(() => move(undefined), [place])

  const onlyAsked = asked.current.length === 1 ? all.find(({ id }) => id === asked.current[0]) : undefined
  const managed = onlyAsked?.access === 'owner' || onlyAsked?.access === 'manage' ? onlyAsked.id : undefined
  const keepCase = useKeepCase(conversation, managed)

  const source = shownSource(talk.items, open)
  const list = <ConversationList current={conversation} hidden={removed} onRemove={remove} onNew={begin} onOpen={() => setListOpen(false)} />
  const isGoneOf = (id: string) => databases.isWhole && !all.some((one) => one.id === id)
  const closed =
    data === undefined
      ? undefined
      : data.conversation.databases.length === 0
        ? CHAT.takenOver
        : data.conversation.databases.some(isGoneOf)
          ? CHAT.databaseGone
          : undefined
  const hasNothing = databases.all?.length === 0 && conversation === undefined

  return (
    <div
      className={`-mb-4 grid grid-cols-[minmax(0,1fr)] gap-8 sm:-mb-6 lg:-mb-8 ${source !== undefined && isWide ? 'lg:grid-cols-[minmax(0,1fr)_minmax(0,27rem)]' : 'lg:grid-cols-[14rem_minmax(0,1fr)]'}`}
    >
      {isWide && source === undefined && <div className="sticky top-8 -mx-2 max-h-[calc(100dvh-4rem)] self-start overflow-y-auto px-2 pb-2">{list}</div>}
      <div className="flex h-[calc(100dvh-5rem)] min-h-[26rem] min-w-0 flex-col sm:h-[calc(100dvh-5.5rem)] md:h-[calc(100dvh-1.5rem)] lg:h-[calc(100dvh-2rem)]">
        <PageHeader
          title={data?.conversation.title ?? (conversation === undefined ? CHAT.newTitle : CHAT.title)}
          hint={<AskedDatabases all={databases.all} chosen={asked.current} onChoose={conversation === undefined ? choose : undefined} />}
          actions={
            <>
              {(!isWide || source !== undefined) && (
                <Button small icon="history" onClick={() => setListOpen(true)}>
                  {CHAT.showConversations}
                </Button>
              )}
              {data !== undefined && <ConversationActions conversation={data.conversation} leaf={data.messages.at(-1)?.id} onRemove={remove} />}
            </>
          }
        />
        {databases.error !== null && <ErrorNote fault={databases.error} onRetry={databases.retry} />}
        {isGone(talk.error) ? (
          <EmptyState
            icon="chat"
            title={CHAT.gone}
            action={
              <Button look="primary" icon="plus" onClick={begin}>
                {CHAT.start}
              </Button>
            }
          >
            {CHAT.goneHint}
          </EmptyState>
        ) : hasNothing ? (
          <EmptyState
            icon="database"
            title={CHAT.noDatabases}
            action={
              <ButtonLink look="primary" icon="plus" href={PAGES.newDatabase}>
                {CHAT.createDatabase}
              </ButtonLink>
            }
          >
            {CHAT.noDatabasesHint}
          </EmptyState>
        ) : (
          <TalkView
            talk={talk}
            place={place}
            names={names}
            databases={asked.current.length}
            welcome={
              conversation === undefined ? (
                <Welcome databases={databases.all === undefined ? undefined : chosen} onAsk={(question) => talk.ask(question)} />
              ) : (
                <p role="status" className="text-center text-sm text-soft">
                  {CHAT.nothingYet}
                </p>
              )
            }
            waiting={!talk.isReady || databases.all === undefined}
            blocked={asked.current.length === 0 ? CHAT.noneChosen : undefined}
            closed={closed === undefined ? undefined : <p className="pb-4 text-sm text-soft">{closed}</p>}
            onKeepCase={keepCase}
            open={open}
            onOpen={openFrom}
          />
        )}
      </div>
      {source !== undefined && (
        <SourcePanel source={source} isWide={isWide} onMove={move} onClose={close}>
          {source.place !== undefined && <OpenDocument place={source.place} quote={source.quote} page={source.page} />}
        </SourcePanel>
      )}
      {listOpen && (
        <Dialog open title={CHAT.conversations} onClose={() => setListOpen(false)}>
          {list}
        </Dialog>
      )}
    </div>
  )

  function choose(ids: readonly string[]) {
    keepLast(ids)
    setChoice({ wanted, ids })
  }
}

function Welcome({ databases, onAsk }: { readonly databases: readonly string[] | undefined; readonly onAsk: (question: string) => void }) {
  return (
    <div className="grid justify-items-center gap-5 text-center">
      <div className="grid gap-1.5">
        <h2 className="text-xl font-semibold">{CHAT.greeting}</h2>
        <p className="max-w-md text-sm text-soft">{CHAT.greetingHint}</p>
      </div>
      <SuggestedQuestions databases={databases} onAsk={onAsk} />
    </div>
  )
}
