import type { ReplyOf } from '../api/route.ts'
import type { Routes } from '../api/routes.ts'
import type { Session } from './session.ts'
import { cut, duration, paint, place, printable, wrap } from './show.ts'

export interface QueryOptions {
  readonly n?: number
  readonly where?: string
  readonly threshold?: number
  readonly explain?: boolean
  readonly json?: boolean
}

type Reply = ReplyOf<Routes['query']>

/** Prints the passages nearest to a question, best first. */
export async function query({ client, signal }: Session, database: string, question: string, options: QueryOptions): Promise<void> {
  const { n, where, threshold, explain, json } = options
  const body = {
    query: question,
    explain: explain === true,
    ...(n === undefined ? {} : { n_results: n }),
    ...(where === undefined ? {} : { filter: where }),
    ...(threshold === undefined ? {} : { threshold }),
  }
  const reply = await client.call('query', { parameters: { database }, body, signal })
  if (json === true) return console.log(JSON.stringify(reply, undefined, 2))
  if (reply.results.length === 0) console.log('Nothing was found.')
  for (const [index, result] of reply.results.entries()) {
    console.log(`${paint('cyan', String(index + 1).padStart(2))}  ${result.score.toFixed(2)}  ${place(result)}`)
    console.log(wrap(cut(result.text, 300), '    '))
    if (result.explanation !== null) console.log(paint('dim', wrap(explained(result.explanation), '    ')))
    console.log('')
  }
  if (reply.degraded !== null) console.log(paint('yellow', printable(reply.degraded)))
  const mode = reply.mode === 'hybrid' ? `hybrid search with ${reply.model}` : 'lexical search'
  const order = reply.reranker === null ? '' : `, ordered by ${reply.reranker}`
  console.log(paint('dim', printable(`${mode}${order}, ${duration(reply.took_ms)}`)))
}

function explained(explanation: NonNullable<Reply['results'][number]['explanation']>): string {
  const { dense, lexical, fused, merged, reranked } = explanation
  const parts = [`fused ${fused.toFixed(4)}`]
  if (reranked !== null) parts.unshift(`reranked ${reranked.rank}, score ${reranked.score.toFixed(3)}`)
  if (dense !== null) parts.push(`dense rank ${dense.rank}, similarity ${dense.score.toFixed(3)}`)
  if (lexical !== null) {
    const terms = lexical.terms.map(({ term, score }) => `${term} ${score.toFixed(2)}`)
    if (lexical.document !== undefined) terms.push(`the whole document ${lexical.document.toFixed(2)}`)
    parts.push(`lexical rank ${lexical.rank}, score ${lexical.score.toFixed(2)}${terms.length === 0 ? '' : ` (${terms.join(', ')})`}`)
  }
  if (merged.length > 0) parts.push(`${merged.length} more of the same passage folded in`)
  return parts.join('; ')
}
