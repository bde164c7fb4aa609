import type { Reply } from 'quarry-engine/client'

export type Key = Reply<'getKey'>
export type Scope = Key['scopes'][number]
export type MadeKey = Reply<'createKey'>

export const SCOPES: readonly Scope[] = ['query', 'ask', 'read', 'write', 'manage']
/** Rights that go with a bound filter. */
export const BOUND_SCOPES: readonly Scope[] = ['query', 'ask', 'read']

/** Why a key does not count any more; undefined when it does. */
export function endOf({ revoked_at, expires_at }: Key, now = Date.now()): 'revoked' | 'expired' | undefined {
  if (revoked_at !== null) return 'revoked'
  return expires_at !== null && Date.parse(expires_at) <= now ? 'expired' : undefined
}

export const opens = ({ databases }: Pick<Key, 'databases'>, database: string): boolean => databases === 'all' || databases.includes(database)

/** Lines of a box, without empty ones. */
export const linesOf = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.trim().replace(/\/$/, ''))
    .filter((line) => line !== '')

/** The first line that is no origin. */
export const wrongOrigin = (text: string): string | undefined => linesOf(text).find((line) => !isOrigin(line))

function isOrigin(text: string): boolean {
  return URL.canParse(text) && new URL(text).origin === text && /^https?:/.test(text)
}
