export interface RemovalQueue {
  /** Hides things at once and removes each after the undo time. `onDone` hears whether the server took all of it. @returns takes it back */
  remove(ids: readonly string[], send: Send, onDone: (fault: unknown) => void): () => void
  /** Ids of what is to be removed, or is removed already. */
  hidden(): ReadonlySet<string>
  /** Without waiting any longer: the page is being left. */
  flush(): void
  subscribe(listener: () => void): () => void
}

type Send = (id: string) => Promise<unknown>

/** Source: as many as a browser sends side by side to one server, less those that reading needs. */
const SIDE_BY_SIDE = 4

interface Batch {
  readonly ids: readonly string[]
  readonly send: Send
  readonly onDone: (fault: unknown) => void
  readonly timer: ReturnType<typeof setTimeout>
}

/** Removals that can be taken back for a while. It outlives the screen, so that one may go on elsewhere meanwhile. */
export function removalQueue(undoMs: number): RemovalQueue {
  const waiting = new Set<Batch>()
  const listeners = new Set<() => void>()
  let hidden: ReadonlySet<string> = new Set()

  function show(ids: readonly string[], isHidden: boolean): void {
    const next = new Set(hidden)
    for (const id of ids) {
      if (isHidden) next.add(id)
      else next.delete(id)
    }
    hidden = next
    for (const listener of listeners) listener()
  }

  async function commit(batch: Batch, sideBySide: number): Promise<void> {
    if (!waiting.delete(batch)) return
    clearTimeout(batch.timer)
    const left = [...batch.ids]
    const kept: string[] = []
    let fault: unknown
    async function work(): Promise<void> {
      for (let id = left.shift(); id !== undefined; id = left.shift()) {
        try {
          await batch.send(id)
        } catch (problem) {
          fault ??= problem
          kept.push(id)
        }
      }
    }
    await Promise.all(Array.from({ length: Math.min(sideBySide, left.length) }, work))
    if (kept.length > 0) show(kept, false) // they are still there
    batch.onDone(fault)
  }

  return {
    remove(ids, send, onDone) {
      const timer = setTimeout(() => void commit(batch, SIDE_BY_SIDE), undoMs)
      const batch: Batch = { ids, send, onDone, timer }
      waiting.add(batch)
      show(ids, true)
      return () => {
        if (!waiting.delete(batch)) return
        clearTimeout(timer)
        show(ids, false)
      }
    },
    hidden: () => hidden,
    flush() {
      for (const batch of [...waiting]) void commit(batch, batch.ids.length)
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}
