import { type AwsFault, awsMessages } from '../aws-event-stream.ts'

/** `data`: of a server-sent event, complete. `line`: of anything else that the container wrote. */
export type Payload = { readonly data: string } | { readonly line: string } | { readonly fault: AwsFault }

/** A line of server-sent events that holds no data: a comment, or another field. */
const NO_DATA = /^(:|event:|id:|retry:)/

/**
 * What a container writes through `invocations-response-stream`, line by line: server-sent events or lines of JSON. Its lines are
 * cut anywhere by the parts that SageMaker makes of them.
 * @throws model/unavailable for a damaged or cut stream
 */
export async function* payloads(content: AsyncIterable<Uint8Array>, model: string): AsyncGenerator<Payload> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const message of awsMessages(content, model)) {
    if ('fault' in message) {
      yield message
      continue
    }
    if (message.type !== 'PayloadPart') continue
    const lines = (rest + decoder.decode(message.body, { stream: true })).split(/\r?\n/)
    rest = lines.pop() ?? ''
    for (const line of lines) yield* dataOf(line)
  }
  yield* dataOf(rest)
}

function dataOf(line: string): Payload[] {
  if (line.trim() === '' || NO_DATA.test(line)) return []
  return [line.startsWith('data:') ? { data: line.slice(5).trim() } : { line }]
}
