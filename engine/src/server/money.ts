const MICRO = 1_000_000

/** US dollars of micro-dollars; null where there is no limit. */
export function usdOf(micro: number): number
export function usdOf(micro: number | undefined): number | null
export function usdOf(micro: number | undefined): number | null {
  return micro === undefined ? null : micro / MICRO
}

export function microOf(usd: number): number {
  return Math.round(usd * MICRO)
}
