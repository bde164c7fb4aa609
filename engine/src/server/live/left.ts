import { AppError } from '../../domain/errors.ts'
import type { World } from '../../ports/world.ts'
import type { Followable } from './events.ts'

/** What a process that is gone left of an answer that may be resumed. */
export interface LeftAnswer {
  readonly facts: Pick<Followable, 'id' | 'owner' | 'databaseIds' | 'publicationId' | 'sources' | 'conversationId' | 'startedAt'>
  /** Takes it away, with a conversation that would have begun with it. */
  end(): Promise<void>
}

type Kept = Pick<World, 'checkpoints' | 'conversations' | 'hash' | 'log'>

/** Under which an answer keeps its state: whoever did not ask it does not find it. */
export function runOf(world: Pick<World, 'hash'>, owner: string, streamId: string): string {
  return `${streamId}.${world.hash(owner).slice(0, 32)}`
}

/**
 * Answers that were under way when their server stopped. `since` is when this process began, epoch ms: what was kept later may
 * still be somebody's, unless its process is known to be gone.
 */
export function leftAnswers(world: Kept, since: number): (owner: string, id: string, isGone?: boolean) => Promise<LeftAnswer | undefined> {
  return async (owner, id, isGone = false) => {
    const run = runOf(world, owner, id)
    const kept = await world.checkpoints.checkpoint(run)
    if (kept === undefined || (!isGone && kept.at >= since)) return undefined
    const [kind, accountId, callerId, publicationId] = JSON.parse(owner) as [string, string, string, string] // ownerOf
    const { databaseIds } = JSON.parse(kept.state) as { readonly databaseIds: readonly string[] } // what every answer keeps
    const { conversationId, at } = kept
    const holder = kind === 'visitor' ? { visitorId: callerId } : { accountId }
    return {
      facts: { id, owner, databaseIds, publicationId: publicationId === '' ? undefined : publicationId, sources: undefined, conversationId, startedAt: at },
      async end() {
        await world.checkpoints.removeCheckpoint(run)
        if (conversationId === undefined) return
        try {
          const messages = await world.conversations.messages(holder, conversationId, { most: 1 })
          if (messages.length === 0) await world.conversations.removeConversation(holder, conversationId)
        } catch (error) {
          if (error instanceof AppError && error.code === 'conversation/not-found') return
          world.log.error('empty-conversation-stays', { conversation: conversationId, error })
        }
      },
    }
  }
}
