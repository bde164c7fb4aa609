import { type AnswerEvent, afterEvents, brokenOff, isRunning, newTurn, type Turn } from './turn.ts'

export type Answering = (signal: AbortSignal) => AsyncIterable<AnswerEvent>
/** Calls back soon, at most once; gives what takes it back. */
export type Schedule = (work: () => void) => () => void

/** With the next frame, or soon where no frames are drawn: in a tab that nobody looks at. */
const withNextFrame: Schedule = (work) => {
  const stop = () => {
    cancelAnimationFrame(frame)
    clearTimeout(timer)
  }
  const once = () => {
    stop()
    work()
  }
  const frame = requestAnimationFrame(once)
  const timer = setTimeout(once, 250)
  return stop
}

/**
 * The turns that are being answered, one per conversation. They go on while somebody looks at something else; what comes is
 * shown once per frame, however fast it comes.
 */
export class TurnStore {
  readonly #turns = new Map<string, Turn>()
  readonly #running = new Map<string, AbortController>()
  readonly #listeners = new Set<() => void>()
  readonly #renamed = new Set<(from: string, turn: Turn) => void>()
  /** Of messages that were drawn before they were stored. */
  readonly names = new Map<string, string>()
  readonly #schedule: Schedule
  #next = 1

  constructor(schedule: Schedule = withNextFrame) {
    this.#schedule = schedule
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  get(place: string): Turn | undefined {
    return this.#turns.get(place)
  }

  /** Answers a question at a place; resolves with what became of it, never rejects. */
  async ask(place: string, question: string, parent: string, answer: Answering): Promise<Turn> {
    this.stop(place)
    const stopper = new AbortController()
    this.#running.set(place, stopper)
    let turn = newTurn(`turn-${this.#next++}`, question, parent)
    this.#put(place, turn)
    const waiting: AnswerEvent[] = []
    let takeBack: (() => void) | undefined
    const flush = () => {
      takeBack?.()
      takeBack = undefined
      if (waiting.length > 0) show(afterEvents(turn, waiting.splice(0)))
    }
    const show = (now: Turn) => {
      turn = now
      if (this.#running.get(place) === stopper) this.#put(place, now)
    }
    try {
      for await (const event of answer(stopper.signal)) {
        stopper.signal.throwIfAborted()
        waiting.push(event)
        takeBack ??= this.#schedule(flush)
      }
      flush()
      // A stream that ends without its last event tells it by a fault; this is for one that does not.
      if (isRunning(turn)) show(brokenOff(turn, undefined, false))
    } catch (fault) {
      flush()
      show(brokenOff(turn, fault, stopper.signal.aborted))
    }
    if (turn.questionId !== undefined) this.names.set(turn.questionId, `${turn.key}-question`)
    if (turn.answerId !== undefined) this.names.set(turn.answerId, `${turn.key}-answer`)
    if (this.#running.get(place) === stopper) this.#running.delete(place)
    return turn
  }

  /** What has come stays. */
  stop(place: string): void {
    this.#running.get(place)?.abort(new DOMException('stopped', 'AbortError'))
  }

  stopAll(): void {
    for (const place of this.#running.keys()) this.stop(place)
  }

  dropAll(): void {
    for (const place of [...this.#turns.keys()]) this.drop(place)
  }

  drop(place: string): void {
    this.stop(place)
    this.#running.delete(place)
    if (this.#turns.delete(place)) this.#tell()
  }

  /** Says of a broken-off turn that the server kept its answer, and where. */
  settle(place: string, conversation: string, { questionId, answerId }: { readonly questionId: string; readonly answerId: string }): void {
    const turn = this.#turns.get(place)
    if (turn === undefined) return
    this.names.set(questionId, `${turn.key}-question`)
    this.names.set(answerId, `${turn.key}-answer`)
    this.#put(place, { ...turn, state: 'ended', fault: undefined, conversation, questionId, answerId })
  }

  /** A new conversation has got its id. */
  rename(from: string, to: string): void {
    const turn = this.#turns.get(from)
    if (turn === undefined) return
    this.#turns.delete(from)
    this.#put(to, turn)
    for (const listener of this.#renamed) listener(from, turn)
  }

  onRename(listener: (from: string, turn: Turn) => void): () => void {
    this.#renamed.add(listener)
    return () => void this.#renamed.delete(listener)
  }

  #put(place: string, turn: Turn): void {
    this.#turns.set(place, turn)
    this.#tell()
  }

  #tell(): void {
    for (const listener of this.#listeners) listener()
  }
}
