import { Readable } from 'node:stream'
import type { z } from 'zod'
import type { conversationRoutes, feedbackBody } from '../../api/conversations.ts'
import type { Caller } from '../../domain/caller.ts'
import type { Conversation, Feedback, PlacedMessage } from '../../domain/conversation.ts'
import { AppError } from '../../domain/errors.ts'
import { DAY_MS } from '../../domain/usage.ts'
import type { BranchPlace } from '../../ports/conversations.ts'
import { conversationMarkdown } from '../conversation-markdown.ts'
import type { Handlers, Workshop } from '../handler.ts'
import { linkAttempt } from '../link-attempts.ts'
import { iso } from '../present.ts'
import { isOwn, presentConversation, presentFeedback, presentMessage, presentShared } from '../present-chat.ts'
import { pageOf } from './databases.ts'

interface Whole {
  readonly conversation: Conversation
  readonly messages: readonly PlacedMessage[]
}

export function branchAt(leaf: string | undefined): BranchPlace {
  return leaf === undefined ? {} : { through: leaf }
}

export function feedbackOf({ rating, comment }: z.output<typeof feedbackBody>): Feedback | undefined {
  return rating === null ? undefined : { rating, comment }
}

export function conversationHandlers({ world, flows, gate, hub }: Workshop): Handlers<keyof typeof conversationRoutes> {
  const { conversations, publications, secrets } = world
  const holderOf = (caller: Caller) => ({ accountId: caller.accountId })

  async function whole(caller: Caller, id: string, place: BranchPlace): Promise<Whole> {
    const conversation = await conversations.conversation(holderOf(caller), id)
    return { conversation, messages: await conversations.messages(holderOf(caller), conversation.id, place) }
  }

  return {
    async listConversations({ caller, query }) {
      const words = (query.q ?? '').split(/\s+/).filter((word) => word !== '')
      const page = await conversations.conversations(holderOf(caller), { ...pageOf(query), words, told: true })
      return { conversations: page.items.map(presentConversation), next_cursor: page.nextCursor ?? null }
    },

    async getConversation({ caller, parameters, query }) {
      const { conversation, messages } = await whole(caller, parameters.conversation, branchAt(query.leaf))
      const stranger = !isOwn(conversation)
      return { conversation: presentConversation(conversation), messages: messages.map((message) => presentMessage(message, { open: !stranger, stranger })) }
    },

    renameConversation: async ({ caller, parameters, body }) =>
      presentConversation(await conversations.renameConversation(holderOf(caller), parameters.conversation, body.title)),

    async removeConversation({ caller, parameters }) {
      const { conversation } = parameters
      if (!(await conversations.removeConversation(holderOf(caller), conversation))) throw new AppError('conversation/not-found', { conversation })
      await hub.forget({ conversation })
      return { done: true }
    },

    async exportConversation({ caller, parameters, query }) {
      const { conversation, messages } = await whole(caller, parameters.conversation, branchAt(query.leaf))
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

    async setFeedback({ caller, parameters, body }) {
      const feedback = feedbackOf(body)
      await conversations.setFeedback(holderOf(caller), parameters.conversation, parameters.message, feedback)
      return presentFeedback(feedback)
    },

    async linkConversation({ caller, parameters, body, client, note }) {
      const expiresAt = body.expires_in_days === undefined ? undefined : world.now() + body.expires_in_days * DAY_MS
      const { text, link } = await flows.linkConversation(world, caller.accountId, parameters.conversation, expiresAt)
      note({ expires: expiresAt !== undefined })
      return {
        token: text,
        link: `${client.publicUrl}/shared#${text}`,
        created_at: iso(link.createdAt),
        expires_at: link.expiresAt === undefined ? null : iso(link.expiresAt),
      }
    },

    async unlinkConversation({ caller, parameters }) {
      if (!(await conversations.removeLink(caller.accountId, parameters.conversation))) throw new AppError('link/not-found')
      return { done: true }
    },

    async openLink({ body, client }) {
      const { link, messages } = await linkAttempt(world, client.address, () => flows.openLink(world, body.token))
      return presentShared(link, messages)
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
