import { useQueryClient } from '@tanstack/react-query'
import type { Reply } from 'quarry-engine/client'
import { useEffect } from 'react'
import { keyOf, useCall } from '../../lib/api.ts'
import type { Database } from '../databases/database-context.ts'

export type Version = Reply<'listVersions'>['versions'][number]
export type Job = Reply<'getJob'>

const WATCH_MS = 1500
const KINDS: readonly Job['kind'][] = ['build', 'switch', 'drop']

export interface IndexWork {
  /** All that are not deleted, newest first. */
  readonly versions: readonly Version[]
  /** The running job of a version; undefined when it has none. */
  jobOf(version: string): Job | undefined
  /** The newest job that failed, with the version that it was for, as long as nothing newer came of it. */
  readonly failed: { readonly job: Job; readonly ordinal: number } | undefined
  /** A version is being built or switched to: no other can be begun. */
  readonly isBusy: boolean
  readonly isPending: boolean
  readonly fault: unknown
  readonly retry: () => void
}

/** The versions of a database and what is going on with them, watched while something is. */
export function useIndexWork(database: Database): IndexWork {
  const queries = useQueryClient()
  const parameters = { database: database.id }
  const listed = useCall(
    'listVersions',
    { parameters },
    { refetchInterval: ({ state }) => (state.data?.versions.some(isBuilding) === true ? WATCH_MS : false) },
  )
  const isWorking = listed.data?.versions.some(isBuilding) === true
  const jobs = useCall('listJobs', { query: { database: database.id, state: 'running', limit: 200 } }, { refetchInterval: isWorking ? WATCH_MS : false })
  const waiting = useCall('listJobs', { query: { database: database.id, state: 'queued', limit: 200 } }, { refetchInterval: isWorking ? WATCH_MS : false })
  const failures = useCall('listJobs', { query: { database: database.id, state: 'failed', limit: 50 } }, { refetchInterval: isWorking ? WATCH_MS : false })
  const all = listed.data?.versions ?? []
  const live = all.find(({ state }) => state === 'live')

  // The frame around the rooms shows mode and settings of the live version.
  useEffect(() => {
    if (live !== undefined && live.id !== database.live_version_id) void queries.invalidateQueries({ queryKey: keyOf('getDatabase') })
  }, [live, database.live_version_id, queries])

  const now = [...(jobs.data?.jobs ?? []), ...(waiting.data?.jobs ?? [])].filter(({ kind }) => KINDS.includes(kind))
  const newest = all.reduce((most, { ordinal }) => Math.max(most, ordinal), 0)
  const job = failures.data?.jobs.find(({ kind }) => KINDS.includes(kind))
  const of = all.find(({ id }) => id === job?.version_id)
  return {
    versions: all.filter(({ state }) => state !== 'dropped').toSorted((one, other) => other.ordinal - one.ordinal),
    jobOf: (version) => now.find(({ version_id }) => version_id === version),
    failed: job !== undefined && of !== undefined && of.ordinal === newest && of.state !== 'live' ? { job, ordinal: of.ordinal } : undefined,
    isBusy: isWorking,
    isPending: listed.isPending,
    fault: listed.data === undefined ? listed.error : null,
    retry: () => void listed.refetch(),
  }
}

export const isBuilding = ({ state }: Version): boolean => state === 'building'
