/** US dollars per million tokens. */
export interface Price {
  readonly input: number
  readonly output: number
}

/** What models cost, by `provider:model`. */
export interface Prices {
  /** Undefined: not known. Models on this machine cost nothing. */
  of(model: string): Price | undefined
}

/** Micro-dollars, rounded up: a price per million tokens is micro-dollars per token. */
export function costOf(price: Price, tokens: { readonly input: number; readonly output: number }): number {
  return Math.ceil(price.input * tokens.input + price.output * tokens.output)
}
