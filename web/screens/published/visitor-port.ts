import type { QueryClient } from '@tanstack/react-query'
import type { Client, Reply } from 'quarry-engine/client'
import type { TalkPort } from '../chat/talk/port.ts'
import type { AnswerEvent } from '../chat/talk/turn.ts'
import type { Visitor } from './visitor.ts'

type VisitorData = Reply<'visitorConversation'>

export const conversationsKey = (publication: string) => ['visitorConversations', publication] as const
/** Of the conversations that were read. */
export const readKey = (publication: string) => ['visitorConversation', publication] as const

/** Conversations of a visitor of a published chat. */
export function visitorPort(queries: QueryClient, publication: string, visitor: Visitor): TalkPort<VisitorData> {
  /** The first event tells whether the token counts: a stream that has begun is not begun again. */
  async function* told(open: (client: Client) => AsyncGenerator<AnswerEvent, void>): AsyncGenerator<AnswerEvent, void> {
    const { first, events } = await visitor.as(async (client) => {
      const begun = open(client)
      return { first: await begun.next(), events: begun }
    })
    if (first.done !== true) yield first.value
    yield* events
  }

  return {
    keyOf: (conversation, leaf) => [...readKey(publication), conversation, ...(leaf === undefined ? [] : [leaf])],
    load: (conversation, leaf, signal) =>
      visitor.as((client) =>
        client.call('visitorConversation', {
          parameters: { publication, conversation },
          query: leaf === undefined ? {} : { leaf },
          ...(signal === undefined ? {} : { signal }),
        }),
      ),
    ask(question, conversation, parent, reading) {
      const body = { question, conversation, ...(parent === undefined ? {} : { parent }) }
      return told((client) => client.answer('publicAsk', { parameters: { publication }, body, ...reading }))
    },
    askAgain: (stream, signal) => told((client) => client.answerAgain('resumeVisitorStream', { parameters: { publication, stream }, signal })),
    rate: (conversation, message, { rating, comment }) =>
      visitor.as((client) =>
        client.call('setVisitorFeedback', { parameters: { publication, conversation, message }, body: { rating, ...(comment === null ? {} : { comment }) } }),
      ),
    changed: () => void queries.invalidateQueries({ queryKey: conversationsKey(publication) }),
  }
}
