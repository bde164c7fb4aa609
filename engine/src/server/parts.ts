import type { z } from 'zod'
import type { serverRoutes } from '../api/server.ts'
import { NO_RERANKER } from '../domain/answering.ts'
import { NO_EMBEDDER } from '../domain/database.ts'
import { AppError } from '../domain/errors.ts'
import { isFailing, type PartNote, type PartState } from '../domain/health.ts'
import { MODEL_KEYS, type ModelSettings, providerOf } from '../domain/models.ts'
import { modelSettings } from '../flows/model-settings.ts'
import type { World } from '../ports/world.ts'
import { iso, presentProblem } from './present.ts'

// How the parts of the server are. Only stores on this machine are looked at; of all else the last known result is told.

type WirePart = z.input<(typeof serverRoutes)['serverParts']['reply']['schema']>['parts'][number]
type Finding = Pick<WirePart, 'state' | 'says' | 'hint'> & Partial<Pick<WirePart, 'about' | 'facts'>>

/** Below this uploads will soon be refused, and below that they are. */
const LITTLE_ROOM = 2 ** 30
const NO_ROOM = 64 * 2 ** 20
/** A job that waits longer than this although nothing else runs has been forgotten. */
const LONG_WAIT_SECONDS = 600

const ok = (says: string, facts: WirePart['facts'] = {}): Finding => ({ state: 'ok', says, hint: null, facts })

export async function partsOf(world: World): Promise<readonly WirePart[]> {
  const part = (name: WirePart['name'], finding: Finding, note: PartNote | undefined = undefined): WirePart => ({
    about: null,
    facts: {},
    ...finding,
    name,
    last_error: note?.fault === undefined ? null : { at: iso(note.fault.at), error: presentProblem(note.fault.error, true) },
  })
  const { health } = world
  const last = (name: string) => health.last(name)
  const found = await catalogParts(world)
  if (found === undefined) {
    const down: Finding = {
      state: 'down',
      says: 'The catalog cannot be read.',
      hint: 'See the server log; restore quarry.sqlite from a backup when it is damaged.',
    }
    return [part('catalog', down)]
  }
  const { depth, waitingSince, embedders, settings } = found
  const used = new Map(embedders.map(({ embedder, databases }) => [embedder, databases]))
  const chosen = settings.embeddingModel.value
  if (chosen !== NO_EMBEDDER && !used.has(chosen)) used.set(chosen, 0)
  return [
    part('catalog', ok('The catalog answers.')),
    part('chunks', chunksPart(last('chunks')), last('chunks')),
    part('blobs', await roomPart(world), last('blobs')),
    part('queue', queuePart(depth, waitingSince === undefined ? 0 : Math.max(0, Math.round((world.now() - waitingSince) / 1000)))),
    part('worker', workerPart(last('worker')), last('worker')),
    part('extraction', extractionPart(last('extraction')), last('extraction')),
    ...chatParts(settings, health).map(({ finding, note }) => part('chat', finding, note)),
    ...rerankerParts(settings, health).map(({ finding, note }) => part('reranker', finding, note)),
    ...[...used].map(([name, databases]) => part('embedder', embedderPart(name, databases, last(`embedder:${name}`)), last(`embedder:${name}`))),
    ...(used.size === 0 ? [part('embedder', ok('No embedding model is used: databases are searched by words.'))] : []),
    part('keys', keysPart(settings)),
    part('cache', cachePart(world, last('cache')), last('cache')),
    part('mail', mailPart(world, last('mail')), last('mail')),
    part('identity', identityPart(world, last('identity')), last('identity')),
  ]
}

export function worstOf(parts: readonly { readonly state: PartState }[]): PartState {
  const states = new Set(parts.map(({ state }) => state))
  return states.has('down') ? 'down' : states.has('degraded') ? 'degraded' : 'ok'
}

async function catalogParts(world: World) {
  try {
    const [depth, waitingSince, embedders, settings] = await Promise.all([
      world.queue.depth(),
      world.queue.waitingSince(),
      world.catalog.embeddersInUse(),
      modelSettings(world),
    ])
    return { depth, waitingSince, embedders, settings }
  } catch (error) {
    if (error instanceof AppError) return undefined
    throw error
  }
}

function chunksPart(note: PartNote | undefined): Finding {
  if (note === undefined || !isFailing(note)) return ok('The indexes answer.')
  const says = 'The last use of an index failed.'
  return { state: 'degraded', says, hint: 'The error names the file: restore it from a backup, or delete that database and upload its documents again.' }
}

async function roomPart(world: World): Promise<Finding> {
  try {
    const space = await world.blobs.space()
    if (space === undefined) return ok('Uploaded files can be kept.')
    const facts = { free_bytes: space.free, total_bytes: space.total }
    if (space.free < NO_ROOM)
      return { state: 'down', says: 'The disk is full: nothing more can be uploaded.', hint: 'Delete documents, or give the data folder more room.', facts }
    if (space.free < LITTLE_ROOM)
      return { state: 'degraded', says: 'The disk is nearly full.', hint: 'Delete documents, or give the data folder more room.', facts }
    return ok('There is room for more files.', facts)
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    return { state: 'down', says: 'The folder of uploaded files cannot be reached.', hint: 'Check the folder blobs in the data folder.' }
  }
}

function queuePart({ queued, running }: { readonly queued: number; readonly running: number }, waiting: number): Finding {
  const facts = { queued, running, oldest_waiting_seconds: waiting }
  if (queued + running === 0) return ok('No job is waiting.', facts)
  if (running === 0 && waiting > LONG_WAIT_SECONDS) {
    return { state: 'degraded', says: 'Jobs wait and none is running.', hint: 'Start the server again; when that does not help, see its log.', facts }
  }
  return ok(running === 0 ? 'Jobs are about to begin.' : 'Jobs are running.', facts)
}

function workerPart(note: PartNote | undefined): Finding {
  if (note === undefined || !isFailing(note)) return ok('The worker runs.')
  return {
    state: 'down',
    says: 'The worker ended and has not started again yet.',
    hint: 'It is started again by itself; when it stays so, see the server log.',
  }
}

function extractionPart(note: PartNote | undefined): Finding {
  if (note === undefined) return ok('No document was read since the start.')
  if (!isFailing(note)) return ok('Documents are read.')
  return {
    state: 'degraded',
    says: 'The process that reads documents ended without a result.',
    hint: 'It is tried again by itself; when it stays so, see the server log.',
  }
}

/** The language model that is chosen, the one that takes its place, and those of single databases that were asked since the start. */
function chatParts(settings: ModelSettings, health: World['health']): readonly Named[] {
  const chosen = settings.chatModel.value
  const noted = health.all('chat:').map(({ part }) => part.slice('chat:'.length))
  const names = new Set([chosen, settings.fallbackModel.value, ...noted].filter((name) => name !== undefined))
  const none = ok('No language model is chosen: answers are the best sentences, quoted.', { configured: false })
  const found = [...names].map((name) => {
    const note = health.last(`chat:${name}`)
    return { finding: { ...chatPart(settings, name, note), about: name, facts: { configured: true } }, note }
  })
  return chosen === undefined ? [{ finding: none, note: undefined }, ...found] : found
}

interface Named {
  readonly finding: Finding
  readonly note: PartNote | undefined
}

function chatPart(settings: ModelSettings, name: string, note: PartNote | undefined): Finding {
  if (isUnusable(settings, name)) {
    return { state: 'degraded', says: 'The language model has no key that can be used.', hint: 'Store the key again in the model settings.' }
  }
  if (note === undefined) return ok('The language model was not asked since the start.')
  if (!isFailing(note)) return ok('The language model answers.')
  const says =
    settings.fallbackModel.value === undefined || settings.fallbackModel.value === name
      ? 'The language model did not answer the last time: answers are quoted sentences meanwhile.'
      : 'The language model did not answer the last time: the fallback model writes meanwhile.'
  return { state: 'degraded', says, hint: ASK_AGAIN }
}

const ASK_AGAIN = 'Check its address, key and name in the model settings, and test them there.'

/** Whether the key of its provider is kept and cannot be used. */
function isUnusable({ keys }: ModelSettings, name: string): boolean {
  const key = MODEL_KEYS.find((one) => one === `${providerOf(name).toUpperCase()}_API_KEY`)
  return key !== undefined && keys[key].unusable !== undefined
}

function rerankerParts({ rerankModel }: ModelSettings, health: World['health']): readonly Named[] {
  const chosen = rerankModel.value === NO_RERANKER ? undefined : rerankModel.value
  const noted = health.all('reranker:').map(({ part }) => part.slice('reranker:'.length))
  const names = new Set([chosen, ...noted].filter((name) => name !== undefined))
  if (names.size === 0) return [{ finding: ok('No reranker is chosen: passages stay as the search orders them.', { configured: false }), note: undefined }]
  return [...names].map((name) => {
    const note = health.last(`reranker:${name}`)
    return { finding: { ...rerankerPart(note), about: name, facts: { configured: true } }, note }
  })
}

function rerankerPart(note: PartNote | undefined): Finding {
  if (note === undefined) return ok('The reranker was not asked since the start.')
  if (!isFailing(note)) return ok('The reranker answers.')
  return { state: 'degraded', says: 'The reranker did not answer the last time: passages stay as the search orders them meanwhile.', hint: ASK_AGAIN }
}

function embedderPart(name: string, databases: number, note: PartNote | undefined): Finding {
  const facts = { databases }
  if (note === undefined) return { ...ok('The embedding model was not asked since the start.', facts), about: name }
  if (!isFailing(note)) return { ...ok('The embedding model answers.', facts), about: name }
  const says = 'The embedding model did not answer the last time: searches compare words alone, and new documents wait for it.'
  return { about: name, state: 'degraded', says, hint: ASK_AGAIN, facts }
}

function keysPart({ keys }: ModelSettings): Finding {
  const all = MODEL_KEYS.map((name) => ({ name, ...keys[name] }))
  const bad = all.find(({ unusable }) => unusable !== undefined)
  if (bad?.unusable === 'other-secret') {
    const says = 'A stored key of a provider cannot be read: it was stored under another secret of the server, and counts as not set.'
    return { about: bad.name, state: 'degraded', says, hint: 'Bring back the former QUARRY_SECRET or file "secret", or store the key again.' }
  }
  if (bad?.unusable === 'other-address') {
    const says = 'A stored key of a provider is for another address, and counts as not set.'
    return { about: bad.name, state: 'degraded', says, hint: 'Store the key again for the address that is set now, or forget it.' }
  }
  const set = all.filter(({ value }) => value !== undefined).length
  return ok(set === 0 ? 'No key of a provider is set.' : set === 1 ? 'The key of the provider can be used.' : 'The keys of the providers can be used.')
}

function cachePart({ cache }: World, note: PartNote | undefined): Finding {
  const facts = { shared: cache.isShared }
  if (!cache.isShared) return ok('What may be forgotten is kept in the memory of this process.', facts)
  if (note === undefined) return ok('The shared cache was not used since the start.', facts)
  if (!isFailing(note)) return ok('The shared cache answers.', facts)
  const says = 'The shared cache does not answer: each process goes on with its own memory, and streams can be resumed only where they began.'
  return { state: 'degraded', says, hint: 'Check REDIS_URL, and that Redis runs and has memory left; it is used again by itself.', facts }
}

function mailPart({ mailer }: World, note: PartNote | undefined): Finding {
  if (mailer === undefined) return ok('No mail server is set: links are handed over by hand.', { configured: false })
  if (note === undefined || !isFailing(note)) return ok('Letters are sent.', { configured: true })
  return { state: 'degraded', says: 'The last letter could not be sent.', hint: 'Check SMTP_URL, or hand links over yourself.', facts: { configured: true } }
}

function identityPart({ identity }: World, note: PartNote | undefined): Finding {
  if (identity === undefined) return ok('No sign-in provider is set: people sign in with a password.', { configured: false })
  const facts = { configured: true }
  if (note === undefined || !isFailing(note)) return { ...ok('People can sign in through the provider.', facts), about: identity.name }
  const says = 'The sign-in provider did not answer the last time.'
  return { about: identity.name, state: 'degraded', says, hint: 'Sessions that are open stay so; check OIDC_ISSUER and the connection to it.', facts }
}
