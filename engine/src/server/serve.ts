import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { accountCaller } from '../domain/caller.ts'
import { AppError } from '../domain/errors.ts'
import { CLAIM_MS, finishRemovals, makeClaimTicket } from '../flows/accounts.ts'
import type { World } from '../ports/world.ts'
import { isLoopback, type Settings } from '../settings.ts'
import { concurrencyOf, OWNER_ID, openData, openWorld, ownersComeFromProvider } from '../wire.ts'
import { limitGate } from './gate-limits.ts'
import { startServer } from './lifecycle.ts'
import { logTo } from './log.ts'
import { loadSample, SAMPLE_NAME } from './sample.ts'
import { type WebFiles, webFiles } from './web-files.ts'
import { startWorkerThread } from './worker.ts'

export interface ServeOptions {
  /** Nothing is printed: for a server that a command starts for itself. */
  readonly quiet: boolean
  /** Ends the server. */
  readonly stop: AbortSignal
}

/**
 * The whole of Quarry in one process: takes the data folder, starts API and worker, runs until it is told to stop,
 * and puts everything back in order.
 * @throws AppError store/locked, store/damaged, store/too-new, settings/invalid; what was opened is closed again
 */
export async function serve(settings: Settings, { quiet, stop }: ServeOptions): Promise<void> {
  const log = logTo(quiet ? 'error' : settings.LOG_LEVEL)
  await using stack = new AsyncDisposableStack()
  const folder = await openData(settings)
  stack.defer(() => folder.release())
  for (const warning of folder.warnings) log.warn('data-folder', { warning })
  const isFirstStart = !existsSync(folder.paths.catalog)
  const world = await openWorld(settings, 'api', { token: folder.token, signingKey: folder.signingKey, log })
  stack.defer(() => world.close())
  const claimed = await world.accounts.hasOwner()
  if (!claimed) assertClosed(settings)
  await finishRemovals(world)
  const worker = await startWorkerThread({ settings, concurrency: concurrencyOf(settings), signingKey: folder.signingKey }, log, { health: world.health })
  stack.defer(() => worker.close())
  const server = await startServer({ world, settings, gate: limitGate({ world, settings }), web: webOf(settings), onChange: () => worker.wake() })
  stack.defer(() => server.close())
  await folder.announce(server.address)
  if (!quiet) {
    greet(settings.PUBLIC_URL ?? server.address, settings, claimed ? undefined : await makeClaimTicket(world))
    if (isFirstStart && settings.QUARRY_SAMPLE === 'on') await prepareSample(world)
    worker.wake()
  }
  if (!stop.aborted) await once(stop, 'abort')
  if (!quiet) console.log('Quarry stops.')
}

/** @throws AppError settings/invalid when a folder was named and holds no web app */
function webOf({ QUARRY_WEB }: Settings): WebFiles | undefined {
  if (QUARRY_WEB === 'off') return undefined
  const isNamed = QUARRY_WEB !== 'built-in'
  const found = webFiles(isNamed ? QUARRY_WEB : resolve(import.meta.dirname, '../../../web/out'))
  if (found === undefined && isNamed) throw new AppError('settings/invalid', { problems: [`QUARRY_WEB ${QUARRY_WEB} holds no built web app`] })
  return found
}

/** The sample is a courtesy: without it the server is as good as with it. */
async function prepareSample(world: World): Promise<void> {
  try {
    await loadSample(world, accountCaller(OWNER_ID, 'owner'), new AbortController().signal)
  } catch (fault) {
    world.log.warn('sample-not-loaded', { cause: fault instanceof AppError ? fault.message : fault })
  }
}

/**
 * Nobody but who sits at this machine may claim it: so it is not opened to others before. @throws AppError settings/invalid
 */
function assertClosed(settings: Settings): void {
  if (isLoopback(settings.HOST) || ownersComeFromProvider(settings)) return
  const problem =
    'HOST reaches beyond this machine, which needs an owner account first: run "quarry users claim EMAIL" with this data folder, or start on 127.0.0.1 and open the claim link'
  throw new AppError('settings/invalid', { problems: [problem] })
}

function greet(address: string, settings: Settings, claimTicket: string | undefined): void {
  const lines = [
    `Quarry answers at ${address}`,
    claimTicket === undefined ? `  Sign in        ${address}/` : `  Claim it       ${address}/#claim=${claimTicket}`,
    ...(claimTicket === undefined ? [] : [`                 makes you its owner; the link works once, for ${CLAIM_MS / 86_400_000} days`]),
    `  API reference  ${address}/api/docs`,
    ...(settings.QUARRY_SAMPLE === 'on' ? [`  Ask            npx quarry ask ${SAMPLE_NAME} "How do I filter by year?"`] : []),
    `  Data           ${settings.QUARRY_DATA}`,
  ]
  if (!isLoopback(settings.HOST) && settings.PUBLIC_URL === undefined) {
    lines.push('  This server can be reached from other machines: put TLS in front of it and set PUBLIC_URL.')
  }
  console.log(lines.join('\n'))
}
