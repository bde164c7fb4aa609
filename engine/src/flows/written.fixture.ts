import type { AnswerEvent, Passage } from '../domain/answer.ts'
import type { Strictness } from '../domain/answering.ts'
import type { ExtractedText } from '../domain/block.ts'
import { accountCaller } from '../domain/caller.ts'
import type { Chat, ChatEvent } from '../ports/chat.ts'
import type { World } from '../ports/world.ts'
import { answerRequest } from '../steps/answer/prompt.ts'
import { textBuilder } from '../steps/extract/builder.ts'
import { citer } from './cite.ts'
import { newDraft } from './draft.ts'
import { written } from './written.ts'

const never = new AbortController().signal
const caller = accountCaller('o', 'owner')

export const PAGES = [
  'Employees request leave in the portal at least two weeks ahead. The team lead decides within 3 days.',
  'Sick employees call Anna Keller before nine in the morning. A certificate is not needed before the fourth day.',
  'Net sales rose by 5.3% to $1,234 million in 2023. The portal is at https://portal.example/leave for all.',
]
const extracted: ExtractedText = (() => {
  const out = textBuilder(100_000)
  for (const [index, page] of PAGES.entries()) {
    out.page(index + 1)
    out.add('paragraph', page)
  }
  return out.finish('text/plain')
})()
const passages: Passage[] = PAGES.map((text, index) => {
  const start = extracted.text.indexOf(text)
  return {
    databaseId: 'db',
    chunkId: `c${index}`,
    documentId: 'd',
    revision: 1,
    externalId: 'handbook.txt',
    name: 'handbook.txt',
    title: 'Handbook',
    mediaType: 'text/plain',
    metadata: {},
    text,
    start,
    end: start + text.length,
    headingPath: [],
    pages: [index + 1, index + 1],
    score: 1,
    explanation: { dense: undefined, lexical: undefined, fused: 1, merged: [], reranked: undefined },
  }
})
/** What is asked of the world to read a stored text. */
const world = {
  catalog: { document: async () => ({ id: 'd', extractedSha256: 'x' }) },
  blobs: { bytes: async () => new TextEncoder().encode(JSON.stringify(extracted)) },
} as unknown as World

/** What comes of a stream of events, with what was told on the way. */
export async function write(stream: readonly ChatEvent[], strictness: Strictness = 'mark', citations: Chat['citations'] = 'markers', isCut = false) {
  const chat: Chat = {
    name: 'test:told',
    window: 10_000,
    citations,
    async *write() {
      yield* stream
      yield { type: 'end', usage: undefined, ...(isCut ? { cut: true } : {}) }
    },
  }
  const draft = newDraft(citer(world, [{ caller, databaseId: 'db' }], passages))
  const { request, shown } = answerRequest('How?', passages, [], { chat })
  const events: AnswerEvent[] = []
  const writing = written(chat, draft, request, shown, never, { strictness })
  for (;;) {
    const { done, value } = await writing.next()
    if (done === true) return { ...draft, events, answered: value.answered, verdicts: draft.sentences.map(({ verdict }) => verdict) }
    events.push(value)
    const seen = events.flatMap((event) => (event.type === 'text-delta' ? [event.text] : [])).join('')
    if (seen !== draft.text) throw new Error(`told: ${seen}\nheld: ${draft.text}`)
    // Whoever reads along never sees a mark that is not complete, nor what comes of none.
    const rest = seen.replace(/`[^`\n]*`?| \[\d+\]|\[30? days(?:\]|$)/g, '')
    const numbers = [...seen.matchAll(/ \[(\d+)\]/g)].map(([, number]) => Number(number))
    if (/\[\s?\d|\]\(|https?:/.test(rest) || numbers.some((number) => number > draft.citations.length + 1)) throw new Error(`shown: ${seen}`)
  }
}

export const told = (text: string): ChatEvent => ({ type: 'text', text })

export const LEAVE = 'Employees request leave in the portal [1: "Employees request leave in the portal at least two weeks ahead"].'
