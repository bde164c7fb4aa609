import type { streamRoutes } from '../../api/streams.ts'
import type { Caller } from '../../domain/caller.ts'
import { AppError } from '../../domain/errors.ts'
import type { Handlers, Input, Workshop } from '../handler.ts'
import type { Followable } from '../live/events.ts'
import { ownerOf } from '../live/hub.ts'
import { lookFor, seenStream } from '../live/see.ts'
import { giveTicket } from '../live/tickets.ts'
import { turnOf } from '../live/ui-messages.ts'
import { iso } from '../present.ts'
import { published } from '../published.ts'
import { searchHandlers } from './search.ts'

const DONE = { done: true } as const

export function streamHandlers(workshop: Workshop): Handlers<keyof typeof streamRoutes> {
  const { world, hub } = workshop
  const { ask } = searchHandlers(workshop)

  async function read(caller: Caller, id: string, keepChecking: Input<(typeof streamRoutes)['resumeStream']>['keepChecking']): Promise<Followable> {
    const { stream, look } = await seenStream(world, hub, caller, id)
    keepChecking(look)
    return stream
  }

  async function stop(caller: Caller, id: string) {
    await (await seenStream(world, hub, caller, id)).stream.stop()
    return DONE
  }

  async function ticket(presented: Parameters<typeof giveTicket>[1]) {
    const given = await giveTicket(world, presented)
    return { ticket: given.ticket, expires_at: iso(given.expiresAt) }
  }

  return {
    resumeStream: ({ caller, parameters, keepChecking }) => read(caller, parameters.stream, keepChecking),
    stopStream: ({ caller, parameters }) => stop(caller, parameters.stream),
    liveTicket: ({ client }) => ticket({ presented: client.presented(), publicationId: undefined }),
    live: async () => ({ publicationId: undefined }),

    async resumeVisitorStream({ caller, parameters, keepChecking }) {
      await published(world, parameters.publication)
      return read(caller, parameters.stream, keepChecking)
    },
    async stopVisitorStream({ caller, parameters }) {
      await published(world, parameters.publication)
      return stop(caller, parameters.stream)
    },
    async visitorLiveTicket({ parameters, client }) {
      const { id } = await published(world, parameters.publication)
      return ticket({ presented: client.presented(), publicationId: id })
    },
    publicLive: async ({ parameters }) => ({ publicationId: parameters.publication }),

    async *uiMessages(input) {
      const { messages, n_results, filter, conversation, parent } = input.body
      const { question, history } = turnOf(messages)
      const told = conversation === undefined ? { history: [...history] } : { conversation, parent }
      const body = { question, n_results, filter, version: undefined, history: undefined, conversation: undefined, parent: undefined, ...told }
      yield* ask({ ...input, body, form: undefined } as unknown as Parameters<typeof ask>[0])
    },
    async resumeUiMessages({ caller, database, parameters, keepChecking }) {
      const stream = await hub.findAlias(ownerOf(caller), chatAlias(database.id, parameters.chat))
      if (stream === undefined) return undefined
      const look = () => lookFor(world, caller, stream)
      keepChecking(look)
      try {
        await look()
      } catch (fault) {
        if (fault instanceof AppError && fault.code === 'stream/not-found') return undefined
        throw fault
      }
      return stream
    },
  }
}

export function chatAlias(databaseId: string, chat: string): string {
  return `${databaseId}\n${chat}`
}
