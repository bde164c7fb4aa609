import { setTimeout as sleep } from 'node:timers/promises'
import type { ReplyOf } from '../api/route.ts'
import type { Routes } from '../api/routes.ts'
import { AppError } from '../domain/errors.ts'
import type { Session } from './session.ts'
import { plural, quoted, say } from './show.ts'

type Database = ReplyOf<Routes['getDatabase']>

/** A server that has just started may not have made its sample database, or put a document into it, yet. */
const APPEARS_WITHIN_MS = 2000
const LOOK_AGAIN_MS = 300

/**
 * Before a question: documents that are on their way cannot be found. A server of this command's own reads them first,
 * since it ends with the command; another one goes on by itself, so that is only told.
 */
export async function settle(session: Session, database: string): Promise<void> {
  const { client, command, own, signal } = session
  const deadline = Date.now() + (own ? APPEARS_WITHIN_MS : 0)
  let told = false
  for (;;) {
    const found = await look(session, database, deadline)
    if (found === undefined) return
    const pending = found.documents.queued + found.documents.processing
    if (pending === 0 && (found.documents.total > 0 || Date.now() > deadline)) return
    if (pending === 0) {
      await sleep(LOOK_AGAIN_MS, undefined, { signal })
      continue
    }
    const are = `${plural(pending, 'document')} of ${quoted(found.name)} ${pending === 1 ? 'is' : 'are'} still to be read`
    if (!own) return say(`${are} and not found yet: ${command} status ${quoted(database)}`)
    if (!told) say(`${are}; waiting for that.`)
    told = true
    for await (const _ of client.stream('databaseEvents', { parameters: { database }, signal }));
    await sleep(LOOK_AGAIN_MS, undefined, { signal })
  }
}

/** Undefined for a key that may ask but not look. */
async function look({ client, signal }: Session, database: string, deadline: number): Promise<Database | undefined> {
  for (;;) {
    try {
      return await client.call('getDatabase', { parameters: { database }, signal })
    } catch (error) {
      if (error instanceof AppError && error.code === 'auth/forbidden') return undefined
      if (!(error instanceof AppError) || error.code !== 'database/not-found' || Date.now() > deadline) throw error
      await sleep(LOOK_AGAIN_MS, undefined, { signal })
    }
  }
}
