/**
 * What may be forgotten at any time, shared by the processes of one server where there are several.
 *
 * Faults  no call throws for a cache that does not answer, and none waits for it for long: what is read is then not there, what
 *         is written is lost. Whoever uses it goes on without it.
 *         Values that were set while it was away are known in this process alone, and forgotten when it is back; so it can go back
 *         to an older value: what may change stands under a key that changes with it.
 * Keys    1 to 512 characters, also of logs and channels; what they hold apart from names is hashed by the caller, so that no
 *         text of a user is a key. Values, logs and channels do not meet under the same name.
 * Limits  values, entries and messages up to 1 MiB in UTF-8; what is larger is not kept, nor is anything under another key, or for
 *         no time. Half a surrogate pair comes back as U+FFFD. A log holds 65,536 entries; more are not kept.
 */
export interface Cache {
  get(key: string): Promise<string | undefined>
  /** Replaces the former value, also by nothing when this one cannot be kept. Forgotten `ttlMs` later, or before. */
  set(key: string, value: string, ttlMs: number): Promise<void>
  /** Reads it and takes it away, in one step: of several that ask at the same time one gets it. */
  take(key: string): Promise<string | undefined>
  remove(key: string): Promise<void>
  /**
   * Adds entries to the end of a log, all or none; the whole log is gone `ttlMs` after the last addition. One process at a time writes
   * a log, and reads in it what it wrote even while the cache is away; others then see it, whole, when the cache is back.
   */
  append(log: string, entries: readonly string[], ttlMs: number): Promise<void>
  /** Entries from the position on, counted from 0, at most `most`; none for a log that there is not. */
  read(log: string, from: number, most: number): Promise<readonly string[]>
  /** Tells all that listen now, in every process; at most once each, in the order of each publisher. In this process also while the cache is away. */
  publish(channel: string, message: string): Promise<void>
  /** Resolves when messages published from then on arrive (or the cache does not answer); the function it gives ends it. */
  subscribe(channel: string, listener: (message: string) => void): Promise<() => void>
  /** Whether entries outlive this process and are seen by others. */
  readonly isShared: boolean
  close(): Promise<void>
}
