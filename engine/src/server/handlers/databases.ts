import type { z } from 'zod'
import type { databaseRoutes } from '../../api/databases.ts'
import type { answersInput } from '../../api/schemas.ts'
import { type AnswerSettings, DEFAULT_ANSWERS } from '../../domain/answering.ts'
import type { Caller, Level } from '../../domain/caller.ts'
import { type Database, modeOf } from '../../domain/database.ts'
import { checkAnswers } from '../../flows/answer-settings.ts'
import { modelSettings } from '../../flows/model-settings.ts'
import type { Handlers, Workshop } from '../handler.ts'
import { presentCounts, presentDatabase, presentError, presentJob, presentMode, presentUpload, presentVersion } from '../present.ts'
import { manages } from '../problems.ts'
import { loadSample } from '../sample.ts'
import { watchDatabase } from '../watch.ts'
import { takeFiles } from './documents.ts'

export function databaseHandlers({ world, flows, settings, pollMs }: Workshop): Handlers<keyof typeof databaseRoutes> {
  const { catalog, queue } = world

  async function shown(caller: Caller, database: Database) {
    const [version, summary, level, jobs] = await Promise.all([
      catalog.version(database.liveVersionId),
      catalog.summary(database.id),
      catalog.level(caller.accountId, database.id),
      queue.active([database.id]),
    ])
    return presentDatabase(database, version, summary, accessOf(caller, database, level), jobs.get(database.id) ?? IDLE)
  }

  const defaultModel = async () => (await modelSettings(world)).embeddingModel.value

  return {
    async createDatabaseFromFiles({ caller, form, signal }) {
      const lead = await form.lead()
      const { database } = await flows.createDatabase(world, caller, databaseInput(lead, await defaultModel()), signal)
      try {
        const uploads = await takeFiles({ world, flows, settings }, caller, database.id, form, signal)
        return { database: await shown(caller, database), ...uploads }
      } catch (fault) {
        // Half a database under the wanted name would stand in the way of the next attempt.
        await flows.removeDatabase(world, caller, database.id).catch((cause: unknown) => world.log.error('half-made-database-stays', { cause }))
        throw fault
      }
    },

    async createSample({ caller, signal }) {
      const { database, uploads } = await loadSample(world, caller, signal)
      return { database: await shown(caller, database), documents: uploads.map(presentUpload), refused: [] }
    },

    async databaseStatus({ caller, database }) {
      const [summary, versions, running, failed] = await Promise.all([
        catalog.summary(database.id),
        catalog.versions(database.id),
        queue.jobs(caller.ownerId, { databaseId: database.id, state: 'running', limit: 20 }),
        catalog.documents(caller.ownerId, database.id, { state: 'failed', limit: 20 }),
      ])
      const counts = presentCounts(summary)
      const waiting = counts.queued + counts.processing
      const live = versions.find(({ id }) => id === database.liveVersionId)
      const building = versions.find(({ state }) => state === 'building')
      const empty = counts.total === 0
      const hopeless = counts.failed > 0 && counts.ready + counts.archive === 0
      return {
        id: database.id,
        name: database.name,
        status: empty ? 'empty' : waiting > 0 ? 'processing' : hopeless ? 'failed' : 'ready',
        progress: empty ? 1 : (counts.total - waiting) / counts.total,
        ...presentMode(live === undefined ? { mode: 'lexical' } : modeOf(live.settings)),
        documents: counts,
        chunks: summary.chunks,
        jobs: running.items.map((job) => presentJob(job, manages(caller))),
        failed: failed.items.map(({ id, externalId, name, error }) => ({
          document_id: id,
          external_id: externalId,
          name,
          error: presentError(error, manages(caller)),
        })),
        building: building === undefined ? null : presentVersion(building),
      }
    },

    async listDatabases({ caller, query }) {
      const { databaseIds } = caller
      const page = await catalog.visible(caller.accountId, { ...pageOf(query), ...(databaseIds === 'all' ? {} : { only: databaseIds }) })
      const ids = page.items.map(({ database }) => database.id)
      const [seen, jobs] = await Promise.all([catalog.overview(ids), queue.active(ids)])
      const databases = page.items.flatMap(({ database, level }) => {
        const found = seen.get(database.id)
        if (found === undefined) return [] // it went away meanwhile
        return [presentDatabase(database, found.version, found.summary, accessOf(caller, database, level), jobs.get(database.id) ?? IDLE)]
      })
      return { databases, next_cursor: page.nextCursor ?? null }
    },

    async createDatabase({ caller, body, signal }) {
      const { database } = await flows.createDatabase(world, caller, databaseInput(body, await defaultModel()), signal)
      return shown(caller, database)
    },

    getDatabase: ({ caller, database }) => shown(caller, database),

    async updateDatabase({ caller, database, body }) {
      const { name, description, weights } = body
      const answers = answersOf(body.answers)
      checkAnswers(answers)
      return shown(
        caller,
        await catalog.updateDatabase(caller.ownerId, database.id, {
          ...(name === undefined ? {} : { name: name.normalize('NFC') }),
          ...(description === undefined ? {} : { description }),
          ...(weights === undefined ? {} : { weights }),
          answers,
        }),
      )
    },

    async removeDatabase({ caller, database }) {
      return { job: presentJob(await flows.removeDatabase(world, caller, database.id)) }
    },

    databaseEvents: ({ caller, database, signal }) => watchDatabase({ world, caller, database, pollMs, signal }),
  }
}

const IDLE = { queued: 0, running: 0 }

function accessOf(caller: Caller, database: Database, level: Level | undefined): 'owner' | Level {
  return database.ownerId === caller.accountId ? 'owner' : (level ?? 'read')
}

export function pageOf(query: { readonly limit: number; readonly cursor?: string | undefined }) {
  return { limit: query.limit, ...(query.cursor === undefined ? {} : { cursor: query.cursor }) }
}

interface WireDatabase {
  readonly name: string
  readonly description?: string | undefined
  readonly model?: string | undefined
  readonly chunk_size: number
  readonly chunk_overlap?: number | undefined
  readonly weights?: { readonly dense: number; readonly lexical: number } | undefined
  readonly answers?: WireAnswers | undefined
}

function databaseInput(wire: WireDatabase, defaultModel: string) {
  return {
    name: wire.name,
    model: wire.model ?? defaultModel,
    chunkSize: wire.chunk_size,
    ...(wire.description === undefined ? {} : { description: wire.description }),
    ...(wire.chunk_overlap === undefined ? {} : { chunkOverlap: wire.chunk_overlap }),
    ...(wire.weights === undefined ? {} : { weights: wire.weights }),
    ...(wire.answers === undefined ? {} : { answers: answersOf(wire.answers) }),
  }
}

type WireAnswers = z.output<typeof answersInput>

/** Null brings back what holds by default. */
function answersOf(wire: WireAnswers = {}): Partial<AnswerSettings> {
  const { chat_model, rerank_model, voice, strictness } = wire
  return {
    ...(chat_model === undefined ? {} : { chatModel: chat_model ?? undefined }),
    ...(rerank_model === undefined ? {} : { rerankModel: rerank_model ?? undefined }),
    ...(voice === undefined ? {} : { voice: voice === null || voice === '' ? undefined : voice }),
    ...(strictness === undefined ? {} : { strictness: strictness ?? DEFAULT_ANSWERS.strictness }),
  }
}
