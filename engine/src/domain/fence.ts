// What comes from documents and settings stands in a request as data, between marks. Nothing of it can look like a mark.

/** Names in marks of ours, and in those by which model families tell who speaks. */
const RESERVED = [
  ...['passage', 'voice', 'document', 'source', 'question', 'rules', 'instruction', 'context'],
  ...['databases', 'conversation', 'tried', 'minutes', 'earlier'],
  ...['system', 'user', 'assistant', 'human', 'developer', 'tool', 'function', 'im_start', 'im_end', 'im_sep', 'start_of_turn', 'end_of_turn'],
  ...['start_header_id', 'end_header_id', 'begin_of_text', 'end_of_text', 'eot_id', 'eom_id', 'bos', 'eos', 'unk', 'sys', 'inst', 'think'],
]
/** Characters that nobody sees: they hide instructions and break up words that are looked for. Joiners of scripts and emoji stay. */
const UNSEEN = /\p{Cc}|\p{Cf}|[\u{e0100}-\u{e01ef}]/gu
const KEPT = new Set('\t\n\r\u200c\u200d\u0600\u0601\u0602\u0603\u0604\u0605\u06dd')

export function withoutUnseen(text: string): string {
  return text.replace(UNSEEN, (character) => (KEPT.has(character) ? character : ''))
}

/** Signs that look like "<", and ways of writing one. */
const OPEN = /[<＜﹤‹〈⟨❮«≺ᐸ]|&(?:lt|#0*60|#x0*3c);?|\\u003c|\\x3c|%3c/giu
const LOOK_ALIKES: Readonly<Record<string, string>> = Object.fromEntries(
  [
    ['аɑα', 'a'],
    ['сϲ', 'c'],
    ['еε', 'e'],
    ['іι', 'i'],
    ['оο', 'o'],
    ['рρ', 'p'],
    ['ѕ', 's'],
    ['ɡ', 'g'],
    ['υս', 'u'],
    ['ѵν', 'v'],
    ['н', 'h'],
    ['т', 't'],
    ['м', 'm'],
    ['ո', 'n'],
  ].flatMap(([alike = '', letter = '']) => [...alike].map((one) => [one, letter])),
)
const FAR = 60

/** The text as data: a "<" that begins something like a mark becomes "‹", and what nobody sees falls away. */
export function fenced(text: string): string {
  const seen = withoutUnseen(text)
  const opened = seen.replace(OPEN, (sign, at: number) => (marks(seen.slice(at + sign.length, at + sign.length + FAR)) ? '‹' : sign))
  return opened.replace(/[|｜]>/g, '|›').replace(/\[(?=\s*\/?\s*(?:INST|SYS|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS)\s*\])/gi, '‹')
}

function marks(after: string): boolean {
  const plain = [...after.normalize('NFKD').toLowerCase()]
    .map((letter) => LOOK_ALIKES[letter] ?? letter)
    .join('')
    .replace(/[^\p{L}\p{N}_|/<>\\⁄∕]/gu, '')
    .replace(/^(?:%2f|&#x?0*[24]f?;?|[\\/⁄∕])+/, '')
  return /^[|<]/.test(plain) || /^s(?:$|[|/<>])/.test(plain) || RESERVED.some((name) => plain.startsWith(name))
}
