import type { ReplyOf } from '../api/route.ts'
import type { Routes } from '../api/routes.ts'
import { AppError } from '../domain/errors.ts'
import { printJson } from './manage.ts'
import type { Session } from './session.ts'
import { duration, money, paint, printable, say, table, wrap } from './show.ts'

type Trace = ReplyOf<Routes['getTrace']>

/** What an answer came to, then or now. */
interface Side {
  readonly outcome: string
  readonly writer: string
  readonly ms: number
  readonly cost: number | null
  /** Ids of the passages that were found, best first. */
  readonly chunks: readonly string[]
  readonly verdicts: readonly string[]
  readonly text: string
  readonly trace: string
}

/** Asks the same question again, as the databases and the server are set now, and shows both. */
export async function replay(session: Session, then: Trace, options: { readonly json?: boolean }): Promise<void> {
  if (options.json !== true) say(`Asking again: ${then.question.replace(/\s+/g, ' ')}`)
  const now = await askAgain(session, then)
  const before = sideOf(then)
  if (options.json === true) return printJson({ before, now })
  const same = before.chunks.filter((chunk) => now.chunks.includes(chunk)).length
  const cost = (side: Side) => (side.cost === null ? 'not known' : money(side.cost))
  const rows: readonly (readonly [string, string, string])[] = [
    ['', 'then', 'now'],
    ['outcome', before.outcome, now.outcome],
    ['writer', printable(before.writer), printable(now.writer)],
    ['time', duration(before.ms), duration(now.ms)],
    ['cost', cost(before), cost(now)],
    ['passages', String(before.chunks.length), `${now.chunks.length}, ${same} of them the same`],
    ['sentences', tally(before.verdicts), tally(now.verdicts)],
  ]
  const [head = '', ...rest] = table(rows).split('\n')
  console.log([paint('dim', head), ...rest].join('\n'))
  if (before.text === now.text) return console.log(`\n${paint('bold', 'The same answer')}\n${wrap(now.text, '  ')}`)
  console.log(`\n${paint('bold', 'Then')}\n${wrap(before.text, '  ')}`)
  console.log(`\n${paint('bold', 'Now')}\n${wrap(now.text, '  ')}`)
  console.log(paint('dim', `\ntrace ${now.trace}`))
}

function sideOf({ id, outcome, writer, ms, cost_usd: cost, searches, sentences, text }: Trace): Side {
  const hits = searches.flatMap(({ hits: found }) => found)
  const chunks = [...new Set(hits.sort((a, b) => b.score - a.score).map(({ chunk_id }) => chunk_id))]
  return { outcome, writer, ms, cost, chunks, verdicts: sentences.map(({ verdict }) => verdict), text, trace: id }
}

async function askAgain({ client, signal }: Session, { databases, question, settings }: Trace): Promise<Side> {
  const [only, another] = databases
  if (only === undefined) throw new AppError('request/invalid', { in: 'body', problems: ['the answer was from no database'] })
  const { n, filter, versionId } = settings
  const body = {
    question,
    ...(typeof n === 'number' ? { n_results: n } : {}),
    ...(typeof filter === 'string' ? { filter: JSON.parse(filter) as Record<string, unknown> } : {}),
  }
  const version = typeof versionId === 'string' ? { version: versionId } : {}
  const began = performance.now()
  const events =
    another === undefined
      ? client.stream('ask', { parameters: { database: only }, body: { ...body, ...version }, signal })
      : client.stream('askSeveral', { body: { ...body, databases: [...databases] }, signal })
  let chunks: readonly string[] = []
  for await (const { event, data } of events) {
    if (event === 'passages-found') chunks = data.passages.map(({ chunk_id }) => chunk_id)
    if (event !== 'answer-end') continue
    const { answered, writer, text, sentences, cost_usd: cost, trace_id: trace } = data
    const verdicts = sentences.map(({ verdict }) => verdict)
    return { outcome: answered ? 'answered' : 'not-answered', writer, ms: performance.now() - began, cost, chunks, verdicts, text, trace }
  }
  throw new AppError('internal', { reason: 'the answer has no end' })
}

function tally(verdicts: readonly string[]): string {
  const counts = Object.entries(Object.groupBy(verdicts, (verdict) => verdict)).map(([verdict, all]) => `${all?.length ?? 0} ${verdict}`)
  return counts.length === 0 ? 'none' : counts.join(', ')
}
