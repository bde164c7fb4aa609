import type { traceRoutes } from '../../api/traces.ts'
import type { Caller } from '../../domain/caller.ts'
import { AppError } from '../../domain/errors.ts'
import { databaseFor } from '../access.ts'
import type { Handlers, Workshop } from '../handler.ts'
import { presentTrace, presentTraceSummary } from '../present-trace.ts'
import { pageOf } from './databases.ts'

export function traceHandlers({ world }: Workshop): Handlers<keyof typeof traceRoutes> {
  /** Whether the caller may ask a database, or manage it; each is looked up once. */
  function asker(caller: Caller, scope: 'ask' | 'manage' = 'ask'): (databaseIds: readonly string[]) => Promise<boolean> {
    const known = new Map<string, Promise<boolean>>()
    const look = (id: string) =>
      databaseFor(world, caller, id, scope).then(
        () => true,
        (fault: unknown) => {
          if (fault instanceof AppError && (fault.code === 'database/not-found' || fault.code === 'auth/forbidden')) return false
          throw fault
        },
      )
    return async (databaseIds) => {
      for (const id of databaseIds) {
        const found = known.get(id) ?? look(id)
        known.set(id, found)
        if (!(await found)) return false
      }
      return true
    }
  }

  return {
    async listTraces({ caller, query }) {
      const { database, conversation } = query
      const databaseId = database === undefined ? undefined : (await databaseFor(world, caller, database, 'ask')).database.id
      const narrowed = { ...(databaseId === undefined ? {} : { databaseId }), ...(conversation === undefined ? {} : { conversationId: conversation }) }
      const page = await world.traces.traces(caller.accountId, { ...pageOf(query), ...narrowed })
      const asks = asker(caller)
      const shown = []
      for (const trace of page.items) if (await asks(trace.databaseIds)) shown.push(presentTraceSummary(trace))
      return { traces: shown, next_cursor: page.nextCursor ?? null }
    },

    async getTrace({ caller, parameters }) {
      const trace = await world.traces.trace(caller.accountId, parameters.trace)
      // What it holds of a database is for those who may ask it now, whoever asked then.
      if (!(await asker(caller)(trace.databaseIds))) throw new AppError('trace/not-found', { trace: parameters.trace })
      return presentTrace(trace, await asker(caller, 'manage')(trace.databaseIds))
    },
  }
}
