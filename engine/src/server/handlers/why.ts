import type { whyRoutes } from '../../api/why.ts'
import type { Handlers, Workshop } from '../handler.ts'
import { presentError, presentMode } from '../present.ts'
import { manages } from '../problems.ts'
import { optionalFilter } from './search.ts'

export function whyHandlers({ world, flows }: Workshop): Handlers<keyof typeof whyRoutes> {
  return {
    async why({ caller, database, body, signal }) {
      const { threshold } = body
      const request = {
        query: body.query,
        documentId: body.document,
        n: body.n_results,
        ...optionalFilter(body.filter),
        ...(threshold === undefined ? {} : { threshold }),
      }
      const told = await flows.why(world, caller, database.id, request, signal)
      const { dense, lexical, mergedInto } = told
      return {
        document_id: told.documentId,
        external_id: told.externalId,
        name: told.name,
        reason: told.reason,
        explanation: told.explanation,
        ...presentMode(told.mode),
        degraded: told.degraded ?? null,
        error: presentError(told.error, manages(caller)),
        conditions: told.conditions.map(({ condition, has }) => ({ condition, has: [...has] })),
        dense: dense === undefined ? null : { rank: dense.rank, score: dense.score },
        lexical: lexical === undefined ? null : { rank: lexical.rank, score: lexical.score },
        terms: { found: [...told.terms.found], missing: [...told.terms.missing] },
        rank: told.rank ?? null,
        merged_into: mergedInto === undefined ? null : { document_id: mergedInto.documentId, chunk_id: mergedInto.chunkId },
        depth: told.depth,
      }
    },
  }
}
