import type { Reply } from 'quarry-engine/client'

export type Version = Reply<'listVersions'>['versions'][number]

/** Versions that questions may be put to, newest first: also while one is brought up to date to be switched to. */
export function answering(versions: readonly Version[]): readonly Version[] {
  return versions.filter(isAnswering).toSorted((one, other) => other.ordinal - one.ordinal)
}

export function isAnswering({ state, built_at, switched_at }: Version): boolean {
  return state === 'building' ? built_at !== null || switched_at !== null : state !== 'dropped'
}
