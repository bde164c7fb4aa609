export interface RemovalQueue {
  /** Hides documents at once and removes them after the undo time. `onDone` hears whether the server took all of it. @returns takes it back */
  remove(database: string, documents: readonly string[], onDone: (fault: unknown) => void): () => void
  /** Ids of what is to be removed, or is removed already. */
  hidden(): ReadonlySet<string>
  /** Without waiting any longer: the page is being left. */
  flush(): void
  subscribe(listener: () => void): () => void
}

type Remove = (database: string, document: string) => Promise<unknown>

/** Source: as many as a browser sends side by side to one server, less those that reading needs. */
const SIDE_BY_SIDE = 4

interface Batch {
  readonly database: string
  readonly documents: readonly string[]
  readonly onDone: (fault: unknown) => void
  readonly timer: ReturnType<typeof setTimeout>
}

/** Removals that can be taken back for a while. It outlives the screen, so that one may go on elsewhere meanwhile. */
export function removalQueue(remove: Remove, undoMs: number): RemovalQueue {
  const waiting = new Set<Batch>()
  const listeners = new Set<() => void>()
  let hidden: ReadonlySet<string> = new Set()

  function show(documents: readonly string[], isHidden: boolean): void {
    const next = new Set(hidden)
    for (const document of documents) {
      if (isHidden) next.add(document)
      else next.delete(document)
    }
    hidden = next
    for (const listener of listeners) listener()
  }

  async function commit(batch: Batch, sideBySide: number): Promise<void> {
    if (!waiting.delete(batch)) return
    clearTimeout(batch.timer)
    const left = [...batch.documents]
    const kept: string[] = []
    let fault: unknown
    async function work(): Promise<void> {
      for (let document = left.shift(); document !== undefined; document = left.shift()) {
        try {
          await remove(batch.database, document)
        } catch (problem) {
          fault ??= problem
          kept.push(document)
        }
      }
    }
    await Promise.all(Array.from({ length: Math.min(sideBySide, left.length) }, work))
    if (kept.length > 0) show(kept, false) // they are still there
    batch.onDone(fault)
  }

  return {
    remove(database, documents, onDone) {
      const timer = setTimeout(() => void commit(batch, SIDE_BY_SIDE), undoMs)
      const batch: Batch = { database, documents, onDone, timer }
      waiting.add(batch)
      show(documents, true)
      return () => {
        if (!waiting.delete(batch)) return
        clearTimeout(timer)
        show(documents, false)
      }
    },
    hidden: () => hidden,
    flush() {
      for (const batch of [...waiting]) void commit(batch, batch.documents.length)
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}
