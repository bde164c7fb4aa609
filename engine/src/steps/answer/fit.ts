/** A careful guess: letters of large alphabets are a token each, others about a third of one. */
export function likelyTokens(text: string): number {
  let tokens = 0
  for (let index = 0; index < text.length; index += 1) tokens += weight(text.charCodeAt(index))
  return Math.ceil(tokens)
}

function weight(unit: number): number {
  if (unit < 0x80) return 0.3
  if (unit < 0x500) return 0.6
  return 1
}

/** The beginning of a text within so many tokens and characters, ended after a word where that costs little. */
export function cutToFit(text: string, tokens: number, characters: number): string {
  let [end, used] = [0, 0]
  while (end < text.length && end < characters) {
    used += weight(text.charCodeAt(end))
    if (used > tokens) break
    end += 1
  }
  if (end === text.length) return text
  const blank = text.lastIndexOf(' ', end)
  return text.slice(0, blank > end - 40 && blank > 0 ? blank : end).replace(/[\ud800-\udbff]$/, '')
}
