import type { Citation } from '../domain/answer.ts'
import type { NewGoldenCase } from '../domain/evaluation.ts'
import type { World } from '../ports/world.ts'
import { leaningContext } from './agent/words.ts'

/**
 * A case made of an answer that somebody found good: its question, the documents and pages that its verified citations stand in,
 * and its text without the numbers of citations. Undefined when no citation of this database is verified.
 */
export function caseFromAnswer(
  databaseId: string,
  question: string,
  answer: { readonly id: string; readonly text: string; readonly citations: readonly Citation[] },
): NewGoldenCase | undefined {
  const sound = answer.citations.filter((citation) => citation.databaseId === databaseId && citation.verdict === 'verified')
  if (sound.length === 0) return undefined
  const pages = new Map(sound.flatMap(({ externalId, page }) => (page === undefined ? [] : [[`${page} ${externalId}`, { document: externalId, page }]])))
  const text = answer.text.replace(/ ?\[\d{1,4}\]/g, '').trim()
  const documents = [...new Set(sound.map(({ externalId }) => externalId))]
  return { question, answerable: true, documents, pages: [...pages.values()], answer: text, messageId: answer.id }
}

/** Of an answer that said that the documents do not hold it. */
export function caseOfRefusal(question: string, messageId: string): NewGoldenCase {
  return { question, answerable: false, documents: [], pages: [], answer: undefined, messageId }
}

/** Does a question stand for itself, without the turns before it? */
export function standsAlone(question: string, before: readonly { readonly role: 'user' | 'assistant'; readonly text: string }[]): boolean {
  return leaningContext(question, before) === ''
}

type Named = Pick<NewGoldenCase, 'documents' | 'pages'>

/** Of cases of a database: tells the documents that one names and that are not there now. Nothing can find those: a typing error, or they come later. */
export async function missingDocuments(
  { catalog }: Pick<World, 'catalog'>,
  databaseId: string,
  cases: readonly Named[],
): Promise<(golden: Named) => readonly string[]> {
  const missing = new Set(await catalog.missingDocuments(databaseId, cases.flatMap(namedIn)))
  return (golden) => [...new Set(namedIn(golden))].filter((document) => missing.has(document))
}

function namedIn({ documents, pages }: Named): readonly string[] {
  return [...documents, ...pages.map(({ document }) => document)]
}
