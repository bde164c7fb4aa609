import { ROUTES, type RouteName } from '../../api/routes.ts'
import { AppError } from '../../domain/errors.ts'
import type { AnswerState } from '../../flows/agent/state.ts'
import { SEALED } from '../../ports/graph.ts'
import type { World } from '../../ports/world.ts'
import type { Followable } from './events.ts'

/** How an answer was asked for: kept with its state; JSON. */
export interface Asked {
  readonly route: RouteName
  readonly parameters: Readonly<Record<string, string>>
  readonly body: unknown
  /** Under which its owner finds the newest one again. */
  readonly alias: string | undefined
}

/** What a process that is gone left of an answer that may be resumed. */
export interface LeftAnswer {
  readonly facts: Pick<Followable, 'id' | 'owner' | 'databaseIds' | 'publicationId' | 'sources' | 'conversationId' | 'startedAt'>
  /** To ask the same again at the same place of its conversation; undefined where words were written already: it only can end. */
  readonly asked: Asked | undefined
  /** Its conversation begins with it. */
  readonly begins: boolean
  /** It is this process's from then on: true for one of all that ask at once. */
  claim(): Promise<boolean>
  /** What was claimed is left again, for another try. */
  release(): Promise<void>
  /** Takes it away, with a conversation that would have begun with it. */
  end(): Promise<void>
}

export interface LeftAnswers {
  /** This owner's; `isGone`: that its process is, is known. */
  find(owner: string, id: string, isGone?: boolean): Promise<LeftAnswer | undefined>
  /** The newest stream of this owner under an alias, beside the one that is named, and when its state was kept, epoch ms. */
  newest(owner: string, alias: string, beside?: string): Promise<{ readonly id: string; readonly at: number } | undefined>
}

type Kept = Pick<World, 'checkpoints' | 'conversations' | 'hash' | 'log' | 'now'>

/** Under which an answer keeps its state: whoever did not ask it does not find it. */
export function runOf(world: Pick<World, 'hash'>, owner: string, streamId: string): string {
  return `${runsOf(world, owner)}${streamId}`
}

function runsOf({ hash }: Pick<World, 'hash'>, owner: string): string {
  return `${hash(owner).slice(0, 32)}.`
}

/**
 * Answers that were under way when their server stopped. `since` is when this process began, epoch ms: what was kept later may
 * still be somebody's, unless its process is known to be gone.
 */
export function leftAnswers(world: Kept, since: number): LeftAnswers {
  const { checkpoints } = world
  return {
    async find(owner, id, isGone = false) {
      const run = runOf(world, owner, id)
      const kept = await checkpoints.checkpoint(run)
      // What seems to be kept later than now was kept before the clock was set back.
      const mayRun = kept !== undefined && kept.at >= since && kept.at <= world.now()
      if (kept === undefined || (!isGone && mayRun)) return undefined
      const [kind, accountId, callerId, publicationId] = JSON.parse(owner) as [string, string, string, string] // ownerOf
      const { databaseIds, turn, asked } = stateIn(kept.state)
      const { conversationId, at } = kept
      const claimedAt = Math.max(world.now(), at + 1)
      const holder = kind === 'visitor' ? { visitorId: callerId } : { accountId }
      return {
        facts: { id, owner, databaseIds, publicationId: publicationId === '' ? undefined : publicationId, sources: undefined, conversationId, startedAt: at },
        asked: kept.node === SEALED ? undefined : againAt(asked, turn),
        begins: turn?.begins === true,
        claim: () => checkpoints.claimCheckpoint(run, at, claimedAt),
        release: async () => void (await checkpoints.claimCheckpoint(run, claimedAt, at)),
        async end() {
          await checkpoints.removeCheckpoint(run)
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
    },
    async newest(owner, alias, beside) {
      const runs = runsOf(world, owner)
      const kept = await checkpoints.checkpointsUnder(runs)
      const found = kept.find(({ id, state }) => id !== `${runs}${beside}` && stateIn(state).asked?.alias === alias)
      return found === undefined ? undefined : { id: found.id.slice(runs.length), at: found.at }
    },
  }
}

/** What every answer of this server keeps, of any version of it. */
function stateIn(state: string): Pick<AnswerState, 'databaseIds'> & Partial<Pick<AnswerState, 'turn'>> & { readonly asked?: Asked } {
  return JSON.parse(state)
}

/** A conversation goes on where the question stood, whatever was said elsewhere in it since. */
function againAt(asked: Asked | undefined, turn: AnswerState['turn']): Asked | undefined {
  if (asked === undefined || !Object.hasOwn(ROUTES, asked.route)) return undefined
  const at = turn === undefined ? {} : { conversation: turn.conversationId, parent: turn.after }
  return { ...asked, body: { ...(asked.body as object), ...at } } // as a route took it
}
