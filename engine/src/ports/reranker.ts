/**
 * Orders texts by how well they answer a question.
 *
 * Shape   one score per text, in the order of the texts; 0 to 1, higher is better, comparable within one call alone.
 * Limits  any number of texts; a text longer than the model takes is cut by its own rule.
 * Cancel  aborting the signal ends the request at the provider and the call with an AbortError.
 * Errors  AppError `model/unavailable` (retry), `model/refused`.
 */
export interface Reranker {
  /** `provider:model`. */
  readonly name: string
  /** `paid` is told while scores come: for how many more searches the provider asks money, where it tells. */
  rerank(query: string, texts: readonly string[], signal: AbortSignal, paid?: Paid): Promise<readonly number[]>
}

export type Paid = (searches: number) => void

/** Opens rerankers by name. */
export interface Rerankers {
  /** @throws model/unknown, model/refused where its key or region is not set */
  open(name: string): Promise<Reranker>
  /** The one that is chosen for all databases without one of their own; undefined: hits stay in the order of the search. */
  current(): Promise<Reranker | undefined>
}
