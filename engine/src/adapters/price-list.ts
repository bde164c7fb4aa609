import type { Price } from '../domain/prices.ts'

/** When the lists below were read; what a provider changed since is told to Quarry with MODEL_PRICES. */
export const PRICES_READ = '2026-11-26'

const tokens = (input: number, output = 0): Price => ({ input, output })
const searches = (perThousandSearches: number): Price => ({ input: 0, output: 0, perThousandSearches })

/**
 * List prices in US dollars, per million tokens or thousand searches, for requests of ordinary length in real time. What could not
 * be read from the provider or from two lists that agree is left out: an unknown price is told as such, a wrong one is not noticed.
 */
export const PRICE_LIST: Readonly<Record<string, Price>> = {
  // Source: developers.openai.com/api/docs/pricing, as lists of August to November 2026 that name it agree on it.
  'openai:gpt-6-astra': tokens(10, 50),
  'openai:gpt-5.6-sol': { ...tokens(4, 20), above: { tokens: 272_000, input: 8, output: 30 } },
  'openai:gpt-5.6-terra': tokens(2, 12),
  'openai:gpt-5.6-luna': tokens(0.2, 1.2),
  'openai:gpt-5.5': tokens(5, 30),
  'openai:gpt-5.4': tokens(2.5, 15),
  'openai:gpt-5.4-mini': tokens(0.75, 4.5),
  'openai:gpt-5.4-nano': tokens(0.2, 1.25),
  'openai:gpt-5.2': tokens(1.75, 14),
  'openai:gpt-5.1': tokens(1.25, 10),
  'openai:gpt-5': tokens(1.25, 10),
  'openai:gpt-5-mini': tokens(0.25, 2),
  'openai:gpt-5-nano': tokens(0.05, 0.4),
  'openai:gpt-4.1': tokens(2, 8),
  'openai:gpt-4.1-mini': tokens(0.4, 1.6),
  'openai:gpt-4.1-nano': tokens(0.1, 0.4),
  'openai:gpt-4o': tokens(2.5, 10),
  'openai:gpt-4o-2024-05-13': tokens(5, 15), // dearer than the model is today
  'openai:gpt-4o-mini': tokens(0.15, 0.6),
  'openai:o3': tokens(2, 8),
  'openai:o3-mini': tokens(1.1, 4.4),
  'openai:o4-mini': tokens(1.1, 4.4),
  'openai:text-embedding-3-small': tokens(0.02),
  'openai:text-embedding-3-large': tokens(0.13),
  'openai:text-embedding-ada-002': tokens(0.1),

  // Source: the pages of the models at platform.claude.com/docs; those before 4.5 from a price list of 2025.
  'anthropic:claude-fable-5-1': tokens(10, 50),
  'anthropic:claude-fable-5': tokens(10, 50),
  'anthropic:claude-opus-5-5': tokens(4, 20),
  'anthropic:claude-opus-5': tokens(5, 25),
  'anthropic:claude-opus-4-8': tokens(5, 25),
  'anthropic:claude-opus-4-7': tokens(5, 25),
  'anthropic:claude-opus-4-6': tokens(5, 25),
  'anthropic:claude-opus-4-5': tokens(5, 25),
  'anthropic:claude-opus-4-1': tokens(15, 75),
  'anthropic:claude-opus-4': tokens(15, 75),
  'anthropic:claude-opus-4-0': tokens(15, 75),
  'anthropic:claude-sonnet-5-5': tokens(2, 10),
  'anthropic:claude-sonnet-5': tokens(2, 10),
  'anthropic:claude-sonnet-4-6': tokens(3, 15),
  'anthropic:claude-sonnet-4-5': tokens(3, 15),
  'anthropic:claude-sonnet-4': tokens(3, 15),
  'anthropic:claude-sonnet-4-0': tokens(3, 15),
  'anthropic:claude-haiku-5-5': { ...tokens(0.1, 0.5), above: { tokens: 100_000, input: 0.5, output: 2.5 } },
  'anthropic:claude-haiku-4-5': tokens(1, 5),
  'anthropic:claude-3-7-sonnet': tokens(3, 15),
  'anthropic:claude-3-5-sonnet': tokens(3, 15),
  'anthropic:claude-3-5-haiku': tokens(0.8, 4),
  'anthropic:claude-3-haiku': tokens(0.25, 1.25),

  // Source: cohere.com/pricing, as lists of 2025 and 2026 that name it agree on it.
  'cohere:command-a-03-2025': tokens(2.5, 10),
  'cohere:command-r-plus-08-2024': tokens(2.5, 10),
  'cohere:command-r-08-2024': tokens(0.15, 0.6),
  'cohere:command-r7b-12-2024': tokens(0.0375, 0.15),
  'cohere:c4ai-aya-expanse-32b': tokens(0.5, 1.5),
  'cohere:embed-v4.0': tokens(0.12),
  'cohere:embed-english-v3.0': tokens(0.1),
  'cohere:embed-multilingual-v3.0': tokens(0.1),
  'cohere:rerank-v4.0-pro': searches(2.5),
  'cohere:rerank-v4.0-fast': searches(2),
  'cohere:rerank-v3.5': searches(2),
  'cohere:rerank-english-v3.0': searches(2),
  'cohere:rerank-multilingual-v3.0': searches(2),

  // Source: aws.amazon.com/bedrock/pricing, us-east-1, as price lists of 2026 have it; Claude there costs what Anthropic asks (see `ofBedrock`).
  'bedrock:amazon.nova-premier': tokens(2.5, 12.5),
  'bedrock:amazon.nova-pro': tokens(0.8, 3.2),
  'bedrock:amazon.nova-lite': tokens(0.06, 0.24),
  'bedrock:amazon.nova-micro': tokens(0.035, 0.14),
  'bedrock:amazon.nova-2-lite': tokens(0.3, 2.5),
  'bedrock:amazon.titan-embed-text-v2': tokens(0.02),
  'bedrock:amazon.titan-embed-text-v1': tokens(0.1),
  'bedrock:amazon.rerank-v1': searches(1),
  'bedrock:cohere.command-r-plus-v1': tokens(3, 15),
  'bedrock:cohere.command-r-v1': tokens(0.5, 1.5),
  'bedrock:cohere.embed-v4': tokens(0.12),
  'bedrock:cohere.embed-english-v3': tokens(0.1),
  'bedrock:cohere.embed-multilingual-v3': tokens(0.1),
  'bedrock:cohere.rerank-v3-5': searches(2),
  'bedrock:deepseek.r1': tokens(1.35, 5.4),
  'bedrock:meta.llama3-1-8b-instruct': tokens(0.22, 0.22),
  'bedrock:meta.llama3-1-70b-instruct': tokens(0.72, 0.72),
  'bedrock:meta.llama3-3-70b-instruct': tokens(0.72, 0.72),
  'bedrock:meta.llama4-maverick-17b-instruct': tokens(0.24, 0.97),
  'bedrock:meta.llama4-scout-17b-instruct': tokens(0.17, 0.66),
  'bedrock:mistral.mistral-large-3-675b-instruct': tokens(0.5, 1.5),
  'bedrock:openai.gpt-oss-120b': tokens(0.15, 0.6),
  'bedrock:openai.gpt-oss-20b': tokens(0.07, 0.3),
}
