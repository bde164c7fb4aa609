import type { AnswerSettings } from '../domain/answering.ts'
import type { Level } from '../domain/caller.ts'
import type { Database, IndexSettings, IndexVersion, RetrievalWeights, VersionState } from '../domain/database.ts'
import type { Document, DocumentState } from '../domain/document.ts'
import type { ErrorBody } from '../domain/errors.ts'
import type { Job } from '../domain/job.ts'
import type { Metadata } from '../domain/metadata.ts'

/**
 * Databases, index versions, documents: the truth about what exists. Each method is one transaction, durable when
 * its promise resolves. Jobs that a change needs are committed with it (they are then claimed through `Queue`).
 *
 * Tenancy  every look-up takes `ownerId`; a foreign id is answered like an unknown one.
 * Visible  databases and documents in state `deleting` are not found by any method that takes an `ownerId`.
 * Order    lists are by `createdAt` descending, then id; `cursor` is opaque.
 * Errors   AppError `database/not-found`, `database/exists`, `document/not-found`, `version/not-found`,
 *          `version/stale`, `store/full`, `store/damaged`, `store/unavailable`.
 */
export interface Catalog {
  createDatabase(input: NewDatabase): Promise<{ readonly database: Database; readonly version: IndexVersion }>
  /** By id or by name. */
  database(ownerId: string, idOrName: string): Promise<Database>
  /**
   * What an account finds by id or by name, and what it may do with it: its own, then one that is shared with it or with everyone.
   * @throws database/not-found, database/ambiguous when a name fits several shared ones
   */
  access(accountId: string, idOrName: string): Promise<VisibleDatabase>
  /** Undefined when the account does not see it. Databases that are going away are seen by those who saw them before. */
  level(accountId: string, databaseId: string): Promise<Level | undefined>
  /** Its own and those shared with it or with everyone; with `only` no others. */
  visible(accountId: string, page: PageRequest & { readonly only?: ReadonlySet<string> }): Promise<PageOf<VisibleDatabase>>
  /** Embedding models of live versions, with how many databases each has; by name. */
  embeddersInUse(): Promise<readonly { readonly embedder: string; readonly databases: number }[]>
  /** Ids of all databases of an account, for its removal. */
  databasesOf(ownerId: string): Promise<readonly string[]>
  /** Again changes the level. Taking some of it away moves `rights()`. @throws database/not-found */
  share(ownerId: string, databaseId: string, grantee: string, level: Level): Promise<Share>
  /** @throws share/not-found */
  unshare(ownerId: string, databaseId: string, grantee: string): Promise<void>
  /** Oldest first. */
  shares(ownerId: string, databaseId: string): Promise<readonly Share[]>
  /** What is named of `answers` changes, the rest of them stays. */
  updateDatabase(ownerId: string, id: string, change: DatabaseChange): Promise<Database>
  /** Hides the database at once and enqueues its `drop` job. */
  removeDatabase(ownerId: string, id: string): Promise<Job>
  /** Forgets a database, its documents and versions when its stores have been purged (the drop job calls it). Returns the blobs that they referred to. */
  forgetDatabase(id: string): Promise<readonly string[]>
  /** For workers: by id alone, `deleting` ones too. @throws database/not-found */
  databaseById(id: string): Promise<Database>

  /** Any state but `dropped`, oldest first. */
  versions(databaseId: string): Promise<IndexVersion[]>
  /** Those that were dropped, oldest first: their files may still be there when a job ended without its worker. */
  droppedVersions(databaseId: string): Promise<IndexVersion[]>
  version(id: string): Promise<IndexVersion>
  /** Adds a `building` version and its job: `switch`, or `build` when it is to wait beside the live one. @throws database/busy when one is being built, version/too-many for a `build` when three wait */
  createVersion(databaseId: string, settings: IndexSettings, kind?: 'switch' | 'build'): Promise<{ readonly version: IndexVersion; readonly job: Job }>
  /**
   * A version that is built for the first time becomes `built` when every document with a live revision is published in it at
   * that revision. False when some are missing: nothing changed then. A version in another state it leaves as it is, without
   * looking what it holds, and returns true: what is published later brings a job of its own.
   */
  settleVersion(databaseId: string, versionId: string): Promise<boolean>
  /** Documents with a live revision that are published in the version at that revision, with what it holds of them. */
  coverage(databaseId: string, versionId: string): Promise<VersionCoverage>
  /** The coverage of each version that is not dropped, by its id; those that hold nothing may be left out. One look, and the live version costs next to nothing. */
  coverages(databaseId: string): Promise<ReadonlyMap<string, VersionCoverage>>
  /** Drops a version that is `built` or `retired`, and enqueues the `drop` job of its stores. @throws version/not-found, version/live, database/busy when it is being built */
  removeVersion(databaseId: string, versionId: string): Promise<Job>
  /** Enqueues a `switch` job to a built or retired version, which is `building` from then on. @throws database/busy, version/not-found */
  requestSwitch(databaseId: string, versionId: string): Promise<Job>
  /**
   * Makes a version live when every document with a live revision is published in it at that revision; the former
   * one becomes `retired`. Otherwise changes nothing and returns the ids that are missing (at most 1,000).
   */
  switchLive(databaseId: string, versionId: string): Promise<{ readonly switched: boolean; readonly missing: readonly string[] }>
  /** @throws version/stale for `live` (only `switchLive` makes a version live), and for the live version unless its database is being purged */
  setVersionState(id: string, state: VersionState): Promise<void>

  /**
   * Takes an upload in: document row and ingest job together. By `externalId` within the database: unknown → created,
   * other content → a new revision, same content and metadata → unchanged (no job), same content but other metadata →
   * `relabelled` (no job when it is ready: the caller updates the stores), same content of a failed document, or of an archive
   * with other metadata → a new attempt.
   */
  acceptUpload(input: NewUpload): Promise<{ readonly document: Document; readonly outcome: UploadOutcome; readonly job: Job | undefined }>
  /** By id, or by externalId when no id matches. */
  document(ownerId: string, databaseId: string, idOrExternalId: string): Promise<Document>
  /** For workers: by id alone, `deleting` ones too. */
  documentById(id: string): Promise<Document | undefined>
  documents(ownerId: string, databaseId: string, page: PageRequest & { readonly state?: DocumentState; readonly search?: string }): Promise<PageOf<Document>>
  /** Those of these external ids under which the database has no document, each once, in the order given. One look, however many are asked for. */
  missingDocuments(databaseId: string, externalIds: readonly string[]): Promise<readonly string[]>
  /** Counts by state, and sums over the documents that answer (with a live revision). Costs the same however many there are. */
  summary(databaseId: string): Promise<DatabaseSummary>
  /** The live version and the summary of each; what is going away or gone is left out. One look, however many are asked for. */
  overview(databaseIds: readonly string[]): Promise<ReadonlyMap<string, { readonly version: IndexVersion; readonly summary: DatabaseSummary }>>
  setMetadata(ownerId: string, databaseId: string, documentId: string, metadata: Metadata): Promise<Document>
  /** Enqueues a new attempt for the newest revision; returns the job that is on it already when there is one. */
  retryDocument(ownerId: string, databaseId: string, documentId: string): Promise<Job>
  /** Hides the document at once and enqueues its `remove` job; entries of an archive go with it. */
  removeDocument(ownerId: string, databaseId: string, documentId: string): Promise<Job>
  forgetDocument(id: string): Promise<void>
  /** The documents that came out of an archive, not `deleting` ones. */
  entries(archiveId: string): Promise<readonly Document[]>

  /** Worker side. Each is a no-op that returns false when `revision` is no longer the newest or the document is deleting. */
  markProcessing(documentId: string, revision: number): Promise<boolean>
  markExtracted(documentId: string, revision: number, facts: ExtractedFacts): Promise<boolean>
  markFailed(documentId: string, revision: number, error: ErrorBody): Promise<boolean>
  markArchive(documentId: string, revision: number): Promise<boolean>
  /**
   * The revision is complete in the version's stores: records it as published there and, when that version is live,
   * makes it the live revision, state `ready`; each version that waits `built` gets a `build` job then, to begin in five seconds, unless one is queued.
   * The live revision may be published too when it is not the newest: a version that is being built needs it.
   * @throws version/stale when the version is neither live nor built nor being built
   */
  markPublished(documentId: string, revision: number, versionId: string, counts: { readonly chunks: number; readonly tokens: number }): Promise<boolean>
  /** Ready documents (liveRevision set) of the database not yet published in the version at that revision; by id, after `afterId`. */
  unpublished(databaseId: string, versionId: string, page: { readonly afterId?: string; readonly limit: number }): Promise<Document[]>

  /** Is the blob referred to by any document (deleting ones apart), as upload or extraction of its live or its newest revision? */
  blobInUse(sha256: string): Promise<boolean>

  /** The reply that was remembered for a request under its Idempotency-Key; kept for a day, the first one counts. */
  recall(ownerId: string, key: string): Promise<RememberedReply | undefined>
  remember(ownerId: string, key: string, reply: RememberedReply): Promise<void>

  /** @throws store/damaged */
  check(): Promise<void>
  close(): Promise<void>
}

export interface NewDatabase {
  readonly ownerId: string
  readonly name: string
  readonly description: string | undefined
  readonly weights: RetrievalWeights
  readonly settings: IndexSettings
  /** What is not as by default. */
  readonly answers?: Partial<AnswerSettings>
}

export interface DatabaseChange {
  readonly name?: string
  /** Empty: none. */
  readonly description?: string
  readonly weights?: RetrievalWeights
  readonly answers?: Partial<AnswerSettings>
}

export interface VisibleDatabase {
  readonly database: Database
  readonly level: Level
}

/** Everyone who has an account on this server, as a grantee. */
export const EVERYONE = 'everyone'

export interface Share {
  readonly databaseId: string
  /** An account, or EVERYONE. */
  readonly grantee: string
  readonly level: Level
  readonly createdAt: number
}

export interface NewUpload {
  readonly databaseId: string
  readonly ownerId: string
  readonly externalId: string
  readonly name: string
  readonly mediaType: string
  readonly size: number
  readonly sha256: string
  readonly metadata: Metadata
  readonly title: string | undefined
  readonly parentId: string | undefined
}

export type UploadOutcome = 'created' | 'updated' | 'unchanged' | 'relabelled' | 'retried'

export interface ExtractedFacts {
  readonly mediaType: string
  readonly title: string | undefined
  readonly pages: number | undefined
  readonly extractedSha256: string
  readonly warnings: readonly string[]
}

export interface DatabaseSummary {
  readonly documents: Readonly<Record<DocumentState, number>>
  readonly chunks: number
  readonly tokens: number
  readonly bytes: number
}

export interface VersionCoverage {
  readonly documents: number
  readonly chunks: number
  readonly tokens: number
}

export interface RememberedReply {
  readonly fingerprint: string
  readonly status: number
  readonly body: string
}

export interface PageRequest {
  readonly limit: number
  readonly cursor?: string
}

export interface PageOf<T> {
  readonly items: readonly T[]
  readonly nextCursor: string | undefined
}
