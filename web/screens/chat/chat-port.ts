import type { QueryClient } from '@tanstack/react-query'
import type { Reply } from 'quarry-engine/client'
import { api, keyOf } from '../../lib/api.ts'
import type { TalkPort } from './talk/port.ts'

export type ChatData = Reply<'getConversation'>

/** Conversations of who is signed in. `databases` tells which are asked: one by its own route, several together. */
export function chatPort(queries: QueryClient, databases: () => readonly string[]): TalkPort<ChatData> {
  const inputOf = (conversation: string, leaf: string | undefined) => ({ parameters: { conversation }, query: leaf === undefined ? {} : { leaf } })
  return {
    keyOf: (conversation, leaf) => keyOf('getConversation', inputOf(conversation, leaf)),
    load: (conversation, leaf, signal) => api.call('getConversation', { ...inputOf(conversation, leaf), ...(signal === undefined ? {} : { signal }) }),
    ask(question, conversation, parent, reading) {
      const body = { question, conversation, ...(parent === undefined ? {} : { parent }) }
      const asked = databases()
      const [only] = asked
      if (asked.length === 1 && only !== undefined) return api.answer('ask', { parameters: { database: only }, body, ...reading })
      return api.answer('askSeveral', { body: { ...body, databases: [...asked] }, ...reading })
    },
    askAgain: (stream, signal) => api.answerAgain('resumeStream', { parameters: { stream }, signal }),
    rate: (conversation, message, { rating, comment }) =>
      api.call('setFeedback', { parameters: { conversation, message }, body: { rating, ...(comment === null ? {} : { comment }) } }),
    changed: () => void queries.invalidateQueries({ queryKey: keyOf('listConversations') }),
  }
}
