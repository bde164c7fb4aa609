import { AppError } from '../domain/errors.ts'
import type { Chat } from '../ports/chat.ts'
import type { Embedders } from '../ports/embedder.ts'
import type { Health } from '../ports/health.ts'
import type { Reranker } from '../ports/reranker.ts'

// Ports that note how it went, for whoever looks after the server. Nothing is asked that would not have been asked anyway.

/** Notes the outcome of each call that gives a promise. `isFault` tells what is a fault of the part, not of what it was given. */
export function watched<T extends object>(port: T, part: string, health: Health, isFault: (error: unknown) => boolean): T {
  const note = (error: unknown) => (isFault(error) ? health.bad(part, error) : undefined)
  const wrapped = Object.entries(port).map(([name, member]: [string, unknown]) => {
    if (typeof member !== 'function' || name === 'close') return [name, member]
    return [
      name,
      (...given: unknown[]) => {
        const result: unknown = member(...given)
        if (result instanceof Promise) result.then(() => health.good(part), note)
        return result
      },
    ]
  })
  return Object.fromEntries(wrapped) as T
}

/** Each model is a part of its own: `embedder:` and its name. */
export function watchedEmbedders(embedders: Embedders, health: Health): Embedders {
  return {
    ...embedders,
    async open(name, signal) {
      const part = `embedder:${name}`
      const noted = async <T>(work: Promise<T>): Promise<T> => {
        try {
          return await work
        } catch (error) {
          health.bad(part, withoutSaid(error))
          throw error
        }
      }
      const embedder = await noted(embedders.open(name, signal))
      return {
        ...embedder,
        async embed(texts, kind, stop, done) {
          const vectors = await noted(embedder.embed(texts, kind, stop, done))
          health.good(part)
          return vectors
        },
      }
    },
  }
}

/** Each model is a part of its own: `chat:` and its name. */
export function watchedChat(chat: Chat, health: Health): Chat {
  const part = `chat:${chat.name}`
  return {
    ...chat,
    async *write(request, signal) {
      try {
        for await (const event of chat.write(request, signal)) {
          // Who has the end need not read on.
          if (event.type === 'end') health.good(part)
          yield event
        }
      } catch (error) {
        if (!signal.aborted) health.bad(part, withoutSaid(error))
        throw error
      }
    },
  }
}

/** Each model is a part of its own: `reranker:` and its name. */
export function watchedReranker(reranker: Reranker, health: Health): Reranker {
  const part = `reranker:${reranker.name}`
  return {
    ...reranker,
    async rerank(query, texts, signal, paid) {
      try {
        const scores = await reranker.rerank(query, texts, signal, paid)
        health.good(part)
        return scores
      } catch (error) {
        if (!signal.aborted) health.bad(part, withoutSaid(error))
        throw error
      }
    },
  }
}

/** Servers repeat what they are asked, by whomever: that is not for everybody who looks after this one. */
function withoutSaid(error: unknown): unknown {
  if (!(error instanceof AppError)) return error
  const { said: _, ...facts } = error.facts
  return new AppError(error.code, facts, error)
}
