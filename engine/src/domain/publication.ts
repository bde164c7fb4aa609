import type { GuardPolicy, Strictness } from './answering.ts'

/** One or several databases opened to strangers as a chat. It works as long as its maker may manage each of them. */
export interface Publication {
  /** 128 random bits: knowing it is what lets a stranger in. */
  readonly id: string
  readonly accountId: string
  readonly title: string
  readonly greeting: string | undefined
  readonly databaseIds: readonly string[]
  /** Pages that may embed or call it; empty: only this server's own page. */
  readonly origins: readonly string[]
  /** What a visitor may open: the quotes of answers alone, or the text of the documents around them. */
  readonly sources: 'quotes' | 'documents'
  readonly guard: GuardPolicy
  /** How a model is to write; undefined: as the databases say. */
  readonly voice: string | undefined
  /** Undefined: as the databases say; they may be stricter. */
  readonly strictness: Strictness | undefined
  readonly planId: string | undefined
  /** Conversations and visitors are deleted this many days after the last message. */
  readonly keepDays: number
  readonly createdAt: number
  readonly expiresAt: number | undefined
  readonly revokedAt: number | undefined
  /** How many answers its visitors rated so, also in conversations that are gone. */
  readonly feedback: { readonly up: number; readonly down: number }
}

export interface Visitor {
  readonly id: string
  readonly publicationId: string
  readonly createdAt: number
  readonly lastSeenAt: number
  /** When it is deleted with its conversations unless it comes again. */
  readonly deleteAt: number
  /** The account that took its conversations over; such a visitor's token no longer counts. */
  readonly claimedBy: string | undefined
}
