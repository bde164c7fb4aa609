/** Follows a Markdown text sign by sign, and tells whether its end stands in code. A span of code is taken to end with its line. */
export interface CodeReader {
  add(text: string): void
  /** Whether what comes next, which begins with another sign than "`" and "~", stands in a span or block of code. */
  inside(): boolean
}

/** What may stand before the fence of a block: quotes and items of lists hold blocks too. */
const BEFORE_FENCE = /[\s>*+\-\d.)]/

export function codeReader(): CodeReader {
  let fence: { readonly sign: string; readonly length: number } | undefined
  let opensHere = false // the fence stands in this line
  let closesHere = false
  let isFirst = true // nothing but blanks and marks of lists stands before it in the line
  let span = 0 // signs that the open span began with
  let run = ''
  let before = ''

  function settle(): void {
    if (run === '') return
    const [sign, length] = [run.charAt(0), run.length]
    run = ''
    if (fence !== undefined) {
      if (opensHere && sign === '`' && fence.sign === '`') {
        // "```code```" in one line is no block.
        span = fence.length === length ? 0 : fence.length
        fence = undefined
        opensHere = false
      } else if (isFirst && sign === fence.sign && length >= fence.length) closesHere = true
    } else if (isFirst && length >= 3 && span === 0) {
      fence = { sign, length }
      opensHere = true
    } else if (sign === '`') span = span === 0 ? length : span === length ? 0 : span
    isFirst = false
  }

  return {
    add(text) {
      for (const sign of text) {
        const isMark = (sign === '`' && (before !== '\\' || span > 0 || fence !== undefined)) || sign === '~'
        if (isMark && (run === '' || run.startsWith(sign))) run += sign
        else {
          settle()
          if (isMark) run = sign
          else if (sign === '\n') {
            if (closesHere) fence = undefined
            opensHere = false
            closesHere = false
            isFirst = true
            span = 0
          } else {
            if (closesHere && !/\s/.test(sign)) closesHere = false
            if (!BEFORE_FENCE.test(sign)) isFirst = false
          }
        }
        before = sign
      }
    },
    inside() {
      settle()
      return fence !== undefined || span > 0
    },
  }
}
