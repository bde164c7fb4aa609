import { useQuery, useQueryClient } from '@tanstack/react-query'
import { AppError } from 'quarry-engine/client'
import { useEffect, useRef, useState, useSyncExternalStore } from 'react'
import { endOf, type Item, isReadyToAsk, isStored, itemsOf, keptAnswer } from './branch.ts'
import { moveDraft, readDraft, writeDraft } from './drafts.ts'
import type { Feedback, Message } from './message.ts'
import type { Loaded, TalkPort } from './port.ts'
import { dropStaleBranches } from './stale-branches.ts'
import { isRunning, mayBeKept, type Turn } from './turn.ts'
import type { TurnStore } from './turn-store.ts'

interface Options<Data extends Loaded> {
  readonly port: TalkPort<Data>
  readonly store: TurnStore
  /** Under which its turn and its draft are kept. */
  readonly place: string
  /** The place of a conversation that has its id. */
  placeOf(conversation: string): string
  readonly conversation: string | undefined
  /** The new conversation that is looked at was kept under this id. */
  onBegun(conversation: string): void
}

export interface Talk<Data extends Loaded> {
  readonly data: Data | undefined
  readonly items: readonly Item[]
  readonly turn: Turn | undefined
  readonly isRunning: boolean
  readonly isLoading: boolean
  /** Whether a question can be asked now; before, it is not known where it would stand. */
  readonly isReady: boolean
  readonly error: Error | null
  refetch(): void
  /** At the end of what is shown, or elsewhere in the conversation. */
  ask(question: string, parent?: string): void
  stop(): void
  /** Shows the branch through a message. */
  show(leaf: string): void
  rate(message: string, feedback: Feedback): Promise<void>
}

const NO_MESSAGES: readonly Message[] = []
/** A question that was sent and whose answer has not ended: what a reload in the middle would lose. */
const pendingName = (place: string) => `${place}:sent`

/** A conversation with what is being answered in it. */
export function useTalk<Data extends Loaded>({ port, store, place, placeOf, conversation, onBegun }: Options<Data>): Talk<Data> {
  const queries = useQueryClient()
  /** The leaf of the branch that is shown, per conversation: answers may end in another than the one on the screen. */
  const [shown, setShown] = useState<ReadonlyMap<string, string>>(new Map())
  const leaf = conversation === undefined ? undefined : shown.get(conversation)
  const showBranch = (of: string, through: string) => setShown((now) => new Map(now).set(of, through))
  const turn = useSyncExternalStore(store.subscribe, () => store.get(place), none)
  const queryKey = port.keyOf(conversation ?? '', leaf)
  const loaded = useQuery<Data>({
    queryKey,
    queryFn: ({ signal }) => port.load(conversation ?? '', leaf, signal),
    enabled: conversation !== undefined,
    // Another branch of the same conversation comes in place of this one, without a gap.
    placeholderData: (before) => (before?.conversation.id === conversation ? before : undefined),
  })
  const messages = loaded.data?.messages ?? NO_MESSAGES
  const isReady = isReadyToAsk(conversation, loaded.data !== undefined, turn)

  const known = useRef<ReadonlySet<string>>(new Set())
  useEffect(() => {
    if (turn !== undefined && isStored(messages, turn)) store.drop(place)
  }, [messages, turn, store, place])

  async function settled(from: string, answered: Turn): Promise<void> {
    const { state, answerId } = answered
    const id = answered.conversation ?? conversation
    if (state === 'stopped' || state === 'ended') writeDraft(pendingName(from), '')
    if (state === 'failed' && mayBeKept(answered)) return look(from, answered)
    if (state !== 'ended' || id === undefined || answerId === undefined) return
    // The stored form first, so that it takes the place of the streamed one at once. Without it the streamed one stays.
    const read = await queries.fetchQuery({ queryKey: port.keyOf(id, answerId), queryFn: () => port.load(id, answerId) }).catch(() => undefined)
    showBranch(id, answerId)
    dropStaleBranches(queries, port, { conversation: id, answer: answerId, read })
    const to = placeOf(id)
    if (from !== to) {
      moveDraft(from, to)
      store.rename(from, to)
    }
    port.changed()
  }

  /** The connection was lost: perhaps the server had stored the answer before that. */
  async function look(from: string, cut: Turn): Promise<void> {
    const id = cut.conversation
    if (id === undefined) return
    const data = await port.load(id, undefined).catch(() => undefined)
    const kept = data === undefined ? undefined : keptAnswer(data.messages, known.current, cut)
    if (kept === undefined || store.get(from) !== cut) return
    store.settle(from, kept)
    const now = store.get(from)
    if (now !== undefined) await settled(from, now)
  }

  const latest = useRef({ look, onBegun })
  latest.current = { look, onBegun }
  useEffect(() => store.onRename((from, { conversation: id }) => from === place && id !== undefined && latest.current.onBegun(id)), [store, place])
  useEffect(() => {
    if (turn === undefined || !mayBeKept(turn)) return
    const again = () => void latest.current.look(place, turn)
    addEventListener('online', again)
    addEventListener('focus', again)
    return () => {
      removeEventListener('online', again)
      removeEventListener('focus', again)
    }
  }, [turn, place])

  // A question of which a reload, or a page that was left, cut the answer off goes back into the box.
  useEffect(() => {
    const sent = readDraft(pendingName(place))
    if (sent === '' || store.get(place) !== undefined || (conversation !== undefined && loaded.data === undefined)) return
    writeDraft(pendingName(place), '')
    const wasKept = messages.findLast(({ role }) => role === 'user')?.text === sent
    if (!wasKept && readDraft(place) === '') {
      writeDraft(place, sent)
      writeDraft(backName(place), sent)
      dispatchEvent(new Event(DRAFT_BACK))
    }
  }, [place, store, conversation, loaded.data, messages])

  function ask(question: string, parent?: string) {
    if (!isReady || isRunning(store.get(place))) return
    const after = parent ?? endOf(messages, turn)
    known.current = new Set(messages.map(({ id }) => id))
    writeDraft(pendingName(place), question)
    const answer = (signal: AbortSignal) => port.ask(question, conversation ?? 'new', conversation === undefined ? undefined : after, signal)
    void store.ask(place, question, after, answer).then((answered) => settled(place, answered))
  }

  async function rate(message: string, feedback: Feedback): Promise<void> {
    if (conversation === undefined) return
    const write = (value: Feedback) =>
      queries.setQueryData<Data>(
        queryKey,
        (data) => data && { ...data, messages: data.messages.map((one) => (one.id === message ? { ...one, feedback: value } : one)) },
      )
    const before = messages.find(({ id }) => id === message)?.feedback
    write(feedback)
    try {
      write(await port.rate(conversation, message, feedback))
    } catch (fault) {
      if (before !== undefined) write(before)
      throw fault
    }
  }

  return {
    data: loaded.data,
    items: itemsOf(messages, turn, store.names),
    turn,
    isRunning: isRunning(turn),
    isLoading: conversation !== undefined && loaded.data === undefined && loaded.error === null && turn === undefined,
    isReady,
    error: loaded.data === undefined && !isRunning(turn) ? loaded.error : null,
    refetch: () => void loaded.refetch(),
    ask,
    stop: () => store.stop(place),
    show: (id) => {
      if (conversation === undefined || isRunning(turn)) return
      store.drop(place)
      showBranch(conversation, id)
    },
    rate,
  }
}

/** Says of a draft that it was sent before, in vain. */
export const backName = (place: string) => `${place}:back`
/** Tells question boxes that a draft came back. */
export const DRAFT_BACK = 'quarry-draft-back'
const none = () => undefined

export function isGone(fault: unknown): boolean {
  return fault instanceof AppError && (fault.code === 'conversation/not-found' || fault.code === 'message/not-found')
}
