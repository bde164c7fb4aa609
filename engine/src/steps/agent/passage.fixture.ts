import type { Passage } from '../../domain/answer.ts'

/** A passage that the search says holds these terms. */
export function passageWith(terms: readonly string[], facts: Partial<Passage> = {}): Passage {
  const lexical = terms.length === 0 ? undefined : { rank: 1, score: 1, terms: terms.map((term) => ({ term, score: 1 })) }
  return {
    ...{ databaseId: 'b', chunkId: 'd.1.0', documentId: 'd', revision: 1, externalId: 'd.txt', name: 'd.txt', title: undefined },
    ...{ mediaType: 'text/plain', metadata: {}, text: terms.join(' '), start: 0, end: 10, headingPath: [], pages: undefined, score: 1 },
    explanation: { dense: undefined, lexical, fused: 1, merged: [] },
    ...facts,
  }
}
