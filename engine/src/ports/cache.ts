/**
 * What may be forgotten at any time, shared by the processes of one server where there are several.
 *
 * Faults  no call throws for a cache that does not answer, and none waits for it for long: what is read is then not there, what
 *         is written is lost. Whoever uses it goes on without it.
 * Keys    1 to 512 characters; what they hold apart from names is hashed by the caller, so that no text of a user is a key.
 * Limits  values up to 1 MiB; larger ones are not kept.
 */
export interface Cache {
  get(key: string): Promise<string | undefined>
  set(key: string, value: string, ttlMs: number): Promise<void>
  /** Reads it and takes it away, in one step: of several that ask at the same time one gets it. */
  take(key: string): Promise<string | undefined>
  remove(key: string): Promise<void>
  /** Adds entries to the end of a log; the whole log is gone `ttlMs` after the last addition. */
  append(log: string, entries: readonly string[], ttlMs: number): Promise<void>
  /** Entries from the position on, counted from 0, at most `most`; none for a log that there is not. */
  read(log: string, from: number, most: number): Promise<readonly string[]>
  /** Tells all that listen now, in every process; at most once each, in order per channel. */
  publish(channel: string, message: string): Promise<void>
  /** Resolves when messages published from then on arrive (or the cache does not answer); the function it gives ends it. */
  subscribe(channel: string, listener: (message: string) => void): Promise<() => void>
  /** Whether entries outlive this process and are seen by others. */
  readonly isShared: boolean
  close(): Promise<void>
}
