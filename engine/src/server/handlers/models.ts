import type { z } from 'zod'
import type { modelRoutes } from '../../api/models.ts'
import { lastFour, type ModelSettings, type ModelSource, type ModelValue } from '../../domain/models.ts'
import { type ModelTest, modelSettings } from '../../flows/model-settings.ts'
import type { Handlers, Workshop } from '../handler.ts'
import { presentError } from '../present.ts'

type WireSettings = z.input<(typeof modelRoutes)['modelSettings']['reply']['schema']>
type WireTest = z.input<(typeof modelRoutes)['testModelSettings']['reply']['schema']>['chat']

export function modelHandlers({ world, flows }: Workshop): Handlers<keyof typeof modelRoutes> {
  return {
    modelSettings: async () => presentSettings(await modelSettings(world)),

    async updateModelSettings({ body, note }) {
      const { openai_api_key, ...rest } = body
      const settings = await flows.changeModels(world, {
        ...pick('CHAT_MODEL', rest.chat_model),
        ...pick('EMBEDDING_MODEL', rest.embedding_model),
        ...pick('OPENAI_BASE_URL', rest.openai_base_url),
        ...pick('OLLAMA_URL', rest.ollama_url),
        ...pick('OPENAI_API_KEY', openai_api_key),
      })
      const told = Object.entries(rest).flatMap(([name, value]) => (value === undefined ? [] : [[name, value ?? 'none']]))
      note(Object.fromEntries(told) as Record<string, string>)
      // Of the key no more than what happened to it.
      if (openai_api_key !== undefined) note({ openai_api_key: openai_api_key === null ? 'forgotten' : 'stored' })
      return presentSettings(settings)
    },

    async testModelSettings({ caller, signal }) {
      const { chat, embedder } = await flows.testModels(world, caller, signal)
      return { chat: presentTest(chat), embedder: presentTest(embedder) }
    },
  }
}

function pick<Name extends string, T>(name: Name, value: T | undefined): { readonly [Key in Name]?: T } {
  return value === undefined ? {} : ({ [name]: value } as { readonly [Key in Name]: T })
}

const SOURCES: Readonly<Record<ModelSource, 'environment' | 'stored' | 'default'>> = { environment: 'environment', chosen: 'stored', default: 'default' }

function presentValue<T>({ value, from, fixedBy }: ModelValue<T>) {
  return { value, from: SOURCES[from], fixed_by: fixedBy ?? null }
}

function presentSettings({ chatModel, embeddingModel, openaiBaseUrl, ollamaUrl, openaiKey }: ModelSettings): WireSettings {
  const { value, from, fixedBy, unusable } = openaiKey
  return {
    chat_model: { ...presentValue(chatModel), value: chatModel.value ?? null },
    embedding_model: presentValue(embeddingModel),
    openai_base_url: presentValue(openaiBaseUrl),
    ollama_url: presentValue(ollamaUrl),
    openai_api_key: {
      set: value !== undefined,
      last_four: (value === undefined ? undefined : lastFour(value)) ?? null,
      from: from === undefined ? null : from === 'chosen' ? 'stored' : from,
      fixed_by: fixedBy ?? null,
      problem: unusable ?? null,
    },
  }
}

function presentTest({ model, error, ms, dimensions }: ModelTest): WireTest {
  if (model === undefined) return { model: null, state: 'none', ms: null, dimensions: null, error: null }
  return { model, state: error === undefined ? 'ok' : 'failed', ms, dimensions: dimensions ?? null, error: presentError(error?.body()) }
}
