import { AppError, type Client } from 'quarry-engine/client'
import type { Document, Job } from './tracked.ts'
import { currentJobs } from './tracked.ts'

const PAGE = 200
/** Source: 10,000 jobs or documents are as many as one upload has; of more the counts tell. */
const MOST_PAGES = 50
const ASKED_SINGLY = 20

interface Place {
  readonly client: Client
  readonly databaseId: string
  readonly signal: AbortSignal
}

/** The jobs of what is going on now, newest first. */
export async function readCurrentJobs({ client, databaseId, signal }: Place, now: number): Promise<readonly Job[]> {
  const jobs: Job[] = []
  let cursor: string | undefined
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const reply = await client.call('listJobs', { query: { database: databaseId, limit: PAGE, ...(cursor === undefined ? {} : { cursor }) }, signal })
    jobs.push(...reply.jobs)
    cursor = reply.next_cursor ?? undefined
    if (cursor === undefined || !currentJobs(jobs, now).more) break
  }
  return currentJobs(jobs, now).current
}

export async function readFailed({ client, databaseId, signal }: Place): Promise<readonly Document[]> {
  const failed: Document[] = []
  let cursor: string | undefined
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const query = { state: 'failed' as const, limit: PAGE, ...(cursor === undefined ? {} : { cursor }) }
    const reply = await client.call('listDocuments', { parameters: { database: databaseId }, query, signal })
    failed.push(...reply.documents)
    cursor = reply.next_cursor ?? undefined
    if (cursor === undefined) break
  }
  return failed
}

/**
 * Finds the documents with these ids: the newest are listed, because those are the likely ones; a few of the rest are
 * asked for one by one, and the others at the next look.
 */
export async function findDocuments(
  { client, databaseId, signal }: Place,
  wanted: ReadonlySet<string>,
): Promise<{ readonly found: readonly Document[]; readonly gone: readonly string[] }> {
  const missing = new Set(wanted)
  const found: Document[] = []
  const gone: string[] = []
  let cursor: string | undefined
  const pages = Math.min(MOST_PAGES, Math.ceil(wanted.size / PAGE) + 2)
  for (let page = 0; page < pages && missing.size > 0; page += 1) {
    const reply = await client.call('listDocuments', {
      parameters: { database: databaseId },
      query: { limit: PAGE, ...(cursor === undefined ? {} : { cursor }) },
      signal,
    })
    for (const document of reply.documents) if (missing.delete(document.id)) found.push(document)
    cursor = reply.next_cursor ?? undefined
    if (cursor === undefined) return { found, gone: [...missing] }
  }
  for (const document of [...missing].slice(0, ASKED_SINGLY)) {
    try {
      found.push(await client.call('getDocument', { parameters: { database: databaseId, document }, signal }))
    } catch (fault) {
      if (!(fault instanceof AppError) || fault.code !== 'document/not-found') throw fault
      gone.push(document)
    }
  }
  return { found, gone }
}
