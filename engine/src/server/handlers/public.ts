import { TEXT_WINDOW } from '../../api/documents.ts'
import type { publicRoutes } from '../../api/public.ts'
import type { Caller } from '../../domain/caller.ts'
import { AppError } from '../../domain/errors.ts'
import type { Publication } from '../../domain/publication.ts'
import { DAY_MS } from '../../domain/usage.ts'
import { converse, type Talk } from '../../flows/converse.ts'
import { chatPage, chatScript } from '../chat-pages.ts'
import type { Handlers, Workshop } from '../handler.ts'
import { ownerOf } from '../live/hub.ts'
import { forStranger, presentFeedback, presentForStranger, presentMessage, presentVisitorConversation } from '../present-chat.ts'
import { admitVisit, placesOf, published } from '../published.ts'
import { branchAt, feedbackOf } from './conversations.ts'
import { pageOf } from './databases.ts'
import { keptBy, leftBy } from './search.ts'

const DONE = { done: true } as const
/** Passages that an answer may draw on. */
const PASSAGES = 8
/** Source: what browsers keep of a site at most; longer than anything of a visitor is kept without a new question. */
const TOKEN_MS = 400 * DAY_MS

export function publicHandlers({ world, flows, gate, web, hub }: Workshop): Handlers<keyof typeof publicRoutes> {
  const { conversations, publications } = world
  const holderOf = (caller: Caller) => ({ visitorId: caller.id })
  const deletionOf = (publication: Publication) => world.now() + publication.keepDays * DAY_MS

  /** The row of a visitor is made with the first question; each one puts the deletion off. */
  async function noted(caller: Caller, publication: Publication): Promise<void> {
    const deleteAt = deletionOf(publication)
    await publications.createVisitor({ id: caller.id, publicationId: publication.id, deleteAt })
    await publications.seenVisitor(caller.id, deleteAt)
  }

  return {
    async publicChat({ parameters }) {
      const { title, greeting, sources } = await published(world, parameters.publication)
      return { title, greeting: greeting ?? null, sources }
    },

    async startVisit({ parameters, client }) {
      const { id } = await published(world, parameters.publication)
      await admitVisit(world, client.address)
      const issuedAt = world.now()
      const expiresAt = issuedAt + TOKEN_MS
      const token = await world.secrets.signVisitor({ visitorId: world.newId('vis'), publicationId: id, issuedAt, expiresAt })
      return { token, expires_at: new Date(expiresAt).toISOString() }
    },

    async *publicAsk({ caller, parameters, body, client, signal, keepChecking, asks, run }) {
      let asked: readonly string[] | undefined
      /** As it is now, with all databases that it was begun with. */
      const look = async () => {
        const publication = await published(world, parameters.publication)
        const places = await placesOf(world, caller, publication)
        const databaseIds = places.map(({ databaseId }) => databaseId)
        asked ??= databaseIds
        if (!asked.every((id) => databaseIds.includes(id))) throw new AppError('publication/not-found', { publication: publication.id })
        return { publication, places, databaseIds }
      }
      keepChecking(look)
      try {
        const { publication, places, databaseIds } = await look()
        asks(databaseIds, publication.sources)
        // One that is gone on with was counted when it was asked.
        if (run?.left === undefined) for (const id of databaseIds) await gate.admitTo(id, caller, client.setHeader)
        await noted(caller, publication)
        const talk: Talk = {
          holder: holderOf(caller),
          conversation: body.conversation,
          parent: body.parent,
          databaseIds,
          publicationId: publication.id,
          goesOn: async () => undefined,
          deleteAt: () => deletionOf(publication),
          ...leftBy(world, run, signal),
          storing: asks.storing,
        }
        const ask = run?.left === undefined ? flows.askSeveral : flows.resumeAnswer
        const { guard, voice, strictness } = publication
        const answer = (...[history, turn]: Parameters<Parameters<typeof converse>[3]>) =>
          ask(world, places, { question: body.question, n: PASSAGES, history, turn, guard, voice, strictness, ...keptBy(run) }, signal)
        for await (const event of converse(world, talk, body.question, answer, signal)) yield presentForStranger(event, publication.sources)
      } catch (fault) {
        throw forStranger(fault)
      }
    },

    async visitorConversations({ caller, parameters, query }) {
      await published(world, parameters.publication)
      const page = await conversations.conversations(holderOf(caller), { ...pageOf(query), told: true })
      return { conversations: page.items.map(presentVisitorConversation), next_cursor: page.nextCursor ?? null }
    },

    async visitorConversation({ caller, parameters, query }) {
      const { sources } = await published(world, parameters.publication)
      const conversation = await conversations.conversation(holderOf(caller), parameters.conversation)
      const messages = await conversations.messages(holderOf(caller), conversation.id, branchAt(query.leaf))
      return {
        conversation: presentVisitorConversation(conversation),
        messages: messages.map((message) => presentMessage(message, { open: sources === 'documents', stranger: true })),
      }
    },

    async removeVisitorConversation({ caller, parameters }) {
      const { conversation } = parameters
      if (!(await conversations.removeConversation(holderOf(caller), conversation))) throw new AppError('conversation/not-found', { conversation })
      await hub.forget({ conversation })
      return DONE
    },

    async setVisitorFeedback({ caller, parameters, body }) {
      await published(world, parameters.publication)
      const feedback = feedbackOf(body)
      await conversations.setFeedback(holderOf(caller), parameters.conversation, parameters.message, feedback)
      return presentFeedback(feedback)
    },

    async publicSuggestions({ caller, parameters, query, client }) {
      try {
        const publication = await published(world, parameters.publication)
        const places = await placesOf(world, caller, publication)
        for (const { databaseId } of places) await gate.admitTo(databaseId, caller, client.setHeader)
        return { suggestions: [...(await flows.suggest(world, places, query.n))] }
      } catch (fault) {
        throw forStranger(fault)
      }
    },

    async publicText({ caller, parameters, query }) {
      const publication = await published(world, parameters.publication)
      const unknown = new AppError('document/not-found', { document: parameters.document })
      const place = (await placesOf(world, caller, publication)).find(({ databaseId }) => databaseId === parameters.database)
      if (publication.sources !== 'documents' || place === undefined) throw unknown
      const { document, extracted } = await flows.readText(world, place.caller, place.databaseId, parameters.document).catch((fault: unknown) => {
        throw fault instanceof AppError && fault.code === 'document/not-found' ? unknown : fault
      })
      // Ids come with citations; an external id could be guessed.
      if (document.id !== parameters.document) throw unknown
      const { text } = extracted
      const start = Math.min(query.start, text.length)
      const end = Math.max(start, Math.min(query.end ?? text.length, text.length, start + TEXT_WINDOW))
      return { name: document.name, text: text.slice(start, end), start, end, characters: text.length }
    },

    async removeVisitor({ caller, note }) {
      await publications.removeVisitor(caller.id)
      await hub.forget({ owner: ownerOf(caller) })
      note({}, caller.id)
      return DONE
    },

    async chatPage({ parameters }) {
      const { origins } = await published(world, parameters.publication)
      return chatPage(web, origins)
    },

    async chatScript({ parameters }) {
      await published(world, parameters.publication)
      return chatScript()
    },
  }
}
