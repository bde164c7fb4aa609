import { MODEL_ADDRESSES } from '../domain/models.ts'
import type { World } from '../ports/world.ts'

const DAY_MS = 86_400_000

/**
 * The vector of a question, from the cache or made by `make`. The same text has the same vector with the same model, asked at the same
 * address, so whoever asked it first paid for it; what is kept is told from it by nobody who does not know the question.
 */
export async function cachedQueryVector(
  world: Pick<World, 'cache' | 'hash' | 'modelChoices' | 'givenModels'>,
  question: { readonly model: string; readonly dimensions: number; readonly text: string },
  make: () => Promise<Float32Array>,
): Promise<Float32Array> {
  const { model, dimensions, text } = question
  const key = `query-vector:${world.hash(JSON.stringify([await addresses(world), model, dimensions, text]))}`
  const kept = vectorOf(await world.cache.get(key), dimensions)
  if (kept !== undefined) return kept
  const made = await make()
  if (made.length === dimensions) void world.cache.set(key, Buffer.from(made.buffer, made.byteOffset, made.byteLength).toString('base64'), DAY_MS)
  return made
}

/** Where models are asked now: elsewhere another one may have the same name. Of all providers, since a change of any is rare. */
async function addresses({ modelChoices, givenModels }: Pick<World, 'modelChoices' | 'givenModels'>): Promise<readonly (string | undefined)[]> {
  const { values } = await modelChoices.read()
  return [...MODEL_ADDRESSES.map((name) => givenModels[name] ?? values[name]), givenModels.AWS_REGION]
}

/** Undefined for anything but a vector of this length that can be searched with: a cache may hold what another process left. */
function vectorOf(kept: string | undefined, dimensions: number): Float32Array | undefined {
  if (kept === undefined) return undefined
  const bytes = Buffer.from(kept, 'base64')
  if (bytes.length !== dimensions * Float32Array.BYTES_PER_ELEMENT) return undefined
  const vector = new Float32Array(new Uint8Array(bytes).buffer)
  return vector.every(Number.isFinite) && vector.some((value) => value !== 0) ? vector : undefined
}
