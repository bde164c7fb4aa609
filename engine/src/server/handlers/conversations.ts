import { Readable } from 'node:stream'
import type { conversationRoutes } from '../../api/conversations.ts'
import type { Caller } from '../../domain/caller.ts'
import type { Conversation, Message } from '../../domain/conversation.ts'
import { AppError } from '../../domain/errors.ts'
import { conversationMarkdown } from '../conversation-markdown.ts'
import type { Handlers, Workshop } from '../handler.ts'
import { isOwn, presentConversation, presentMessage } from '../present-chat.ts'
import { pageOf } from './databases.ts'

export function conversationHandlers({ world, gate }: Workshop): Handlers<keyof typeof conversationRoutes> {
  const { conversations, publications, secrets } = world
  const holderOf = (caller: Caller) => ({ accountId: caller.accountId })

  async function whole(caller: Caller, id: string): Promise<{ readonly conversation: Conversation; readonly messages: readonly Message[] }> {
    const conversation = await conversations.conversation(holderOf(caller), id)
    return { conversation, messages: await conversations.messages(holderOf(caller), conversation.id) }
  }

  return {
    async listConversations({ caller, query }) {
      const page = await conversations.conversations(holderOf(caller), pageOf(query))
      return { conversations: page.items.map(presentConversation), next_cursor: page.nextCursor ?? null }
    },

    async getConversation({ caller, parameters }) {
      const { conversation, messages } = await whole(caller, parameters.conversation)
      return { conversation: presentConversation(conversation), messages: messages.map((message) => presentMessage(message, isOwn(conversation))) }
    },

    renameConversation: async ({ caller, parameters, body }) =>
      presentConversation(await conversations.renameConversation(holderOf(caller), parameters.conversation, body.title)),

    async removeConversation({ caller, parameters }) {
      const { conversation } = parameters
      if (!(await conversations.removeConversation(holderOf(caller), conversation))) throw new AppError('conversation/not-found', { conversation })
      return { done: true }
    },

    async exportConversation({ caller, parameters }) {
      const { conversation, messages } = await whole(caller, parameters.conversation)
      const bytes = Buffer.from(conversationMarkdown(conversation, messages))
      return {
        stream: Readable.from([bytes]),
        headers: {
          'content-type': 'text/markdown; charset=utf-8',
          'content-length': String(bytes.length),
          'content-disposition': 'attachment; filename="conversation.md"',
        },
      }
    },

    async claimVisitor({ caller, body, client, note }) {
      await gate.attempt(client.address, `account:${caller.accountId}`)
      const visitor = await secrets.readVisitor(body.token)
      // What was closed to visitors is not opened again by signing in.
      const open = visitor === undefined ? undefined : await publications.openPublication(visitor.publicationId)
      if (visitor === undefined || open === undefined) throw new AppError('visitor/not-found')
      const count = await publications.claimVisitor(visitor.visitorId, caller.accountId)
      await gate.succeeded(client.address, `account:${caller.accountId}`)
      note({ conversations: count, publication: visitor.publicationId }, visitor.visitorId)
      return { conversations: count }
    },
  }
}
