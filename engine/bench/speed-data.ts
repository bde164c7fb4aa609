/** Clustered unit vectors that are always the same, and the exact answers to queries of the same kind. */
export interface SpeedData {
  readonly vectors: readonly Float32Array[]
  readonly queries: readonly Float32Array[]
  /** Of vector `index`: `group` is `index % 100`; a tenth have `group < 10`, a hundredth `group === 0`. */
  truth(query: Float32Array, selected: (group: number) => boolean): readonly number[]
}

export const DIMENSIONS = 384
export const RESULTS = 10

export function speedData(count: number, queries: number): SpeedData {
  let state = 42
  const uniform = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return (state + 0.5) / 2 ** 32
  }
  const normal = () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform())
  const centres = Array.from({ length: 200 }, () => Float32Array.from({ length: DIMENSIONS }, normal))
  const make = () => unit((centres[Math.floor(uniform() * centres.length)] as Float32Array).map((value) => value + 0.7 * normal()))
  const vectors = Array.from({ length: count }, make)
  return {
    vectors,
    queries: Array.from({ length: queries }, make),
    truth(query, selected) {
      const best: { index: number; score: number }[] = []
      vectors.forEach((vector, index) => {
        if (!selected(index % 100)) return
        let score = 0
        for (let at = 0; at < DIMENSIONS; at++) score += (vector[at] as number) * (query[at] as number)
        if (best.length === RESULTS && score <= (best.at(-1)?.score ?? 0)) return
        best.push({ index, score })
        best.sort((a, b) => b.score - a.score)
        best.length = Math.min(best.length, RESULTS)
      })
      return best.map(({ index }) => index)
    },
  }
}

function unit(vector: Float32Array): Float32Array {
  const norm = Math.hypot(...vector)
  return vector.map((value) => value / norm)
}
