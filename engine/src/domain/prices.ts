/** US dollars. */
export interface Price {
  /** Per million tokens. */
  readonly input: number
  readonly output: number
  /** Of a reranker that is paid by the search; 0 unless told. */
  readonly perThousandSearches?: number
  /** Of a request that holds more tokens than so many: all of it costs this. */
  readonly above?: { readonly tokens: number; readonly input: number; readonly output: number }
}

/** What models cost, by `provider:model`. */
export interface Prices {
  /** Undefined: not known. Models on this machine cost nothing. */
  of(model: string): Price | undefined
}

/** What a model was asked for. */
export interface Amount {
  readonly input: number
  readonly output: number
  /** Searches as a provider counts them; see `searchesOf`. */
  readonly searches?: number
}

/** Micro-dollars, rounded up: a price per million tokens is micro-dollars per token. */
export function costOf(price: Price, { input, output, searches = 0 }: Amount): number {
  const { above } = price
  const rate = above !== undefined && input > above.tokens ? above : price
  return Math.ceil(rate.input * input + rate.output * output + (price.perThousandSearches ?? 0) * 1000 * searches)
}

/** Of several; undefined when one of them is not known, 0 of none. */
export function sumOfCosts(costs: readonly (number | undefined)[]): number | undefined {
  return costs.reduce<number | undefined>((sum, cost) => (sum === undefined || cost === undefined ? undefined : sum + cost), 0)
}

/**
 * Source: the price pages of Cohere and of Amazon Bedrock. One search is a question with up to 100 texts; a longer text counts
 * once for each 500 tokens of itself and the question.
 */
export function searchesOf(queryTokens: number, textTokens: readonly number[]): number {
  const pieces = textTokens.reduce((total, tokens) => total + Math.max(1, Math.ceil((tokens + queryTokens) / 500)), 0)
  return Math.ceil(pieces / 100)
}
