import type { Auth } from './auth.ts'
import type { Blobs } from './blobs.ts'
import type { Catalog } from './catalog.ts'
import type { Chat } from './chat.ts'
import type { Chunks } from './chunks.ts'
import type { Embedders } from './embedder.ts'
import type { Extractor } from './extractor.ts'
import type { Queue } from './queue.ts'
import type { Vectors } from './vectors.ts'

/** Everything that flows ask of the world; built once, in wire.ts. */
export interface World {
  readonly catalog: Catalog
  readonly queue: Queue
  readonly chunks: Chunks
  readonly vectors: Vectors
  readonly blobs: Blobs
  readonly extractor: Extractor
  readonly embedders: Embedders
  /** Undefined: answers are extractive. */
  readonly chat: Chat | undefined
  readonly auth: Auth
  readonly log: Log
  /** Epoch ms. */
  now(): number
  /** `<prefix>_` and 128 random bits. */
  newId(prefix: string): string
  /** sha256 of the text in UTF-8, lower-case hex. */
  hash(text: string): string
  /** A named place that tests may use to stop or kill the process; does nothing otherwise. */
  reach(place: string): void
}

export interface Log {
  info(event: string, facts?: Readonly<Record<string, unknown>>): void
  warn(event: string, facts?: Readonly<Record<string, unknown>>): void
  error(event: string, facts?: Readonly<Record<string, unknown>>): void
}
