/** Listeners of one process, by channel. */
export interface Channels {
  /** Everybody who listens now is told, one message after the other; a listener that throws keeps it from nobody else. */
  tell(channel: string, message: string): void
  add(channel: string, listener: (message: string) => void): () => void
  has(channel: string): boolean
  names(): readonly string[]
  clear(): void
}

export function channels(): Channels {
  const listening = new Map<string, Set<{ readonly hear: (message: string) => void }>>()
  const waiting: { readonly channel: string; readonly message: string }[] = []
  let isTelling = false

  return {
    tell(channel, message) {
      waiting.push({ channel, message })
      // What a listener publishes comes after what all others have yet to hear.
      if (isTelling) return
      isTelling = true
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        const at = listening.get(next.channel)
        if (at === undefined) continue
        for (const listener of [...at]) {
          if (!at.has(listener)) continue
          try {
            listener.hear(next.message)
          } catch {
            // its own affair
          }
        }
      }
      isTelling = false
    },
    add(channel, listener) {
      const entry = { hear: listener }
      const at = listening.get(channel) ?? new Set()
      listening.set(channel, at.add(entry))
      return () => {
        at.delete(entry)
        if (at.size === 0 && listening.get(channel) === at) listening.delete(channel)
      }
    },
    has: (channel) => listening.has(channel),
    names: () => [...listening.keys()],
    clear: () => listening.clear(),
  }
}
