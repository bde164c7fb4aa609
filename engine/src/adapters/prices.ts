import type { Price, Prices } from '../domain/prices.ts'

/** US dollars per million tokens as the provider published them in August 2025. Prices change: MODEL_PRICES overrides them. */
const PUBLISHED: Readonly<Record<string, Price>> = {
  'openai:gpt-4o': { input: 2.5, output: 10 },
  'openai:gpt-4o-mini': { input: 0.15, output: 0.6 },
  'openai:gpt-4.1': { input: 2, output: 8 },
  'openai:gpt-4.1-mini': { input: 0.4, output: 1.6 },
  'openai:gpt-4.1-nano': { input: 0.1, output: 0.4 },
  'openai:text-embedding-3-small': { input: 0.02, output: 0 },
  'openai:text-embedding-3-large': { input: 0.13, output: 0 },
  'openai:text-embedding-ada-002': { input: 0.1, output: 0 },
}
const FREE: Price = { input: 0, output: 0 }
/** What runs on this machine, or on one of the operator's own. */
const OWN_MACHINE = /^(?:local|ollama):/
/** A snapshot such as gpt-4o-2024-08-06 costs what the model costs that it is of. */
const SNAPSHOT = /-\d{4}-\d{2}-\d{2}$/

/** `own` comes first, by the full name of a model. */
export function modelPrices(own: Readonly<Record<string, Price>>): Prices {
  const table = new Map([...Object.entries(PUBLISHED), ...Object.entries(own)])
  return {
    of: (model) => table.get(model) ?? (OWN_MACHINE.test(model) ? FREE : table.get(model.replace(SNAPSHOT, ''))),
  }
}
