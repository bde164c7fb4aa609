import { embedders } from '../adapters/embedders.ts'
import { localEmbedders } from '../adapters/local/embedder.ts'
import type { SqliteFile } from '../adapters/sqlite/database.ts'
import { sqliteModelChoices } from '../adapters/sqlite/model-choices.ts'
import { watchedChat, watchedEmbedders, watchedReranker } from '../adapters/watched.ts'
import { NO_RERANKER } from '../domain/answering.ts'
import { AppError } from '../domain/errors.ts'
import { EMBEDDING_PROVIDERS, type GivenModels } from '../domain/models.ts'
import { modelSettings } from '../flows/model-settings.ts'
import type { Chat } from '../ports/chat.ts'
import type { Health } from '../ports/health.ts'
import type { Secrets } from '../ports/secrets.ts'
import type { Log, World } from '../ports/world.ts'
import type { Settings } from '../settings.ts'
import { makingModels } from './providers.ts'

export interface ModelsOptions {
  /** Of the catalog. */
  readonly file: SqliteFile
  readonly settings: Pick<Settings, keyof GivenModels>
  readonly secrets: Secrets
  readonly health: Health
  readonly log: Log
  /** Of local models. */
  readonly folder: string
}

export interface OpenModels extends Pick<World, 'embedders' | 'chats' | 'rerankers' | 'modelChoices' | 'givenModels'> {
  /** The language model as it is chosen now. */
  chat(): Chat | undefined
}

/** Models that are reached with what holds at the moment that they are asked: the environment, then what an owner chose. */
export async function openModels({ file, settings, secrets, health, log, folder }: ModelsOptions): Promise<OpenModels> {
  const stored = sqliteModelChoices(file)
  const world = { modelChoices: stored, givenModels: givenModelsOf(settings), secrets }
  const now = () => modelSettings(world)
  const making = makingModels({ chat: (chat) => watchedChat(chat, health), reranker: (reranker) => watchedReranker(reranker, health) })

  /** One that cannot be opened tells so when it is asked to write: an answer then goes on without it. */
  async function chatOf(name: string | undefined): Promise<Chat | undefined> {
    if (name === undefined) return undefined
    try {
      return await making.chat(await now(), name)
    } catch (error) {
      if (error instanceof AppError) return watchedChat(unopened(name, error), health)
      throw error
    }
  }

  let chat = await chatOf((await now()).chatModel.value)
  let changes = 0
  /** Of the change whose model `chat` is: several may be under way at once. */
  let shown = 0
  return {
    givenModels: world.givenModels,
    modelChoices: {
      read: stored.read,
      async change(change) {
        const changed = await stored.change(change)
        changes += 1
        const mine = changes
        const opened = await chatOf((await now()).chatModel.value)
        if (mine > shown) [chat, shown] = [opened, mine]
        for (const part of ['chat:', 'reranker:', ...EMBEDDING_PROVIDERS.filter((one) => one !== 'local').map((one) => `embedder:${one}:`)]) health.forget(part)
        return changed
      },
    },
    embedders: watchedEmbedders(
      embedders({
        ...Object.fromEntries(EMBEDDING_PROVIDERS.map((provider) => [provider, async () => making.embedders(await now(), provider)])),
        local: localEmbedders({ folder, log }),
      }),
      health,
    ),
    chat: () => chat,
    chats: {
      open: async (name) => making.chat(await now(), name),
      fallback: async () => chatOf((await now()).fallbackModel.value),
    },
    rerankers: {
      open: async (name) => making.reranker(await now(), name),
      async current() {
        const settings = await now()
        const { value } = settings.rerankModel
        return value === undefined || value === NO_RERANKER ? undefined : making.reranker(settings, value)
      },
    },
  }
}

function unopened(name: string, fault: AppError): Chat {
  return {
    name,
    window: 8192,
    citations: 'markers',
    write() {
      const refuse = async () => Promise.reject(fault)
      return { [Symbol.asyncIterator]: () => ({ next: refuse }) }
    },
  }
}

export function givenModelsOf(settings: Pick<Settings, keyof GivenModels>): GivenModels {
  const { CHAT_MODEL, CHAT_FALLBACK_MODEL, RERANK_MODEL, EMBEDDING_MODEL, OPENAI_BASE_URL, ANTHROPIC_BASE_URL, COHERE_BASE_URL, OLLAMA_URL } = settings
  const { OPENAI_API_KEY, ANTHROPIC_API_KEY, COHERE_API_KEY, AWS_REGION } = settings
  return {
    ...{ CHAT_MODEL, CHAT_FALLBACK_MODEL, RERANK_MODEL, EMBEDDING_MODEL, OPENAI_BASE_URL, ANTHROPIC_BASE_URL, COHERE_BASE_URL, OLLAMA_URL },
    ...{ OPENAI_API_KEY, ANTHROPIC_API_KEY, COHERE_API_KEY, AWS_REGION },
  }
}
