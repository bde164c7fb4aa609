import type { Session } from './session.ts'
import { paint, printable, wrap } from './show.ts'
import { hintOf, sentenceOf } from './words.ts'

/** Tells why a document is, or is not, among the results for a question. */
export async function why(
  { client, command, signal }: Session,
  database: string,
  question: string,
  document: string,
  options: { readonly n?: number; readonly where?: string; readonly json?: boolean },
): Promise<void> {
  const body = {
    query: question,
    document,
    ...(options.n === undefined ? {} : { n_results: options.n }),
    ...(options.where === undefined ? {} : { filter: options.where }),
  }
  const reply = await client.call('why', { parameters: { database }, body, signal })
  if (options.json === true) return console.log(JSON.stringify(reply, undefined, 2))
  console.log(`${paint('bold', reply.reason.replaceAll('-', ' '))}  ${printable(reply.name)}`)
  if (reply.error === null) console.log(wrap(reply.explanation))
  for (const { condition, has } of reply.conditions)
    console.log(`  ${printable(condition)}: it has ${has.length === 0 ? 'nothing there' : printable(has.join(', '))}`)
  if (reply.error !== null) console.log(wrap(`${sentenceOf(reply.error)} ${hintOf(reply.error, command)}`))
  if (reply.terms.missing.length > 0) console.log(paint('dim', wrap(`Words of the question that it lacks: ${printable(reply.terms.missing.join(', '))}`)))
}
