import type { z } from 'zod'
import type { serverRoutes } from '../api/server.ts'
import { NO_EMBEDDER } from '../domain/database.ts'
import { AppError } from '../domain/errors.ts'
import { isFailing, type PartNote, type PartState } from '../domain/health.ts'
import type { ModelSettings } from '../domain/models.ts'
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
    last_error: note?.fault === undefined ? null : { at: iso(note.fault.at), error: presentProblem(note.fault.error) },
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
    part('chat', chatPart(settings, last('chat')), last('chat')),
    ...[...used].map(([name, databases]) => part('embedder', embedderPart(name, databases, last(`embedder:${name}`)), last(`embedder:${name}`))),
    ...(used.size === 0 ? [part('embedder', ok('No embedding model is used: databases are searched by words.'))] : []),
    part('keys', keysPart(settings)),
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

function chatPart({ chatModel, openaiKey }: ModelSettings, note: PartNote | undefined): Finding {
  const { value } = chatModel
  if (value === undefined) return ok('No language model is chosen: answers are the best sentences, quoted.', { configured: false })
  const facts = { configured: true }
  if (value.startsWith('openai:') && openaiKey.unusable !== undefined) {
    return {
      about: value,
      state: 'degraded',
      says: 'The language model has no key that can be used.',
      hint: 'Store the key again in the model settings.',
      facts,
    }
  }
  if (note === undefined) return { ...ok('The language model was not asked since the start.', facts), about: value }
  if (!isFailing(note)) return { ...ok('The language model answers.', facts), about: value }
  const hint = 'Check its address, key and name in the model settings, and test them there.'
  return { about: value, state: 'degraded', says: 'The language model did not answer the last time: answers are quoted sentences meanwhile.', hint, facts }
}

function embedderPart(name: string, databases: number, note: PartNote | undefined): Finding {
  const facts = { databases }
  if (note === undefined) return { ...ok('The embedding model was not asked since the start.', facts), about: name }
  if (!isFailing(note)) return { ...ok('The embedding model answers.', facts), about: name }
  const says = 'The embedding model did not answer the last time: searches compare words alone, and new documents wait for it.'
  return { about: name, state: 'degraded', says, hint: 'Check its address, key and name in the model settings, and test them there.', facts }
}

function keysPart({ openaiKey: { unusable, value } }: ModelSettings): Finding {
  if (unusable === 'other-secret') {
    const says = 'A stored key of a provider cannot be read: it was stored under another secret of the server, and counts as not set.'
    return { state: 'degraded', says, hint: 'Bring back the former QUARRY_SECRET or file "secret", or store the key again.' }
  }
  if (unusable === 'other-address') {
    const says = 'A stored key of a provider is for another address, and counts as not set.'
    return { state: 'degraded', says, hint: 'Store the key again for the address that is set now, or forget it.' }
  }
  return ok(value === undefined ? 'No key of a provider is set.' : 'The key of the provider can be used.')
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
