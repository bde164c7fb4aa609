import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { memoryCache } from '../src/adapters/memory/cache.ts'
import { memoryHealth } from '../src/adapters/memory/health.ts'
import { redisCache } from '../src/adapters/redis/cache.ts'
import { HAS_REDIS, redisServer } from '../src/adapters/redis/server.fixture.ts'
import { accountCaller } from '../src/domain/caller.ts'
import { DEFAULT_WEIGHTS, NO_EMBEDDER } from '../src/domain/database.ts'
import { AppError } from '../src/domain/errors.ts'
import { search } from '../src/flows/search.ts'
import type { Cache } from '../src/ports/cache.ts'
import type { World } from '../src/ports/world.ts'
import { readSettings } from '../src/settings.ts'
import { type OpenWorld, OWNER_ID, openData, openWorld } from '../src/wire.ts'
import { chunksOf, load, ms, newDatabase, quantiles, textSource, timed } from './http.ts'
import { DIMENSIONS, speedData } from './speed-data.ts'

const [QUESTIONS, CLIENTS, PER_DOCUMENT] = [300, 8, 100]
const MODEL = 'openai:bench'
const SIZES = { small: 200, large: 100_000 } as const
const LOG = { info: () => undefined, warn: console.error, error: console.error }
const never = new AbortController().signal
const caller = accountCaller(OWNER_ID, 'owner')

/** What it costs to look into the cache, and what it saves: the search alone, without HTTP, with a model that takes no time at all. */
export async function run(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'quarry-cache-'))
  const { settings } = readSettings({ QUARRY_DATA: folder })
  const owned = await openData(settings)
  const redis = HAS_REDIS ? await redisServer() : undefined
  const rows: string[] = []
  try {
    const questions = await fill(settings)
    const world = await openWorld(settings, 'api', { log: LOG })
    try {
      for (const database of ['small, by words', 'large, by words', 'large, hybrid'] as const) {
        for (const kind of ['none', 'memory', 'Redis'] as const) {
          if (kind === 'Redis' && redis === undefined) continue
          const cache =
            kind === 'Redis' ? redisCache({ url: redis?.url ?? '', health: memoryHealth(Date.now), log: LOG, local: () => memoryCache() }) : memoryCache()
          rows.push(...(await rowsOf(withCache(world, cache, kind === 'none', questions), database, kind, [...questions.keys()])))
          await cache.close()
        }
      }
    } finally {
      await world.close()
    }
  } finally {
    await redis?.stop()
    await owned.release()
    rmSync(folder, { recursive: true, force: true })
  }
  return ['| database | cache | question | one client | processor time each | eight clients |', '|---|---|---|---|---|---|', ...rows].join('\n')
}

async function fill(settings: Parameters<typeof openWorld>[0]): Promise<ReadonlyMap<string, Float32Array>> {
  const text = textSource()
  const data = speedData(SIZES.large, QUESTIONS * 2)
  const world = await openWorld(settings, 'worker', { log: LOG })
  try {
    for (const [name, size, embedder] of [
      ['small', SIZES.small, NO_EMBEDDER],
      ['large', SIZES.large, MODEL],
    ] as const) {
      const ref = await newDatabase(world, name, embedder)
      for (let at = 0; at < size; at += PER_DOCUMENT) {
        const chunks = chunksOf(`doc_${name}_${at}`, PER_DOCUMENT, text, (ordinal) => data.vectors[at + ordinal])
        await load(world, ref, [chunks], embedder !== NO_EMBEDDER)
      }
    }
  } finally {
    await world.close()
  }
  return new Map(data.queries.map((vector) => [text.words(4), vector]))
}

/** Without: as if what the database holds could not be told, so that nothing is looked up or kept. */
function withCache(world: OpenWorld, cache: Cache, isWithout: boolean, vectors: ReadonlyMap<string, Float32Array>): World {
  const generation = () => Promise.reject(new AppError('internal'))
  const embed = async ([text = '']: readonly string[]) => [vectors.get(text) ?? new Float32Array(DIMENSIONS).fill(1)]
  return {
    ...world,
    cache: isWithout ? memoryCache({ maxBytes: 0 }) : cache,
    ...(isWithout ? { chunks: { ...world.chunks, generation } } : {}),
    embedders: { ...world.embedders, open: async (name) => ({ name, dimensions: DIMENSIONS, where: 'local', embed }) },
  }
}

async function rowsOf(world: World, database: string, kind: string, questions: readonly string[]): Promise<string[]> {
  const [name = '', how] = database.split(', ')
  const { id } = await world.catalog.database(OWNER_ID, name)
  const weights = how === 'hybrid' ? DEFAULT_WEIGHTS : { dense: 0, lexical: 1 }
  const ask = (query: string) => search(world, caller, id, { query, n: 5, weights }, never)
  for (let index = 0; index < 50; index += 1) await ask(`warm ${questions[index]}`)
  const [one, many] = [questions.slice(0, QUESTIONS), questions.slice(QUESTIONS)]
  const rows: string[] = []
  for (const what of kind === 'none' ? ['any'] : ['new', 'asked before']) {
    const times: number[] = []
    const before = process.cpuUsage()
    for (const query of one) times.push(await timed(() => ask(query)))
    const { user, system } = process.cpuUsage(before)
    const processor = ms((user + system) / 1000 / one.length)
    const waiting = [...many]
    const client = async () => {
      for (let query = waiting.pop(); query !== undefined; query = waiting.pop()) await ask(query)
    }
    const took = await timed(() => Promise.all(Array.from({ length: CLIENTS }, client)))
    rows.push(`| ${database} | ${kind} | ${what} | ${quantiles(times)} | ${processor} | ${Math.round((many.length / took) * 1000)} queries/s |`)
    console.error(rows.at(-1))
  }
  return rows
}
