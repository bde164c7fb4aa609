/** The top of an axis for values up to `most`: 1, 2, 2.5 or 5 times a power of ten. */
export function axisTop(most: number): number {
  if (!(most > 0)) return 1
  const power = 10 ** Math.floor(Math.log10(most))
  const steps = [1, 2, 2.5, 5, 10]
  return (steps.find((step) => step * power >= most) ?? 10) * power
}

/** Which of `count` marks get their words: about `wanted` of them, evenly, always the first and the last. */
export function labelled(count: number, wanted: number): readonly number[] {
  if (count <= wanted) return Array.from({ length: count }, (_, at) => at)
  return [...new Set(Array.from({ length: wanted }, (_, at) => Math.round((at * (count - 1)) / (wanted - 1))))]
}
