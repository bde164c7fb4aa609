import type { z } from 'zod'
import type { EventOf } from '../../api/route.ts'
import type { filterInput } from '../../api/schemas.ts'
import type { searchRoutes } from '../../api/search.ts'
import type { AnswerEvent } from '../../domain/answer.ts'
import { type Filter, filterFromJson } from '../../domain/filter.ts'
import { filterFromText } from '../../domain/filter-text.ts'
import type { Handler, Handlers, Workshop } from '../handler.ts'
import { presentCitation, presentMode, presentPassage, presentProblem } from '../present.ts'

export function searchHandlers({ world, flows }: Workshop): Handlers<keyof typeof searchRoutes> {
  const query: Handler<typeof searchRoutes.query> = async ({ caller, database, body, signal }) => {
    const { threshold, weights } = body
    const found = await flows.search(
      world,
      caller,
      database.id,
      {
        query: body.query,
        n: body.n_results,
        ...optionalFilter(body.filter),
        ...(threshold === undefined ? {} : { threshold }),
        ...(weights === undefined ? {} : { weights }),
      },
      signal,
    )
    return {
      database_id: found.database.id,
      ...presentMode(found.mode),
      results: found.passages.map((passage) => presentPassage(passage, body.explain)),
      degraded: found.degraded ?? null,
      took_ms: found.tookMs,
    }
  }

  return {
    query,
    queryById: ({ parameters, ...input }) => query({ ...input, parameters: { database: parameters.id } }),
    async *ask({ caller, database, body, signal }) {
      const { history } = body
      const question = { question: body.question, n: body.n_results, ...optionalFilter(body.filter), ...(history === undefined ? {} : { history }) }
      for await (const event of flows.ask(world, caller, database.id, question, signal)) yield presentAnswer(event)
    },
  }
}

export function optionalFilter(given: z.output<typeof filterInput> | undefined): { readonly filter?: Filter } {
  if (given === undefined) return {}
  return { filter: typeof given === 'string' ? filterFromText(given) : filterFromJson(given) }
}

function presentAnswer(event: AnswerEvent): EventOf<typeof searchRoutes.ask> {
  switch (event.type) {
    case 'answer-start':
      return { event: event.type, data: { ...presentMode(event.mode), writer: event.writer } }
    case 'passages-found':
      return { event: event.type, data: { passages: event.passages.map((passage) => presentPassage(passage, true)) } }
    case 'text-delta':
      return { event: event.type, data: { text: event.text } }
    case 'citation-found':
      return { event: event.type, data: { citation: presentCitation(event.citation) } }
    case 'answer-end': {
      const { answered, text, citations, usage } = event
      return {
        event: event.type,
        data: {
          answered,
          text,
          citations: citations.map(presentCitation),
          usage: usage === undefined ? null : { input_tokens: usage.inputTokens, output_tokens: usage.outputTokens },
        },
      }
    }
    case 'answer-error':
      return { event: event.type, data: { error: presentProblem(event.error) } }
  }
}
