import { draftPlaces, readDraft, writeDraft } from './drafts.ts'
import type { AnswerEvent } from './turn.ts'

// What a reload in the middle of an answer would lose. It is kept with the drafts of its place, and goes as they go.

/** An answer that was under way when the page was left. */
export interface Underway {
  readonly stream: string
  readonly question: string
  /** The answer that it stands after, or START. */
  readonly parent: string
  /** Undefined until it is told. */
  readonly conversation: string | undefined
}

const sentName = (place: string) => `${place}:sent`
const STREAM = ':stream'

/** The question that was sent at a place and whose answer has not ended; empty where there is none. */
export const readSent = (place: string): string => readDraft(sentName(place))
export const writeSent = (place: string, question: string): void => writeDraft(sentName(place), question)

export function writeUnderway(place: string, underway: Underway | undefined): void {
  writeDraft(place + STREAM, underway === undefined ? '' : JSON.stringify(underway))
}

/** Passes the events of an answer on, and keeps the conversation that they name with what is under way. */
export async function* noting(events: AsyncIterable<AnswerEvent>, place: string): AsyncGenerator<AnswerEvent, void> {
  for await (const told of events) {
    if (told.event === 'answer-start') {
      const underway = parsed(readDraft(place + STREAM))
      const conversation = told.data.conversation_id
      if (underway !== undefined && conversation !== null) writeUnderway(place, { ...underway, conversation })
    }
    yield told
  }
}

/** All of one owner, by their places. */
export function underwayOf(owner: string): ReadonlyMap<string, Underway> {
  const found = new Map<string, Underway>()
  for (const name of draftPlaces(owner)) {
    if (!name.endsWith(STREAM)) continue
    const underway = parsed(readDraft(name))
    if (underway !== undefined) found.set(name.slice(0, -STREAM.length), underway)
  }
  return found
}

/** Undefined for what was no such thing, or of an older version of the app. */
function parsed(text: string): Underway | undefined {
  try {
    const { stream, question, parent, conversation } = JSON.parse(text) as Readonly<Record<string, unknown>>
    if (typeof stream !== 'string' || typeof question !== 'string' || typeof parent !== 'string') return undefined
    return { stream, question, parent, conversation: typeof conversation === 'string' ? conversation : undefined }
  } catch {
    return undefined
  }
}
