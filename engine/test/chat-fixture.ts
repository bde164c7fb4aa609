import { setTimeout as sleep } from 'node:timers/promises'
import type { AnswerEvent, Citation, Passage } from '../src/domain/answer.ts'
import type { Place } from '../src/flows/cite.ts'
import type { Flows } from '../src/server/flows.ts'
import type { Turn } from '../src/steps/answer/prompt.ts'
import { PASSAGE, serverForTest, type TestServer } from './server-fixture.ts'

// A server whose answers the test plays: what it was asked, and when the next event comes.

export interface Asked {
  readonly places: readonly Pick<Place, 'databaseId'>[]
  readonly question: string
  readonly history: readonly Turn[]
}

const SENTENCE = { start: 0, end: 7, verdict: 'verified', citations: [1], reason: undefined } as const
/** Of which strangers are told the sentences alone. */
const TOLD = { sentences: [SENTENCE], writer: 'secret:writer', usage: undefined, cost: 1234, traceId: 'secret-trace' } as const

/** "wait" in a question: the answer stays open after its first words; "fail": it ends with an error. */
export async function chatServer(change: Parameters<typeof serverForTest>[0] = {}): Promise<TestServer & { readonly asked: Asked[] }> {
  const asked: Asked[] = []
  async function* answer(places: Asked['places'], question: string, history: readonly Turn[], signal: AbortSignal): AsyncGenerator<AnswerEvent> {
    asked.push({ places, question, history })
    const passage: Passage = {
      ...PASSAGE,
      databaseId: places[0]?.databaseId ?? '',
      documentId: 'doc_secret',
      chunkId: 'doc_secret.1.0',
      externalId: 'hr/external.txt',
      name: 'hr/leave.txt',
    }
    yield { type: 'answer-start', mode: { mode: 'hybrid', model: 'secret:model' }, writer: 'secret:writer', traceId: 'secret-trace' }
    yield { type: 'passages-found', passages: [{ ...passage, text: `${passage.text} Beyond the quote.` }] }
    yield { type: 'text-delta', text: 'It says' }
    while (question.includes('wait')) {
      await sleep(20, undefined, { signal })
      yield { type: 'text-delta', text: '.' }
    }
    if (question.includes('fail')) {
      yield { type: 'answer-error', error: { code: 'model/refused', message: 'no', facts: { provider: 'secret:provider' }, hint: 'none', retry: false } }
      return
    }
    const citation = citationOf(passage)
    yield { type: 'citation-found', citation }
    yield { type: 'sentence-checked', sentence: SENTENCE }
    yield { type: 'answer-end', answered: true, text: `It says ${question} [1]`, citations: [citation], ...TOLD }
  }
  const ask: Flows['ask'] = (_, __, databaseId, { question, history = [] }, signal) => answer([{ databaseId }], question, history, signal)
  const askSeveral: Flows['askSeveral'] = (_, places, { question, history = [] }, signal) => answer(places, question, history, signal)
  const server = await serverForTest({ ...change, flows: { ask, askSeveral, ...change.flows } })
  return { ...server, asked }
}

function citationOf(passage: Passage): Citation {
  const { databaseId, documentId, revision, chunkId, externalId, name, headingPath, start, end, text } = passage
  return {
    number: 1,
    databaseId,
    documentId,
    revision,
    chunkId,
    externalId,
    name,
    page: 3,
    headingPath,
    start,
    end,
    quote: text,
    verdict: 'verified',
    reason: undefined,
  }
}

export interface Event {
  readonly event: string
  readonly data: ReturnType<typeof JSON.parse>
}

/** All events of a stream that ends by itself. */
export async function eventsOf(reply: Response): Promise<readonly Event[]> {
  return readEvents(await reply.text())
}

export function readEvents(text: string): readonly Event[] {
  return text.split('\n\n').flatMap((block) => {
    const of = (name: string) =>
      block
        .split('\n')
        .find((line) => line.startsWith(`${name}: `))
        ?.slice(name.length + 2)
    const [event, data] = [of('event'), of('data')]
    return event === undefined || data === undefined ? [] : [{ event, data: JSON.parse(data) }]
  })
}

/** Reads until a condition holds, and gives what came so far and the rest of the stream. */
export async function openStream(reply: Response, until: (text: string) => boolean): Promise<{ readonly rest: () => Promise<string> }> {
  const reader = reply.body?.pipeThrough(new TextDecoderStream()).getReader()
  if (reader === undefined) throw new Error('no stream')
  let text = ''
  while (!until(text)) {
    const { value, done } = await reader.read()
    if (done) throw new Error(`the stream ended early: ${text}`)
    text += value
  }
  return {
    async rest() {
      for (;;) {
        const { value, done } = await reader.read()
        if (done) return text
        text += value
      }
    },
  }
}
