import { embedders } from '../adapters/embedders.ts'
import { localEmbedders } from '../adapters/local/embedder.ts'
import { openaiChat } from '../adapters/openai/chat.ts'
import { type OpenAiOptions, openaiEmbedders } from '../adapters/openai/embedder.ts'
import { guardedFetch } from '../adapters/openai/guarded-fetch.ts'
import type { SqliteFile } from '../adapters/sqlite/database.ts'
import { sqliteModelChoices } from '../adapters/sqlite/model-choices.ts'
import { watchedChat, watchedEmbedders } from '../adapters/watched.ts'
import type { GivenModels, ModelSettings } from '../domain/models.ts'
import { modelSettings } from '../flows/model-settings.ts'
import type { Chat } from '../ports/chat.ts'
import type { Health } from '../ports/health.ts'
import type { Secrets } from '../ports/secrets.ts'
import type { Log, World } from '../ports/world.ts'
import type { Settings } from '../settings.ts'

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

export interface OpenModels extends Pick<World, 'embedders' | 'modelChoices' | 'givenModels'> {
  /** The language model as it is chosen now. */
  chat(): Chat | undefined
}

/** Models that are reached with what holds at the moment that they are asked: the environment, then what an owner chose. */
export async function openModels({ file, settings, secrets, health, log, folder }: ModelsOptions): Promise<OpenModels> {
  const stored = sqliteModelChoices(file)
  const world = { modelChoices: stored, givenModels: givenModelsOf(settings), secrets }
  const openai = remade(openaiEmbedders)
  const ollama = remade(openaiEmbedders)
  const chats = remade(({ model, ...options }: OpenAiOptions & { readonly model: string }) => watchedChat(openaiChat({ ...options, model }), health))
  const guarded = { fetch: guardedFetch() }

  const openaiAt = ({ openaiBaseUrl: { value, from }, openaiKey }: ModelSettings): OpenAiOptions => ({
    ...{ provider: 'openai', baseUrl: value, apiKey: openaiKey.value },
    ...(from === 'chosen' ? guarded : {}),
  })
  const ollamaAt = ({ ollamaUrl: { value, from } }: ModelSettings): OpenAiOptions => ({
    ...{ provider: 'ollama', baseUrl: `${value}/v1`, apiKey: undefined },
    ...(from === 'chosen' ? guarded : {}),
  })
  function chatOf(now: ModelSettings): Chat | undefined {
    const [provider, ...rest] = (now.chatModel.value ?? '').split(':')
    const model = rest.join(':')
    if (provider === 'openai') return chats({ ...openaiAt(now), model })
    return provider === 'ollama' ? chats({ ...ollamaAt(now), model }) : undefined
  }

  let chat = chatOf(await modelSettings(world))
  return {
    givenModels: world.givenModels,
    modelChoices: {
      read: stored.read,
      async change(change) {
        const changed = await stored.change(change)
        chat = chatOf(await modelSettings(world))
        for (const part of ['chat', 'embedder:openai:', 'embedder:ollama:']) health.forget(part)
        return changed
      },
    },
    embedders: watchedEmbedders(
      embedders({
        openai: async () => openai(openaiAt(await modelSettings(world))),
        ollama: async () => ollama(ollamaAt(await modelSettings(world))),
        local: localEmbedders({ folder, log }),
      }),
      health,
    ),
    chat: () => chat,
  }
}

export function givenModelsOf(settings: Pick<Settings, keyof GivenModels>): GivenModels {
  const { CHAT_MODEL, EMBEDDING_MODEL, OPENAI_BASE_URL, OLLAMA_URL, OPENAI_API_KEY } = settings
  return { CHAT_MODEL, EMBEDDING_MODEL, OPENAI_BASE_URL, OLLAMA_URL, OPENAI_API_KEY }
}

/** Makes a thing anew when what it is made of has changed, and otherwise gives the same again. */
function remade<O extends OpenAiOptions, T>(make: (options: O) => T): (options: O) => T {
  let last: { readonly of: string; readonly made: T } | undefined
  return (options) => {
    const of = JSON.stringify([options, options.fetch !== undefined])
    if (last?.of !== of) last = { of, made: make(options) }
    return last.made
  }
}
