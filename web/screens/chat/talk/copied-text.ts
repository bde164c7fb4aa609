import { CHAT } from '../../../strings/chat.ts'
import type { SharedCitation } from './message.ts'

/** An answer with its sources, as somebody pastes it elsewhere. */
export function copiedText(text: string, citations: readonly SharedCitation[]): string {
  if (citations.length === 0) return text
  const sources = citations.toSorted((a, b) => a.number - b.number).map((one) => `[${one.number}] ${placeOf(one)}: "${one.quote.replace(/\s+/g, ' ').trim()}"`)
  return [text, '', CHAT.sourcesCopied, ...sources].join('\n')
}

/** Such as "handbook.pdf, page 3". */
export function placeOf({ name, page }: Pick<SharedCitation, 'name' | 'page'>): string {
  return page === null ? name : `${name}, ${CHAT.page(page)}`
}
