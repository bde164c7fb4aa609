import type { Reply } from 'quarry-engine/client'

export type Database = Reply<'listDatabases'>['databases'][number]
export type Job = Reply<'listJobs'>['jobs'][number]

export const isBusy = ({ jobs, documents }: Pick<Database, 'jobs' | 'documents'>): boolean =>
  jobs.queued + jobs.running > 0 || documents.queued + documents.processing > 0

/** Documents that are through, read or not. */
export const throughOf = ({ queued, processing, total }: Database['documents']): number => total - queued - processing

/**
 * How far a database is, from 0 to 1: by its documents while some are on their way, else by the running job that knows its
 * total (an index that is built anew leaves the documents as they are). Undefined while nobody knows.
 */
export function shareDone(documents: Database['documents'], running: readonly Pick<Job, 'done' | 'total'>[]): number | undefined {
  if (throughOf(documents) < documents.total) return throughOf(documents) / documents.total
  const told = running.find(({ total }) => total > 0)
  return told === undefined ? undefined : Math.min(1, told.done / told.total)
}

/** The last used first. */
export function byActivity(databases: readonly Database[]): readonly Database[] {
  return databases.toSorted((one, other) => Date.parse(other.last_activity_at) - Date.parse(one.last_activity_at))
}
