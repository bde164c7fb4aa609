import type { QueryClient } from '@tanstack/react-query'
import type { Reply } from 'quarry-engine/client'
import type { TalkPort } from '../chat/talk/port.ts'
import type { Visitor } from './visitor.ts'

type VisitorData = Reply<'visitorConversation'>

export const conversationsKey = (publication: string) => ['visitorConversations', publication] as const
/** Of the conversations that were read. */
export const readKey = (publication: string) => ['visitorConversation', publication] as const

/** Conversations of a visitor of a published chat. */
export function visitorPort(queries: QueryClient, publication: string, visitor: Visitor): TalkPort<VisitorData> {
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
    async *ask(question, conversation, parent, signal) {
      const body = { question, conversation, ...(parent === undefined ? {} : { parent }) }
      // The first event tells whether the token counts: a stream that has begun is not begun again.
      const { first, stream } = await visitor.as(async (client) => {
        const events = client.answer('publicAsk', { parameters: { publication }, body, signal })
        return { first: await events.next(), stream: events }
      })
      if (first.done !== true) yield first.value
      yield* stream
    },
    rate: (conversation, message, { rating, comment }) =>
      visitor.as((client) =>
        client.call('setVisitorFeedback', { parameters: { publication, conversation, message }, body: { rating, ...(comment === null ? {} : { comment }) } }),
      ),
    changed: () => void queries.invalidateQueries({ queryKey: conversationsKey(publication) }),
  }
}
