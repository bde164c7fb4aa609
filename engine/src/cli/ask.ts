import type { Session } from './session.ts'
import { cut, paint, place, printable, wrap } from './show.ts'

const COLOURS = { verified: 'green', weak: 'yellow', unsupported: 'red' } as const

/** Streams the answer to stdout, then its citations with their verdicts. */
export async function ask(
  { client, signal }: Session,
  database: string,
  question: string,
  options: { readonly n?: number; readonly where?: string; readonly json?: boolean },
): Promise<void> {
  const body = { question, ...(options.n === undefined ? {} : { n_results: options.n }), ...(options.where === undefined ? {} : { filter: options.where }) }
  let mode = ''
  for await (const { event, data } of client.answer('ask', { parameters: { database }, body, signal })) {
    if (options.json === true) {
      console.log(JSON.stringify({ event, data }))
      continue
    }
    if (event === 'answer-start')
      mode = `${data.mode === 'hybrid' ? `hybrid search with ${data.model}` : 'lexical search'}, ${data.writer === 'extractive' ? 'answer quoted from the documents' : `written by ${data.writer}`}`
    else if (event === 'text-delta') process.stdout.write(printable(data.text))
    else if (event === 'answer-end') {
      process.stdout.write('\n')
      for (const citation of data.citations) {
        console.log(`\n${paint('cyan', `[${citation.number}]`)} ${paint(COLOURS[citation.verdict], citation.verdict)}  ${place(citation)}`)
        console.log(paint('dim', wrap(`“${cut(citation.quote, 400)}”`, '    ')))
        if (citation.reason !== null) console.log(wrap(citation.reason, '    '))
      }
      console.log(paint('dim', `\n${mode}`))
    }
  }
}
