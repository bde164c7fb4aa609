import type { Passage } from '../../domain/answer.ts'
import type { QueryTerm } from '../../ports/chunks.ts'
import { type AskedWord, askedWords, kindOf, offers, type QuestionKind } from './question.ts'
import { type Unit, unitsOf } from './sentences.ts'

/** A stretch of a document that answers: `quote` is the passage's text at `start`..`end` of the extracted text, exactly. */
export interface Excerpt {
  readonly passage: number // index in the passages given
  readonly start: number
  readonly end: number
  readonly quote: string
  readonly kind: Unit['kind']
}

export interface ExtractiveAnswer {
  readonly answered: boolean
  /** How much of what the question asks for was found, 0 to 1. */
  readonly evidence: number
  readonly excerpts: readonly Excerpt[] // best first, at most 4
}

export interface ExtractInput {
  readonly question: string
  readonly terms: readonly QueryTerm[]
  /** Terms of the question before, when this one follows it: they say what it is about, not what it asks. */
  readonly context?: readonly QueryTerm[]
  readonly passages: readonly Passage[]
  /** The same analysis that made `terms`, and its way to tell a text's language. */
  analyze(text: string, language: string | undefined): readonly string[]
  languageOf(text: string): string | undefined
}

/** How much a word of the question counts by where it stands. */
const IN_SENTENCE = 1
const BESIDE = 0.55
const IN_HEADING = 0.6
const IN_PASSAGE = 0.4
const IN_CONTEXT = 0.25
const OFFERS = 0.16
const RANK = 0.12
/** Source: measured on xquad and on the same questions asked of other corpora; see the test of the calibration. */
export const LEAST_EVIDENCE = 0.52
const SHORT_QUESTION = 5
const PER_WORD = 0.015
const LEAST_FOR_LONG = 0.36
const INFLECTED = 0.04
const UNSPACED = /[\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u
export const LEAST_IN_SENTENCE = 0.25
const MOST_EXCERPTS = 4
const CLOSE = 0.82 // of the best score: another sentence worth quoting
const MOST_PASSAGES = 12

interface Scored {
  readonly unit: Unit
  readonly passage: number
  readonly index: number // among the units of the passage
  readonly inSentence: number
  readonly evidence: number
  readonly score: number
  readonly found: ReadonlySet<AskedWord>
}

/** Chooses the sentences that answer, without a language model. Says so when the evidence is too weak. */
export function extractAnswer(input: ExtractInput): ExtractiveAnswer {
  const passages = input.passages.slice(0, MOST_PASSAGES)
  const kind = kindOf(input.question)
  const languages = passages.map((passage) => input.languageOf(passage.text))
  const units = passages.map((passage, index) => unitsOf(passage.text, languages[index]))
  const analyzed = units.map((list, index) => list.map((unit) => new Set(input.analyze(unit.text, languages[index]))))
  const weights = termWeights(input, passages, analyzed.flat())
  const scored = passages.flatMap((passage, index) =>
    scorePassage(input, { passage, index, units: units[index] ?? [], analyzed: analyzed[index] ?? [], language: languages[index] }, weights, kind),
  )
  scored.sort((one, two) => two.score - one.score || one.passage - two.passage || one.index - two.index)
  const best = scored[0]
  if (best === undefined) return { answered: false, evidence: 0, excerpts: [] }
  const answered = best.evidence >= leastEvidence(input.question, weights.size, languages[best.passage]) && best.inSentence >= LEAST_IN_SENTENCE
  return { answered, evidence: best.evidence, excerpts: answered ? choose(scored, best, units, passages, kind) : [] }
}

/**
 * A long question names more than any one place repeats. Inflected languages repeat fewer of its words in the same
 * form; in scripts without spaces the words are many and small, so that their number says nothing.
 */
function leastEvidence(question: string, words: number, language: string | undefined): number {
  if (UNSPACED.test(question)) return LEAST_EVIDENCE
  const least = LEAST_EVIDENCE - (language === undefined || language === 'en' ? 0 : INFLECTED)
  return Math.max(LEAST_FOR_LONG, least - PER_WORD * Math.max(0, words - SHORT_QUESTION))
}

/** Rare words say more. The lexical search tells a word's worth; one that stands nowhere counts like the rarest. */
function termWeights(input: ExtractInput, passages: readonly Passage[], sentences: readonly ReadonlySet<string>[]): ReadonlyMap<AskedWord, number> {
  const told = new Map<string, number>()
  for (const passage of passages) {
    for (const { term, score } of passage.explanation.lexical?.terms ?? []) told.set(term, Math.max(told.get(term) ?? 0, score))
  }
  const most = Math.max(0, ...told.values())
  const worth = (word: AskedWord): number => {
    const known = word.forms.flatMap((form) => told.get(form) ?? [])
    if (most > 0) return known.length > 0 ? Math.max(...known) : most
    const having = sentences.filter((sentence) => has(sentence, word)).length
    return Math.log(1 + (sentences.length + 1) / (having + 0.5))
  }
  const context = askedWords(input.context ?? []).map((word): [AskedWord, number] => [word, worth(word) * IN_CONTEXT])
  return new Map([...askedWords(input.terms).map((word): [AskedWord, number] => [word, worth(word)]), ...context])
}

function has(terms: ReadonlySet<string> | undefined, word: AskedWord): boolean {
  return terms !== undefined && word.forms.some((form) => terms.has(form))
}

interface PreparedPassage {
  readonly passage: Passage
  readonly index: number
  readonly units: readonly Unit[]
  readonly analyzed: readonly ReadonlySet<string>[]
  readonly language: string | undefined
}

function scorePassage(input: ExtractInput, prepared: PreparedPassage, weights: ReadonlyMap<AskedWord, number>, kind: QuestionKind): Scored[] {
  const { passage, units, analyzed, language } = prepared
  const headings = new Set(input.analyze([passage.title ?? '', passage.name, ...passage.headingPath].join(' '), language))
  const anywhere = new Set(analyzed.flatMap((terms) => [...terms]))
  const total = [...weights.values()].reduce((sum, weight) => sum + weight, 0)
  return units.map((unit, at) => {
    const [mine, before, after] = [analyzed[at], analyzed[at - 1], analyzed[at + 1]]
    const header = unit.kind === 'row' ? analyzed[units.findIndex((one) => one.block === unit.block)] : undefined
    const found = new Set<AskedWord>()
    let [inSentence, evidence] = [0, 0]
    for (const [word, weight] of weights) {
      if (has(mine, word)) {
        found.add(word)
        inSentence += weight
        evidence += weight * IN_SENTENCE
      } else if (has(header, word) || has(headings, word)) evidence += weight * IN_HEADING
      else if (has(before, word) || has(after, word)) evidence += weight * BESIDE
      else if (has(anywhere, word)) evidence += weight * IN_PASSAGE
    }
    const share = total === 0 ? 0 : evidence / total
    const bonus = inSentence > 0 && offers(kind, unit.text, input.question) ? OFFERS : 0
    const score = share + bonus + RANK * passage.score + shape(unit, kind, input.question)
    return { unit, passage: prepared.index, index: at, inSentence: total === 0 ? 0 : inSentence / total, evidence: share, score, found }
  })
}

/** Questions in the text, bare headings and fragments seldom answer; rows answer questions for figures. */
function shape(unit: Unit, kind: QuestionKind, question: string): number {
  if (/[?？؟]$/.test(unit.text)) return -0.3
  const words = unit.text.match(/[\p{L}\p{N}]+/gu)?.length ?? 0
  if (unit.kind === 'row') return kind === 'number' && /\p{Nd}/u.test(unit.text) ? 0.02 : -0.05
  const repeats = unit.text.length < question.length * 0.5
  return words < 4 || repeats ? -0.12 : 0
}

function choose(scored: readonly Scored[], best: Scored, units: readonly (readonly Unit[])[], passages: readonly Passage[], kind: QuestionKind): Excerpt[] {
  const chosen: Scored[] = [best]
  const found = new Set(best.found)
  for (const one of scored.slice(1)) {
    if (chosen.length >= MOST_EXCERPTS) break
    const adds = [...one.found].some((term) => !found.has(term))
    const close = one.score >= best.score * CLOSE && one.inSentence >= LEAST_IN_SENTENCE
    if (!close || !(adds || chosen.length < 2 || one.unit.kind === 'row')) continue
    if (chosen.some((other) => plain(other.unit.text) === plain(one.unit.text))) continue
    chosen.push(one)
    for (const term of one.found) found.add(term)
  }
  const excerpts = chosen.map((one) => excerptOf(one, units[one.passage] ?? [], passages[one.passage], kind))
  return excerpts.filter(
    (one, index) => !excerpts.some((other, place) => place < index && other.passage === one.passage && one.start < other.end && other.start < one.end),
  )
}

/** Takes in what belongs to the sentence: the list or table it announces, and what follows a definition or an instruction. */
function excerptOf(one: Scored, units: readonly Unit[], passage: Passage | undefined, kind: QuestionKind): Excerpt {
  let last = one.unit
  const announces = /[:：]$/.test(one.unit.text)
  const following = announces ? 12 : kind === 'steps' || kind === 'definition' ? (one.unit.kind === 'item' ? 4 : 1) : 0
  for (const next of units.slice(one.index + 1, one.index + 1 + following)) {
    const belongs = announces ? next.block <= one.unit.block + 1 : next.block === one.unit.block && next.kind === one.unit.kind
    if (!belongs || next.end - one.unit.start > 1200) break
    last = next
  }
  const base = passage?.start ?? 0
  const quote = passage?.text.slice(one.unit.start, last.end) ?? ''
  return { passage: one.passage, start: base + one.unit.start, end: base + last.end, quote, kind: one.unit.kind }
}

function plain(text: string): string {
  return text.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, ' ')
}
