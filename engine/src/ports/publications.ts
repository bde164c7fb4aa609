import type { Strictness } from '../domain/answering.ts'
import type { Publication, Visitor } from '../domain/publication.ts'

/**
 * Chats opened to strangers, and the strangers.
 *
 * Errors  AppError `publication/not-found` (also for another account's), `visitor/not-found`, and those of the stores.
 */
export interface Publications {
  createPublication(input: Omit<Publication, 'createdAt' | 'revokedAt' | 'feedback'>): Promise<Publication>
  /** Of its maker, revoked ones too. */
  publication(accountId: string, id: string): Promise<Publication>
  /** Newest first, revoked ones too. */
  publications(accountId: string): Promise<readonly Publication[]>
  /** For strangers: undefined when it is revoked, its time is over, or its maker is not active. */
  openPublication(id: string): Promise<Publication | undefined>
  updatePublication(accountId: string, id: string, change: PublicationChange): Promise<Publication>
  /** At once; moves `rights()`. Again is harmless. */
  revokePublication(accountId: string, id: string): Promise<Publication>

  /**
   * Made when a visitor first does something: a look at the page leaves nothing behind. Again with the same id returns the first.
   * @throws publication/not-found when it is not open, visitor/not-found when the id is one of another publication
   */
  createVisitor(input: { readonly id: string; readonly publicationId: string; readonly deleteAt: number }): Promise<Visitor>
  /** Undefined when it never did anything or was deleted. */
  visitor(id: string): Promise<Visitor | undefined>
  /** At most one write a minute; the date only moves away. */
  seenVisitor(id: string, deleteAt: number): Promise<void>
  /**
   * A visitor who signed in takes the conversations along: they are the account's from now on and have no deletion date;
   * the visitor's token no longer counts. Returns how many. Again returns 0. @throws visitor/not-found
   */
  claimVisitor(id: string, accountId: string): Promise<number>
  /** Deletes a visitor with all conversations, at once. Returns whether there was one; one that was claimed stays with its account. */
  removeVisitor(id: string): Promise<boolean>
  /** Deletes visitors whose date has come, with their conversations. Returns how many visitors. */
  sweepVisitors(): Promise<number>
}

export type PublicationChange = Partial<Pick<Publication, 'title' | 'databaseIds' | 'origins' | 'sources' | 'keepDays' | 'guard'>> & {
  readonly greeting?: string | null
  readonly voice?: string | null
  readonly strictness?: Strictness | null
  readonly planId?: string | null
  readonly expiresAt?: number | null
}
