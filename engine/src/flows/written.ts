import type { AnswerEvent, Usage } from '../domain/answer.ts'
import type { Strictness } from '../domain/answering.ts'
import { AppError } from '../domain/errors.ts'
import type { Chat, ChatRequest, NativeCitation } from '../ports/chat.ts'
import { type MarkerReader, markerReader, type Piece } from '../steps/answer/markers.ts'
import { type Draft, say } from './draft.ts'
import { NOT_ANSWERED } from './extractive.ts'
import { nativeCitation, type ShownMap, shownMap } from './native.ts'
import { type Scribe, scribe } from './scribe.ts'

const NOT_SUPPORTED = 'No passage of the documents supports this answer.'
/** Stands at the end of what a model wrote until its limit of tokens was reached. */
export const CUT_OFF = 'The model reached its limit of length: the answer is not complete.'

export interface WriteOptions {
  readonly strictness: Strictness
}

const AS_IT_COMES: WriteOptions = { strictness: 'mark' }

export interface Written {
  readonly answered: boolean
  /** It was written, and not shown for what it says without a source. */
  readonly withheld: boolean
  readonly usage: Usage | undefined
}

interface Writing {
  readonly draft: Draft
  readonly request: ChatRequest
  /** How many of the passages the request holds. */
  readonly shown: number
  readonly native: boolean
  readonly reader: MarkerReader
  readonly scribe: Scribe
  readonly map: ShownMap
}

/**
 * What a model writes, with the citations that it claims, each checked, and each sentence held against what it cites.
 * `shown` is how many of the passages the request holds. By strictness `remove` and `withhold` nothing is said that was not
 * checked; what is left is an answer only if something in it is supported. An answer that the model did not end says so at its end.
 * @throws what the model throws, and model/unavailable for a reply without words, thoughts aside, or of which, cut off, nothing can be shown;
 * nothing was said yet when the draft is still empty
 */
export async function* written(
  chat: Chat,
  draft: Draft,
  request: ChatRequest,
  shown: number,
  signal: AbortSignal,
  { strictness }: WriteOptions = AS_IT_COMES,
): AsyncGenerator<AnswerEvent, Written> {
  const native = chat.citations === 'native'
  const reader = markerReader((address) => draft.cite.holds(address))
  const writing: Writing = { draft, request, shown, native, reader, scribe: scribe(draft, { strictness, patient: native }), map: shownMap() }
  let usage: Usage | undefined
  const end: Ending = { refused: false, partly: false, cut: false }
  for await (const event of chat.write(request, signal)) {
    signal.throwIfAborted()
    if (event.type === 'citation') {
      if (native && !end.refused) yield* cited(writing, event)
      continue
    }
    if (event.type === 'end') {
      usage = event.usage
      end.cut = event.cut === true
    }
    const pieces = event.type === 'end' ? reader.end() : reader.feed(event.text)
    for (const piece of pieces) {
      if (piece.type === 'no-answer') end[piece.alone ? 'refused' : 'partly'] = true
    }
    if (!end.refused) yield* placed(writing, pieces)
  }
  if (!end.refused) yield* writing.scribe.end()
  const { counts, shown: told } = writing.scribe
  // Another model, or the documents themselves, may answer still; that they hold no answer nobody has said.
  const isWithheld = !end.refused && strictness === 'withhold' && counts.unsupported > 0
  const isEmpty = !holdsWords(told) || (end.cut && strictness !== 'mark' && counts.kept === 0 && !isWithheld)
  if (isEmpty && !end.refused && !end.partly && draft.text === '') {
    throw new AppError('model/unavailable', {
      model: chat.name,
      reason: end.cut ? 'it reached its limit of length before it had answered' : 'it wrote no words',
    })
  }
  return { answered: yield* judged(writing, end, strictness), withheld: isWithheld, usage }
}

/** How a reply came to its end. */
interface Ending {
  /** It is no answer. */
  refused: boolean
  /** It says of a part of what was asked that there is no answer. */
  partly: boolean
  /** The model's limit of tokens ended it. */
  cut: boolean
}

function holdsWords(text: string): boolean {
  return /[\p{L}\p{N}]/u.test(text)
}

async function* judged({ draft, scribe: { shown, counts } }: Writing, end: Ending, strictness: Strictness): AsyncGenerator<AnswerEvent, boolean> {
  if (!end.refused && strictness === 'withhold' && counts.unsupported > 0) {
    yield say(draft, withheld(counts.unsupported, counts.claims))
    return false
  }
  const nothing = !holdsWords(shown)
  if (end.refused || nothing || (strictness !== 'mark' && counts.kept === 0)) {
    if (draft.text.trim() === '') yield say(draft, NOT_ANSWERED)
    else if (nothing) yield say(draft, `\n\n${end.cut ? `(${CUT_OFF})` : NOT_ANSWERED}`)
    return false
  }
  if (end.cut) yield say(draft, `\n\n(${CUT_OFF})`)
  const supported = draft.citations.some(({ verdict }) => verdict !== 'unsupported')
  if (!supported) yield say(draft, `\n\n${end.partly ? NOT_ANSWERED : `(${NOT_SUPPORTED})`}`)
  return supported
}

function withheld(unsupported: number, claims: number): string {
  const which = claims === 1 ? 'its only sentence is' : `${unsupported} of its ${claims} sentences ${unsupported === 1 ? 'is' : 'are'}`
  return `The answer is withheld because ${which} not supported by the documents. What was found in them is shown beside it.`
}

/** Numbers that the model made up are dropped; the numbers shown are ours. A model that cites by itself is not asked for marks: its are dropped. */
async function* placed(writing: Writing, pieces: readonly Piece[]): AsyncGenerator<AnswerEvent> {
  const { draft, shown, native, scribe: hand, map } = writing
  for (const piece of pieces) {
    if (piece.type === 'text') {
      const start = hand.shown.length
      yield* hand.text(piece.text)
      if (native) map.add(piece.from, piece.until, start, hand.shown.length)
    }
    if (piece.type !== 'cite' || native || piece.passage < 1 || piece.passage > shown) continue
    const index = piece.passage - 1
    const citation =
      piece.quote === undefined ? await draft.cite.claim(index, piece.claim, draft.citations) : await draft.cite.quote(index, piece.quote, draft.citations)
    yield* hand.cite(citation)
  }
}

async function* cited({ draft, request, shown, reader, scribe: hand, map }: Writing, told: NativeCitation): AsyncGenerator<AnswerEvent> {
  const claim = told.claim === undefined ? undefined : { start: map.at(told.claim.start), end: map.at(told.claim.end) }
  const words = claim === undefined ? reader.claimed() : hand.shown.slice(claim.start, claim.end)
  const citation = await nativeCitation(draft, told, request, shown, words)
  if (citation !== undefined) yield* hand.cite(citation, claim)
}
