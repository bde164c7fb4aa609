/**
 * Turns texts into vectors.
 *
 * Shape   one Float32Array of `dimensions` per text, same order as given; finite, not normalised by us.
 * Limits  `embed` takes any number of texts and splits by itself; a text longer than the model takes is cut by the
 *         model's own rule only where its documentation says so.
 * Errors  AppError `model/unavailable` (retry, honours Retry-After), `model/refused`, `vectors/dimension` (the model
 *         gave a wrong length, NaN or only zeros: nothing of the call is kept).
 */
export interface Embedder {
  /** `provider:model`, as in IndexSettings.embedder. */
  readonly name: string
  readonly dimensions: number
  /** Whether texts stay on this machine. */
  readonly where: 'local' | 'remote'
  /** `done` is told while vectors come. */
  embed(texts: readonly string[], kind: 'passage' | 'query', signal: AbortSignal, done?: Done): Promise<Float32Array[]>
}

/**
 * For how many more texts vectors have come, that are paid for even when others fail, and how many tokens the provider counted
 * for them; undefined where it tells nothing.
 */
export type Done = (texts: number, tokens?: number) => void

/** Opens embedders by name; keeps them open. */
export interface Embedders {
  /** Asks the model once for its dimensions where they are not known. @throws model/unknown, model/unavailable, model/not-installed */
  open(name: string, signal: AbortSignal): Promise<Embedder>
  /** What could be chosen now, for people. */
  list(): Promise<readonly ModelInfo[]>
  close(): Promise<void>
}

export interface ModelInfo {
  readonly name: string
  readonly where: 'local' | 'remote'
  readonly ready: boolean
  readonly note: string
}
