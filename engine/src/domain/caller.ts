/** What a caller may do. `manage` covers settings, versions and deletion of databases. */
export type Scope = 'query' | 'ask' | 'read' | 'write' | 'manage'
export const ALL_SCOPES: readonly Scope[] = ['query', 'ask', 'read', 'write', 'manage']

/** Who asks. Every look-up of an object goes by `ownerId`, so a foreign id and an unknown one look alike. */
export interface Caller {
  readonly kind: 'user' | 'key' | 'visitor'
  readonly id: string
  readonly ownerId: string
  readonly scopes: ReadonlySet<Scope>
  /** Only these databases, or all of the owner's. */
  readonly databaseIds: ReadonlySet<string> | 'all'
}

export function may(caller: Caller, scope: Scope, databaseId?: string): boolean {
  if (!caller.scopes.has(scope)) return false
  return caller.databaseIds === 'all' || databaseId === undefined || caller.databaseIds.has(databaseId)
}
