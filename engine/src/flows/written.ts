import type { AnswerEvent, Usage } from '../domain/answer.ts'
import type { Chat, ChatRequest } from '../ports/chat.ts'
import { markerReader, type Piece } from '../steps/answer/markers.ts'
import { type Draft, say, tell } from './draft.ts'
import { NOT_ANSWERED } from './extractive.ts'

const NOT_SUPPORTED = 'No passage of the documents supports this answer.'

export interface Written {
  readonly answered: boolean
  readonly usage: Usage | undefined
}

/**
 * What a model writes, with the citations that it claims, each checked. `shown` is how many of the passages the request holds.
 * @throws what the model throws; nothing was said yet when the draft is still empty
 */
export async function* written(chat: Chat, draft: Draft, request: ChatRequest, shown: number, signal: AbortSignal): AsyncGenerator<AnswerEvent, Written> {
  const reader = markerReader()
  let usage: Usage | undefined
  let refused = false
  for await (const event of chat.write(request, signal)) {
    signal.throwIfAborted()
    if (event.type === 'citation') continue
    if (event.type === 'end') usage = event.usage
    const pieces = event.type === 'end' ? reader.end() : reader.feed(event.text)
    refused = refused || pieces.some((piece) => piece.type === 'no-answer')
    if (!refused) yield* placed(draft, pieces, shown)
  }
  if (refused || draft.text.trim() === '') {
    yield say(draft, NOT_ANSWERED)
    return { answered: false, usage }
  }
  const supported = draft.citations.some(({ verdict }) => verdict !== 'unsupported')
  if (!supported) yield say(draft, `\n\n(${NOT_SUPPORTED})`)
  return { answered: supported, usage }
}

/** Numbers that the model made up are dropped; the numbers shown are ours. */
async function* placed(draft: Draft, pieces: readonly Piece[], shown: number): AsyncGenerator<AnswerEvent> {
  for (const piece of pieces) {
    if (piece.type === 'text') yield say(draft, piece.text)
    if (piece.type !== 'cite' || piece.passage < 1 || piece.passage > shown) continue
    const index = piece.passage - 1
    const citation =
      piece.quote === undefined ? await draft.cite.claim(index, piece.claim, draft.citations) : await draft.cite.quote(index, piece.quote, draft.citations)
    yield say(draft, ` [${citation.number}]`)
    const told = tell(draft, citation)
    if (told !== undefined) yield told
  }
}
