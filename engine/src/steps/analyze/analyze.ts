import type { ChunkDraft, ChunkTerms } from '../../domain/chunk.ts'
import type { QueryTerm } from '../../ports/chunks.ts'
import { isLatin, latinEvidence, latinLanguage, scriptLanguage } from './language.ts'
import { LATIN_STEMMERS, termOf } from './stem.ts'
import { tokens } from './tokens.ts'

/** Name and revision of the analysis: change it with every change of what a text yields. */
export const ANALYZER = 'quarry-1'

/** English function words; other languages keep theirs, which weigh next to nothing by their frequency. */
const STOP_WORDS = new Set(
  'a an and are as at be but by for if in into is it no not of on or such that the their then there these they this to was will with'.split(' '),
)

/**
 * Index terms in order. `language` is that of the words in Latin script (ISO 639-1); words of other scripts follow
 * their script. Without a language words are folded but not stemmed.
 */
export function analyze(text: string, language?: string): string[] {
  return termsOf(tokens(text), language)
}

/** ISO 639-1 of most of the text, as far as it changes the analysis; undefined when the text does not show it. */
export function detectLanguage(text: string): string | undefined {
  const words = tokens(text)
  const counts = new Map<string | undefined, number>()
  for (const word of words) {
    const language = isLatin(word) ? 'latin' : scriptLanguage(word)
    counts.set(language, (counts.get(language) ?? 0) + 1)
  }
  const [most] = [...counts].sort((a, b) => b[1] - a[1])
  return most?.[0] === 'latin' ? latinLanguage(words) : most?.[0]
}

/** Terms of a chunk by field. The language is that of title, headings and text together. */
export function chunkTerms(title: string | undefined, chunk: Pick<ChunkDraft, 'text' | 'headingPath' | 'context'>): ChunkTerms {
  const inTitle = tokens(title ?? '')
  const inHeadings = chunk.headingPath.flatMap((heading) => tokens(heading))
  const inBody = tokens(chunk.context === undefined || chunk.context === '' ? chunk.text : `${chunk.context}\n${chunk.text}`)
  const language = latinLanguage([...inBody, ...inTitle, ...inHeadings])
  return { title: termsOf(inTitle, language), headings: termsOf(inHeadings, language), body: termsOf(inBody, language) }
}

/**
 * Terms of a question, in order. A question is too short to be sure of its language, and each chunk was analysed in
 * its own: every word is given in the forms that it may have in the index. Forms of one word share their `word` number
 * and so count as one word. A question of nothing but function words yields no terms.
 */
export function analyzeQuery(question: string): QueryTerm[] {
  const words = tokens(question)
  const languages = plausible(words)
  const kept = languages.includes('en') ? words.filter((word) => !STOP_WORDS.has(word)) : words
  return kept.slice(0, MAX_WORDS).flatMap((word, index) => {
    const forms = isLatin(word) ? languages.map((language) => termOf(word, language)) : [termOf(word, scriptLanguage(word))]
    return [...new Set(forms)].flatMap((term) => (term === '' ? [] : [{ term, weight: 1, word: index }]))
  })
}

/** Longer questions are cut: by then the first words have said what is sought. */
const MAX_WORDS = 256

function plausible(words: readonly string[]): readonly (string | undefined)[] {
  const evidence = latinEvidence(words)
  const best = evidence[0]?.score ?? 0
  if (best < 1) return [undefined, ...LATIN_STEMMERS, 'vi']
  const likely = evidence.filter(({ score }) => score >= best / 2).map(({ language }) => language)
  return [undefined, ...(best < 2 && !likely.includes('en') ? [...likely, 'en'] : likely)]
}

function termsOf(words: readonly string[], language: string | undefined): string[] {
  const out: string[] = []
  for (const word of words) {
    if (language === 'en' && STOP_WORDS.has(word)) continue
    const term = termOf(word, isLatin(word) ? language : scriptLanguage(word))
    if (term !== '') out.push(term)
  }
  return out
}
