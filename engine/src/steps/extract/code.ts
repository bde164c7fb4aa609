import { decodeText } from './encoding.ts'
import { CODE_PREFIX } from './formats.ts'
import type { Reader } from './reader.ts'

/** Source: two screens of code, so that a quote stays near its function. */
const LINES_TOGETHER = 80

/** Source code: blocks end where an empty line is followed by one that starts at the margin. */
export const readCode: Reader = async (source, out) => {
  const { text, doubt } = decodeText(source.bytes())
  if (doubt !== undefined) out.warn(doubt)
  const language = source.mediaType.slice(CODE_PREFIX.length)
  let lines: string[] = []
  const flush = (): void => {
    if (lines.length > 0) out.add('code', lines.join('\n'), { language })
    lines = []
  }
  for (const line of text.replace(/\r\n?/g, '\n').split('\n')) {
    if (/^[^\s)}\]]/.test(line) && lines.at(-1)?.trim() === '' && (lines.length >= 8 || startsDefinition(line))) flush()
    else if (lines.length >= LINES_TOGETHER && lines.at(-1)?.trim() === '') flush()
    lines.push(line)
  }
  flush()
}

function startsDefinition(line: string): boolean {
  return /^(?:export |public |private |static |async |pub |abstract |final )*(?:function|class|def|fn|func|interface|struct|enum|impl|trait|module|namespace|type|object|sub|proc)\b/.test(
    line,
  )
}
