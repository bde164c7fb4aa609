import { useQuery, useQueryClient } from '@tanstack/react-query'
import { AppError } from 'quarry-engine/client'
import { useEffect, useLayoutEffect, useRef, useState, useSyncExternalStore } from 'react'
import { endOf, type Item, isReadyToAsk, isStored, itemsOf, keptAnswer } from './branch.ts'
import { moveDraft, readDraft, writeDraft } from './drafts.ts'
import { type Feedback, type Message, START } from './message.ts'
import type { Loaded, TalkPort } from './port.ts'
import { noting, readSent, type Underway, underwayOf, writeSent, writeUnderway } from './sent.ts'
import { dropStaleBranches } from './stale-branches.ts'
import { type AnswerEvent, isLeft, isRunning, mayBeKept, type Turn, wasCut } from './turn.ts'
import type { TurnStore } from './turn-store.ts'

interface Options<Data extends Loaded> {
  readonly port: TalkPort<Data>
  readonly store: TurnStore
  /** Whose places these are, `owner:…`. */
  readonly owner: string
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

/** Source: a person who waits looks again in some seconds. */
const EMPTY_MS = 4_000
const NO_MESSAGES: readonly Message[] = []
const NOTHING: ReadonlySet<string> = new Set()

/** A conversation with what is being answered in it. Answers that were under way when the page was left are taken up, all of the owner's. */
export function useTalk<Data extends Loaded>({ port, store, owner, place, placeOf, conversation, onBegun }: Options<Data>): Talk<Data> {
  const queries = useQueryClient()
  /** The leaf of the branch that is shown, per conversation: answers may end in another than the one on the screen. */
  const [shown, setShown] = useState(() => branchesOf(underwayOf(owner)))
  const leaf = conversation === undefined ? undefined : shown.get(conversation)
  const showBranch = (of: string, through: string) => setShown((now) => new Map(now).set(of, through))
  const turn = useSyncExternalStore(store.subscribe, () => store.get(place), none)
  const queryKey = port.keyOf(conversation ?? '', leaf)
  const loaded = useQuery<Data>({
    queryKey,
    queryFn: ({ signal }) => port.load(conversation ?? '', leaf, signal),
    enabled: conversation !== undefined,
    // The first answer is being written elsewhere: in another tab, on another device.
    refetchInterval: ({ state }) => (state.data?.messages.length === 0 && turn === undefined ? EMPTY_MS : false),
    // Another branch of the same conversation comes in place of this one, without a gap.
    placeholderData: (before) => (before?.conversation.id === conversation ? before : undefined),
  })
  const messages = loaded.data?.messages ?? NO_MESSAGES
  const isReady = isReadyToAsk(conversation, loaded.data !== undefined, turn)

  /** What was stored before the question at a place: not its answer. */
  const known = useRef(new Map<string, ReadonlySet<string>>())
  useEffect(() => {
    if (isRunning(turn) && loaded.data !== undefined && !known.current.has(place)) known.current.set(place, idsOf(messages))
  }, [turn, loaded.data, messages, place])
  useEffect(() => {
    if (turn !== undefined && isStored(messages, turn)) store.drop(place)
  }, [messages, turn, store, place])

  async function settled(from: string, answered: Turn): Promise<void> {
    const { state, answerId, conversation: id } = answered
    const isLast = (store.get(from)?.key ?? answered.key) === answered.key
    if (isLast && (state === 'stopped' || state === 'ended')) writeSent(from, '')
    if (isLast && !wasCut(answered)) writeUnderway(from, undefined)
    if (mayBeKept(answered)) return look(from, answered)
    known.current.delete(from)
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
    const kept = data === undefined ? undefined : keptAnswer(data.messages, known.current.get(from) ?? NOTHING, cut)
    if (kept === undefined || store.get(from) !== cut) return
    store.settle(from, id, kept)
    const now = store.get(from)
    if (now !== undefined) await settled(from, now)
  }

  /** What was told before the page was left is told again, and then the rest. */
  async function takeUp(from: string, underway: Underway): Promise<void> {
    const { stream, question, parent, conversation: id } = underway
    let stored: Data | undefined
    async function* again(signal: AbortSignal): AsyncGenerator<AnswerEvent, void> {
      try {
        yield* noting(port.askAgain(stream, signal), from)
      } catch (fault) {
        // The answer may have been stored long ago; where it is not known which conversation it began, that cannot be asked.
        if (id !== undefined && isLeft({ state: 'failed', text: '', fault })) stored = await port.load(id, undefined).catch(() => undefined)
        throw fault
      }
    }
    const answered = await store.ask(from, question, parent, again)
    if (!isLeft(answered)) return settled(from, answered)
    const kept = stored === undefined ? undefined : keptAnswer(stored.messages, NOTHING, answered)
    if (id !== undefined && kept !== undefined) store.settle(from, id, kept)
    const now = store.get(from)
    if (now?.state === 'ended') return settled(from, now)
    writeUnderway(from, undefined)
    store.drop(from)
  }

  const latest = useRef({ look, takeUp, onBegun })
  latest.current = { look, takeUp, onBegun }
  useLayoutEffect(() => {
    for (const [from, underway] of underwayOf(owner)) if (store.get(from) === undefined) void latest.current.takeUp(from, underway)
  }, [store, owner])
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

  // A question whose answer was cut off by a reload, or when the page was left, and cannot be taken up goes back into the box.
  useEffect(() => {
    const sent = readSent(place)
    if (sent === '' || turn !== undefined || store.get(place) !== undefined || (conversation !== undefined && loaded.data === undefined)) return
    writeSent(place, '')
    const wasKept = messages.findLast(({ role }) => role === 'user')?.text === sent
    if (!wasKept && readDraft(place) === '') {
      writeDraft(place, sent)
      writeDraft(backName(place), sent)
      dispatchEvent(new Event(DRAFT_BACK))
    }
  }, [place, store, turn, conversation, loaded.data, messages])

  function ask(question: string, parent?: string) {
    if (!isReady || isRunning(store.get(place))) return
    const after = parent ?? endOf(messages, turn)
    known.current.set(place, idsOf(messages))
    writeSent(place, question)
    const answer = (signal: AbortSignal) => {
      const onStream = (stream: string) => writeUnderway(place, { stream, question, parent: after, conversation })
      return noting(port.ask(question, conversation ?? 'new', conversation === undefined ? undefined : after, { signal, onStream }), place)
    }
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

/** Of each conversation the branch in which something is under way. */
function branchesOf(underway: ReadonlyMap<string, Underway>): ReadonlyMap<string, string> {
  return new Map([...underway.values()].flatMap(({ conversation, parent }) => (conversation === undefined || parent === START ? [] : [[conversation, parent]])))
}
const idsOf = (messages: readonly Message[]): ReadonlySet<string> => new Set(messages.map(({ id }) => id))

/** Says of a draft that it was sent before, in vain. */
export const backName = (place: string) => `${place}:back`
/** Tells question boxes that a draft came back. */
export const DRAFT_BACK = 'quarry-draft-back'
const none = () => undefined

export function isGone(fault: unknown): boolean {
  return fault instanceof AppError && (fault.code === 'conversation/not-found' || fault.code === 'message/not-found')
}
