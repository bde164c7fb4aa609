import type { Citation } from '../domain/answer.ts'
import type { Conversation, Message } from '../domain/conversation.ts'
import { bareName, isOwn } from './present-chat.ts'

/**
 * A conversation as Markdown. What people, documents and models wrote stands in block quotes, with every sign that means
 * something in Markdown escaped: no link, image, heading or HTML comes out of it, and nothing ends its block.
 */
export function conversationMarkdown(conversation: Conversation, messages: readonly Message[]): string {
  const nameOf = (citation: Citation) => (isOwn(conversation) ? citation.name : bareName(citation.name))
  const parts = [`# ${inLine(conversation.title)}`]
  for (const { role, text, citations, createdAt } of messages) {
    parts.push(`**${role === 'user' ? 'Question' : 'Answer'}**, ${new Date(createdAt).toISOString()}`, quoted(text))
    for (const citation of citations) parts.push(`\\[${citation.number}\\] ${placeOf(nameOf(citation), citation)}`, quoted(citation.quote))
  }
  return `${parts.join('\n\n')}\n`
}

function placeOf(name: string, { page, headingPath, verdict }: Citation): string {
  const where = [name, ...(page === undefined ? [] : [`page ${page}`]), ...(headingPath.length === 0 ? [] : [headingPath.join(' > ')])]
  return `${inLine(where.join(', '))} (${verdict})`
}

/** A blank line would end a quote: an empty one keeps the sign. Two blanks at the end keep the line break. */
function quoted(text: string): string {
  return text
    .split(LINE_ENDS)
    .map((line) => `> ${escaped(line)}${line.trim() === '' ? '' : '  '}`)
    .join('\n')
}

function inLine(text: string): string {
  return escaped(text.replaceAll(LINE_ENDS, ' '))
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: whatever any program may take for the end of a line
const LINE_ENDS = /\r\n|[\n\r\u000b\u000c\u0085\u2028\u2029]/g

/** Many readers make links of addresses wherever they stand, escaped or not, but not in code. */
const ADDRESS = /https?:|ftp:|www\.|@/i

function escaped(text: string): string {
  const plain = text
    .trimStart() // blanks would make it a block of code
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is taken out
    .replace(/[\u0000-\u0008\u000e-\u001f\u007f]/g, '')
    .replaceAll('\t', ' ')
  const pieces = plain.split(/(\s+)/).map((piece) => (ADDRESS.test(piece) ? code(piece) : piece.replace(/[\\`*_{}[\]<>()#+!|&~=$^:]/g, '\\$&')))
  return pieces
    .join('')
    .replace(/^[-.]/, '\\$&')
    .replace(/^(\d+)([.)])/, '$1\\$2')
}

function code(piece: string): string {
  const runs = piece.match(/`+/g) ?? []
  const fence = '`'.repeat(Math.max(0, ...runs.map(({ length }) => length)) + 1)
  return runs.length === 0 ? `${fence}${piece}${fence}` : `${fence} ${piece} ${fence}`
}
