import type { ErrorBody } from './errors.ts'

/** What is known of a part of the server from the last time that it was used, by whatever thread. */
export interface PartNote {
  /** Such as `chat`, or `embedder:` and the name of a model. */
  readonly part: string
  /** Epoch ms of the last use that went well; undefined when none did since the start. */
  readonly goodAt: number | undefined
  /** The last fault, however long ago. */
  readonly fault: { readonly at: number; readonly error: ErrorBody } | undefined
}

/** Whether the last use failed. */
export function isFailing({ goodAt, fault }: PartNote): boolean {
  return fault !== undefined && (goodAt === undefined || fault.at > goodAt)
}

export type PartState = 'ok' | 'degraded' | 'down'
