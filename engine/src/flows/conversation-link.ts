import { readSecret, SECRET_PREFIX } from '../domain/api-key.ts'
import type { ConversationLink, PlacedMessage } from '../domain/conversation.ts'
import { AppError } from '../domain/errors.ts'
import type { World } from '../ports/world.ts'

type Stores = Pick<World, 'conversations' | 'secrets'>

/** Opens a conversation, as it is now, to whoever has `text`, which is given once. A link that was there no longer works. @throws conversation/not-found */
export async function linkConversation(
  world: Stores,
  accountId: string,
  conversationId: string,
  expiresAt: number | undefined,
): Promise<{ readonly text: string; readonly link: ConversationLink }> {
  const { text, id, secretHash } = world.secrets.make(SECRET_PREFIX.link)
  return { text, link: await world.conversations.createLink(accountId, conversationId, { id, secretHash, expiresAt }) }
}

/** What a link shows: the branch as it was when the link was made. @throws link/not-found, the same whatever the reason */
export async function openLink(world: Stores, text: string): Promise<{ readonly link: ConversationLink; readonly messages: readonly PlacedMessage[] }> {
  const parts = readSecret(text)
  const found = parts?.prefix === SECRET_PREFIX.link ? await world.conversations.link(parts.id) : undefined
  if (parts === undefined || found === undefined || !world.secrets.matches(parts, found.secretHash)) throw new AppError('link/not-found')
  const { link } = found
  if (link.upTo === undefined) return { link, messages: [] }
  try {
    return { link, messages: await world.conversations.messages({ accountId: link.accountId }, link.conversationId, { upTo: link.upTo }) }
  } catch (error) {
    if (error instanceof AppError && error.code === 'conversation/not-found') throw new AppError('link/not-found') // deleted just now
    throw error
  }
}
