import type { AnswerSettings } from '../domain/answering.ts'
import type { Caller } from '../domain/caller.ts'
import {
  DATABASE_NAME,
  type Database,
  DEFAULT_CHUNK_OVERLAP,
  DEFAULT_CHUNK_SIZE,
  DEFAULT_WEIGHTS,
  type IndexSettings,
  type IndexVersion,
  NO_EMBEDDER,
  type RetrievalWeights,
} from '../domain/database.ts'
import type { Document } from '../domain/document.ts'
import { AppError } from '../domain/errors.ts'
import type { Job } from '../domain/job.ts'
import { METADATA_KEY, METADATA_LIMITS, type Metadata } from '../domain/metadata.ts'
import type { UploadOutcome } from '../ports/catalog.ts'
import type { World } from '../ports/world.ts'
import { ANALYZER } from '../steps/analyze/analyze.ts'
import { checkAnswers } from './answer-settings.ts'
import { relabel } from './relabel.ts'
import { accepted, putWithin, roomForUpload } from './storage.ts'

export interface NewDatabaseInput {
  readonly name: string
  readonly description?: string
  readonly model?: string
  readonly chunkSize?: number
  readonly chunkOverlap?: number
  readonly weights?: RetrievalWeights
  readonly answers?: Partial<AnswerSettings>
}

/** Source: below 32 tokens a chunk says nothing; above 8,192 no usual embedder takes it whole. */
export const CHUNK_SIZE_LIMITS = { least: 32, most: 8192 } as const

/** @throws AppError database/exists, request/invalid, model/unknown, model/unavailable, model/not-installed */
export async function createDatabase(
  world: World,
  caller: Caller,
  input: NewDatabaseInput,
  signal: AbortSignal,
): Promise<{ readonly database: Database; readonly version: IndexVersion }> {
  const name = input.name.normalize('NFC')
  if (!DATABASE_NAME.test(name)) throw new AppError('request/invalid', { at: 'name', expected: '1 to 100 characters without slashes or control characters' })
  const { answers = {} } = input
  checkAnswers(answers)
  const settings = await indexSettings(world, input, signal)
  const created = await world.catalog.createDatabase({
    ownerId: caller.ownerId,
    name,
    description: input.description,
    weights: input.weights ?? DEFAULT_WEIGHTS,
    settings,
    answers,
  })
  await prepareVersion(world, created.version)
  return created
}

/** Makes the stores of a version; safe to run again. */
export async function prepareVersion(world: World, version: IndexVersion): Promise<void> {
  const ref = { databaseId: version.databaseId, versionId: version.id, settings: version.settings }
  await world.chunks.create(ref)
  if (version.settings.embedder !== NO_EMBEDDER) await world.vectors.create(ref)
}

/** Checks what a person chose and asks the model for its dimensions. */
export async function indexSettings(
  world: World,
  input: Pick<NewDatabaseInput, 'model' | 'chunkSize' | 'chunkOverlap'>,
  signal: AbortSignal,
  base?: IndexSettings,
): Promise<IndexSettings> {
  const embedder = input.model ?? base?.embedder ?? NO_EMBEDDER
  const chunkSize = input.chunkSize ?? base?.chunkSize ?? DEFAULT_CHUNK_SIZE
  const chunkOverlap = input.chunkOverlap ?? Math.min(base?.chunkOverlap ?? DEFAULT_CHUNK_OVERLAP, Math.floor(chunkSize / 4))
  checkChunking(chunkSize, chunkOverlap)
  const dimensions = embedder === NO_EMBEDDER ? 0 : (await world.embedders.open(embedder, signal)).dimensions
  return { embedder, dimensions, chunkSize, chunkOverlap, analyzer: ANALYZER }
}

/** @throws AppError request/invalid */
export function checkChunking(chunkSize: number, chunkOverlap: number): void {
  const { least, most } = CHUNK_SIZE_LIMITS
  if (!Number.isInteger(chunkSize) || chunkSize < least || chunkSize > most) {
    throw new AppError('request/invalid', { at: 'chunk_size', expected: `a whole number of tokens from ${least} to ${most}`, got: chunkSize })
  }
  if (!Number.isInteger(chunkOverlap) || chunkOverlap < 0 || chunkOverlap > chunkSize / 2) {
    throw new AppError('request/invalid', { at: 'chunk_overlap', expected: 'a whole number of tokens from 0 to half of chunk_size', got: chunkOverlap })
  }
}

export interface UploadInput {
  readonly externalId?: string
  readonly name: string
  readonly mediaType: string
  readonly title?: string
  readonly metadata: Metadata
  readonly content: AsyncIterable<Uint8Array>
  readonly maxBytes: number
}

export interface UploadReply {
  readonly document: Document
  readonly outcome: UploadOutcome
  readonly job: Job | undefined
}

/**
 * Takes a file in: streams it to the blob store, then commits document and job together. What is acknowledged is
 * durable. The same `externalId` again is an update, or nothing when nothing changed.
 * @throws AppError limit/storage, request/too-large, request/invalid, document/empty, database/not-found, store/…
 */
export async function uploadFile(world: World, caller: Caller, databaseId: string, input: UploadInput, signal: AbortSignal): Promise<UploadReply> {
  checkMetadata(input.metadata)
  const name = shownName(input.name)
  const externalId = input.externalId ?? name
  if (externalId.length === 0 || externalId.length > 1024) throw new AppError('request/invalid', { at: 'external_id', expected: '1 to 1024 characters' })
  const database = await world.catalog.database(caller.ownerId, databaseId)
  const place = { databaseId: database.id, externalId }
  const room = await roomForUpload(world, caller, place)
  const blob = await putWithin(world, abortable(input.content, signal), input.maxBytes, room)
  world.reach('upload/blob-stored')
  if (blob.size === 0) throw new AppError('document/empty', { name, size: 0 })
  const reply = await accepted(world, caller, place, blob, () =>
    world.catalog.acceptUpload({
      databaseId: database.id,
      ownerId: caller.ownerId,
      externalId,
      name,
      mediaType: input.mediaType,
      size: blob.size,
      sha256: blob.sha256,
      metadata: input.metadata,
      title: input.title,
      parentId: undefined,
    }),
  )
  world.reach('upload/accepted')
  if (reply.outcome === 'relabelled' && reply.job === undefined) await relabel(world, reply.document)
  return reply
}

/** @throws AppError request/invalid naming the first field that breaks a rule */
export function checkMetadata(metadata: Metadata): void {
  const entries = Object.entries(metadata)
  const { keys, stringLength, listLength } = METADATA_LIMITS
  if (entries.length > keys) throw new AppError('request/invalid', { at: 'metadata', expected: `at most ${keys} fields`, got: entries.length })
  for (const [key, value] of entries) {
    const at = `metadata.${key.slice(0, 64)}`
    if (!METADATA_KEY.test(key)) throw new AppError('request/invalid', { at, expected: 'a name of 1 to 64 letters, digits, _ . -' })
    const values: readonly unknown[] = Array.isArray(value) ? value : [value]
    if (values.length > listLength) throw new AppError('request/invalid', { at, expected: `a list of at most ${listLength} values`, got: values.length })
    const types = new Set(values.map((one) => typeof one))
    const fits = values.every((one) => (typeof one === 'string' ? one.length <= stringLength : typeof one === 'boolean' || Number.isFinite(one)))
    if (!fits || types.size > 1)
      throw new AppError('request/invalid', { at, expected: `texts of at most ${stringLength} characters, numbers, true or false; lists of one type` })
  }
}

/** The name as a person sees it: no control characters, no leading slashes; it is never a path here. */
function shownName(raw: string): string {
  const name = raw
    .toWellFormed()
    .normalize('NFC')
    .replace(/[\p{Cc}\p{Cf}]/gu, '')
    .replaceAll('\\', '/')
    .split('/')
    .filter((part) => part !== '' && part !== '.' && part !== '..')
    .join('/')
    .slice(0, 512)
  return name === '' ? 'unnamed' : name
}

async function* abortable(content: AsyncIterable<Uint8Array>, signal: AbortSignal): AsyncIterable<Uint8Array> {
  for await (const piece of content) {
    if (signal.aborted) throw new AppError('request/aborted')
    yield piece
  }
}
