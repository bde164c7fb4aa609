/** What is known of a model by its id. */
export interface Family {
  /** Tokens of request and answer together. */
  readonly window: number
  readonly citations: 'native' | 'markers'
}

/** Claude cites documents by itself since version 3.5; those before, and all others, are asked to write markers. */
const FAMILIES: readonly (readonly [pattern: RegExp, family: Family])[] = [
  [/anthropic\.claude-(v2|instant|2)/, { window: 100_000, citations: 'markers' }],
  [/anthropic\.claude-3-(haiku|sonnet|opus)/, { window: 200_000, citations: 'markers' }],
  [/anthropic\.claude/, { window: 200_000, citations: 'native' }],
  [/amazon\.nova-micro/, { window: 128_000, citations: 'markers' }],
  [/amazon\.nova-(premier|2)/, { window: 1_000_000, citations: 'markers' }],
  [/amazon\.nova/, { window: 300_000, citations: 'markers' }],
  [/amazon\.titan-text-lite/, { window: 4_000, citations: 'markers' }],
  [/amazon\.titan/, { window: 8_000, citations: 'markers' }],
  [/meta\.llama3-[1-9]-|meta\.llama4/, { window: 128_000, citations: 'markers' }],
  [/meta\.llama3/, { window: 8_000, citations: 'markers' }],
  [
    /mistral\.(mistral-large-2407|pixtral|ministral|magistral)|deepseek\.|openai\.gpt-oss|qwen\.|cohere\.command-r|writer\./,
    { window: 128_000, citations: 'markers' },
  ],
  [/ai21\.jamba/, { window: 256_000, citations: 'markers' }],
]
/** An id that does not tell its model, such as that of an application's own inference profile. */
const UNKNOWN: Family = { window: 32_000, citations: 'markers' }

/** By a model's id, that of an inference profile (`eu.anthropic.claude-…`) or an ARN that ends with one of them. */
export function familyOf(model: string): Family {
  return FAMILIES.find(([pattern]) => pattern.test(model))?.[1] ?? UNKNOWN
}
