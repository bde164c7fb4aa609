import type { z } from 'zod'
import type { modelRoutes } from '../../api/models.ts'
import { lastFour, MODEL_KEYS, type ModelKey, type ModelSettings, type ModelSource, type ModelValue } from '../../domain/models.ts'
import { type ModelChange, type ModelTest, modelSettings } from '../../flows/model-settings.ts'
import type { Handlers, Workshop } from '../handler.ts'
import { presentError } from '../present.ts'

type WireSettings = z.input<(typeof modelRoutes)['modelSettings']['reply']['schema']>
type WireTest = z.input<(typeof modelRoutes)['testModelSettings']['reply']['schema']>['chat']

export function modelHandlers({ world, flows }: Workshop): Handlers<keyof typeof modelRoutes> {
  return {
    modelSettings: async () => presentSettings(await modelSettings(world)),

    async updateModelSettings({ body, note }) {
      // The fields are named as the variables are.
      const change = Object.entries(body).flatMap(([name, value]) => (value === undefined ? [] : [[name.toUpperCase(), value]]))
      const settings = await flows.changeModels(world, Object.fromEntries(change) as ModelChange)
      // Of a key no more than what happened to it.
      const told = Object.entries(body).flatMap(([name, value]) => {
        if (value === undefined) return []
        if (MODEL_KEYS.some((key) => key.toLowerCase() === name)) return [[name, value === null ? 'forgotten' : 'stored']]
        return [[name, value ?? 'none']]
      })
      note(Object.fromEntries(told) as Record<string, string>)
      return presentSettings(settings)
    },

    async testModelSettings({ caller, signal }) {
      const { chat, fallback, reranker, embedder } = await flows.testModels(world, caller, signal)
      return { chat: presentTest(chat), fallback: presentTest(fallback), reranker: presentTest(reranker), embedder: presentTest(embedder) }
    },
  }
}

const SOURCES: Readonly<Record<ModelSource, 'environment' | 'stored' | 'default'>> = { environment: 'environment', chosen: 'stored', default: 'default' }

function presentValue<T>({ value, from, fixedBy }: ModelValue<T>) {
  return { value, from: SOURCES[from], fixed_by: fixedBy ?? null }
}

const presentOptional = (setting: ModelValue<string | undefined>) => ({ ...presentValue(setting), value: setting.value ?? null })

function presentSettings({ chatModel, fallbackModel, rerankModel, embeddingModel, addresses, keys, awsRegion }: ModelSettings): WireSettings {
  return {
    chat_model: presentOptional(chatModel),
    chat_fallback_model: presentOptional(fallbackModel),
    rerank_model: presentOptional(rerankModel),
    embedding_model: presentValue(embeddingModel),
    openai_base_url: presentValue(addresses.OPENAI_BASE_URL),
    anthropic_base_url: presentValue(addresses.ANTHROPIC_BASE_URL),
    cohere_base_url: presentValue(addresses.COHERE_BASE_URL),
    ollama_url: presentValue(addresses.OLLAMA_URL),
    openai_api_key: presentKey(keys.OPENAI_API_KEY),
    anthropic_api_key: presentKey(keys.ANTHROPIC_API_KEY),
    cohere_api_key: presentKey(keys.COHERE_API_KEY),
    aws_region: awsRegion ?? null,
  }
}

function presentKey({ value, from, fixedBy, unusable }: ModelKey): WireSettings['openai_api_key'] {
  return {
    set: value !== undefined,
    last_four: (value === undefined ? undefined : lastFour(value)) ?? null,
    from: from === undefined ? null : from === 'chosen' ? 'stored' : from,
    fixed_by: fixedBy ?? null,
    problem: unusable ?? null,
  }
}

function presentTest({ model, error, ms, dimensions }: ModelTest): WireTest {
  if (model === undefined) return { model: null, state: 'none', ms: null, dimensions: null, error: null }
  return { model, state: error === undefined ? 'ok' : 'failed', ms, dimensions: dimensions ?? null, error: presentError(error?.body(), true) }
}
