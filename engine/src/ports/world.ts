import type { GivenModels } from '../domain/models.ts'
import type { Prices } from '../domain/prices.ts'
import type { Accounts, Passwords } from './accounts.ts'
import type { Auth } from './auth.ts'
import type { Blobs } from './blobs.ts'
import type { Cache } from './cache.ts'
import type { Catalog } from './catalog.ts'
import type { Chat, Chats } from './chat.ts'
import type { Chunks } from './chunks.ts'
import type { Conversations } from './conversations.ts'
import type { Embedders } from './embedder.ts'
import type { Extractor } from './extractor.ts'
import type { GoldenSets } from './golden.ts'
import type { Checkpoints, GraphRunner } from './graph.ts'
import type { Health } from './health.ts'
import type { IdentityProvider } from './identity.ts'
import type { Keys } from './keys.ts'
import type { Ledger } from './ledger.ts'
import type { Limiter } from './limiter.ts'
import type { Mailer } from './mailer.ts'
import type { ModelChoices } from './model-choices.ts'
import type { Publications } from './publications.ts'
import type { Queue } from './queue.ts'
import type { Rerankers } from './reranker.ts'
import type { Secrets } from './secrets.ts'
import type { Telemetry, Traces } from './traces.ts'
import type { Uploads } from './uploads.ts'
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
  /** Undefined: answers are extractive. To be read for each question: an owner may choose another one meanwhile. */
  readonly chat: Chat | undefined
  readonly chats: Chats
  readonly rerankers: Rerankers
  readonly cache: Cache
  readonly graphs: GraphRunner
  readonly checkpoints: Checkpoints
  readonly traces: Traces
  readonly telemetry: Telemetry
  readonly modelChoices: ModelChoices
  /** What the environment sets of models, which comes before what is chosen. */
  readonly givenModels: GivenModels
  readonly auth: Auth
  readonly accounts: Accounts
  readonly passwords: Passwords
  readonly keys: Keys
  readonly publications: Publications
  readonly conversations: Conversations
  readonly golden: GoldenSets
  readonly ledger: Ledger
  readonly limiter: Limiter
  readonly uploads: Uploads
  readonly secrets: Secrets
  /** Undefined: people are given links by hand. */
  readonly mailer: Mailer | undefined
  /** Undefined: people sign in with e-mail address and password alone. */
  readonly identity: IdentityProvider | undefined
  readonly prices: Prices
  readonly health: Health
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
