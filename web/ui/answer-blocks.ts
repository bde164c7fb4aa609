const FENCE = /^[ \t]*(`{3,}(?=[^`]*$)|~{3,})/
const LIST_ITEM = /^ {0,3}(?:[-*+]|\d{1,9}[.)])(?:[ \t]|$)/
const BLANK = /^[ \t]*$/

/**
 * Cuts Markdown into blocks that can be drawn one by one: joined they are the text again. While a text grows at its end,
 * only its last blocks change, so that the others need not be read again. Cut is at blank lines, outside of fences and lists.
 */
export function splitBlocks(text: string): readonly string[] {
  const blocks: string[] = []
  let from = 0
  let at = 0
  let fence: string | undefined
  let isList = false
  let afterBlank = false
  let hasContent = false
  while (at < text.length) {
    const lineEnd = text.indexOf('\n', at)
    const next = lineEnd === -1 ? text.length : lineEnd + 1
    const line = text.slice(at, lineEnd === -1 ? text.length : lineEnd).replace(/\r$/, '')
    const isBlank = BLANK.test(line)
    if (fence === undefined && !isBlank) {
      if (afterBlank && hasContent && !/^[ \t]/.test(line) && !(isList && LIST_ITEM.test(line))) {
        blocks.push(text.slice(from, at))
        from = at
        hasContent = false
      }
      if (!hasContent) isList = LIST_ITEM.test(line)
      hasContent = true
    }
    fence = fenceAfter(line, fence)
    afterBlank = isBlank && fence === undefined
    at = next
  }
  if (from < text.length) blocks.push(text.slice(from))
  return blocks
}

function fenceAfter(line: string, open: string | undefined): string | undefined {
  const found = FENCE.exec(line)?.[1]
  if (open === undefined) return found
  const closes = found !== undefined && found[0] === open[0] && found.length >= open.length && line.trim() === found
  return closes ? undefined : open
}

/** Source: measured, a block of this length that means harm keeps a reader of Markdown busy for half a second. */
const MOST_READ = 10_000
const MOST_READ_IN_FENCE = 100_000
/** Deeper than people write; some thousands take a reader of Markdown minutes, and end in a stack overflow. */
const TOO_DEEP = /^(?:[ \t]*(?:>|(?:[-*+]|\d{1,9}[.)])[ \t])){25}/m

/** Whether a block is better shown as it was written. */
export function isBeyondReading(block: string): boolean {
  return block.length > (FENCE.test(block) ? MOST_READ_IN_FENCE : MOST_READ) || TOO_DEEP.test(block)
}
