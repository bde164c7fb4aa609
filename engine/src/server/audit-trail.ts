import type { FastifyRequest } from 'fastify'
import type { RouteShape } from '../api/route.ts'
import type { World } from '../ports/world.ts'
import type { Known } from './http.ts'

type AuditFacts = Readonly<Record<string, string | number | boolean>>

/** What a request leaves in the audit log, when its route says that it leaves something. */
export function auditTrail(world: Pick<World, 'ledger'>, route: RouteShape, request: FastifyRequest, known: Known) {
  let facts: AuditFacts = {}
  let noted: string | undefined
  return {
    note(more: AuditFacts, target?: string): void {
      facts = { ...facts, ...more }
      noted = target ?? noted
    },
    /** Before the reply is sent: what is not on record did not happen. */
    async keep(reply: unknown): Promise<void> {
      if (route.audit === undefined) return
      const { caller, database } = known
      const target = noted ?? targetOf(route.audit.target, request.params as Readonly<Record<string, string>>, reply) ?? database?.id
      const self = route.audit.byTarget === true && target !== undefined
      await world.ledger.record({
        actorKind: caller?.kind ?? (self ? 'user' : 'anyone'),
        actorId: caller?.id ?? (self ? target : undefined),
        action: route.audit.action,
        target,
        address: request.ip,
        facts: { ...(database === undefined ? {} : { database: database.id }), ...facts },
      })
    },
  }
}

function targetOf(target: NonNullable<RouteShape['audit']>['target'], parameters: Readonly<Record<string, string>>, reply: unknown): string | undefined {
  if (target === undefined) return undefined
  if ('parameter' in target) return parameters[target.parameter]
  let value: unknown = reply
  for (const name of target.reply.split('.'))
    value = typeof value === 'object' && value !== null && name in value ? (value as Record<string, unknown>)[name] : undefined
  return typeof value === 'string' ? value : undefined
}
