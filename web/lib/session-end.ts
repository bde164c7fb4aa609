type Listener = () => void

const listeners = new Set<Listener>()

/** Told by every reply that says 401: the gate then asks who is signed in. */
export function sessionEnded(): void {
  for (const listener of listeners) listener()
}

export function onSessionEnd(listener: Listener): () => void {
  listeners.add(listener)
  return () => void listeners.delete(listener)
}
