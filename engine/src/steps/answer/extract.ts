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
  /** Text with a row or an item in it keeps its lines; that of sentences may be joined. */
  readonly kind: Unit['kind']
  /** The column heads of a row that is quoted without them. */
  readonly head: string | undefined
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
const DOCUMENT = 0.25
/** Source: measured on xquad and on the same questions asked of other corpora; see the test of the calibration. */
export const LEAST_EVIDENCE = 0.51
const SHORT_QUESTION = 5
const PER_WORD = 0.015
const LEAST_FOR_LONG = 0.36
const WITHOUT_OFFER = 0.14
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
  /** It has what such a question asks for: a number, a date, a name. */
  readonly offers: boolean
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
  const least = leastEvidence(input.question, weights.size, languages[best.passage]) + (ASKS_FOR_ONE.has(kind) && !best.offers ? WITHOUT_OFFER : 0)
  const answered = best.evidence >= least && best.inSentence >= LEAST_IN_SENTENCE
  return { answered, evidence: best.evidence, excerpts: answered ? choose(scored, best, units, passages, kind) : [] }
}

/** Questions of which an answer can be told from other sentences. */
const ASKS_FOR_ONE: ReadonlySet<QuestionKind> = new Set(['number', 'time', 'person', 'place'])

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
  const mostOfDocument = Math.max(0, ...input.passages.map((one) => one.explanation.lexical?.document ?? 0))
  const ofDocument = mostOfDocument === 0 ? 0 : (passage.explanation.lexical?.document ?? 0) / mostOfDocument
  const asked = plain(input.question).trim()
  const words = new Set(input.analyze(input.question, language))
  return units.flatMap((unit, at) => {
    // A copy of the question, in a command say, has all its words and answers nothing; what follows a copied heading may.
    const copies = plain(unit.text).trim().includes(asked) && /[?？؟]/.test(unit.text)
    if ((copies && unit.kind !== 'heading') || (unit.kind === 'heading' && !leadsOn(units, at) && !tells(unit, analyzed[at], words))) return []
    const [mine, before, after] = [analyzed[at], analyzed[at - 1], analyzed[at + 1]]
    const header = unit.kind === 'row' ? analyzed[units.findIndex((one) => one.block === unit.block)] : undefined
    const lead = analyzed[units.findLastIndex((one, index) => index < at && one.kind === 'heading')]
    const found = new Set<AskedWord>()
    let [inSentence, evidence] = [0, 0]
    for (const [word, weight] of weights) {
      if (has(mine, word)) {
        found.add(word)
        inSentence += weight
        evidence += weight * IN_SENTENCE
      } else if (has(header, word) || has(lead, word) || has(headings, word)) evidence += weight * IN_HEADING
      else if (has(before, word) || has(after, word)) evidence += weight * BESIDE
      else if (has(anywhere, word)) evidence += weight * IN_PASSAGE
    }
    const share = total === 0 ? 0 : evidence / total
    const answering = offers(kind, unit.text, input.question)
    const bonus = inSentence > 0 && answering ? OFFERS : 0
    const score = share + bonus + RANK * passage.score + DOCUMENT * ofDocument + shape(unit, kind, input.question)
    return { unit, passage: prepared.index, index: at, inSentence: total === 0 ? 0 : inSentence / total, evidence: share, score, offers: answering, found }
  })
}

/** Questions in the text, bare headings and fragments seldom answer; rows answer questions for figures. */
function shape(unit: Unit, kind: QuestionKind, question: string): number {
  if (unit.kind === 'heading') return -0.1
  const words = unit.text.match(/[\p{L}\p{N}]+/gu)?.length ?? 0
  if (unit.kind === 'row') return kind === 'number' && /\p{Nd}/u.test(unit.text) ? 0.02 : -0.05
  if (looksLikeCode(unit.text)) return -0.15
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
  const apart = excerpts.filter(
    (one, index) => !excerpts.some((other, place) => place < index && other.passage === one.passage && one.start < other.end && other.start < one.end),
  )
  return together(apart, passages)
}

/** What is quoted of one passage stands together, in its order; neighbouring sentences are one quote. */
function together(excerpts: readonly Excerpt[], passages: readonly Passage[]): Excerpt[] {
  const joined: Excerpt[] = []
  for (const group of Map.groupBy(excerpts, ({ passage }) => passage).values()) {
    for (const one of group.toSorted((first, second) => first.start - second.start)) {
      const last = joined.at(-1)
      const passage = passages[one.passage]
      const near =
        last?.passage === one.passage && last.kind === one.kind && passage?.text.slice(last.end - passage.start, one.start - passage.start).trim() === ''
      if (last === undefined || passage === undefined || !near) joined.push(one)
      else joined[joined.length - 1] = { ...last, end: one.end, quote: passage.text.slice(last.start - passage.start, one.end - passage.start) }
    }
  }
  return joined
}

const LONGEST_QUOTE = 1200
const MOST_ROWS = 12
const LONGEST_LIST = 900

/** Takes in what belongs to the unit: what a heading leads to, the list or table that is announced, what follows a definition or an instruction. */
function excerptOf(one: Scored, units: readonly Unit[], passage: Passage | undefined, kind: QuestionKind): Excerpt {
  const [from, to] = one.unit.kind === 'heading' ? underHeading(one.index, units) : belonging(one, units, kind)
  const [first, last] = [units[from] ?? one.unit, units[to] ?? one.unit]
  const head = first.kind === 'row' ? units.find(({ block }) => block === first.block) : undefined
  const base = passage?.start ?? 0
  const quote = passage?.text.slice(first.start, last.end) ?? ''
  const lines = units.slice(from, to + 1).find(({ kind: shape }) => shape === 'row' || shape === 'item')
  return {
    passage: one.passage,
    start: base + first.start,
    end: base + last.end,
    quote,
    kind: lines?.kind ?? first.kind,
    head: head === undefined || head === first ? undefined : head.text,
  }
}

/** The list or table under a heading, or its first two sentences. */
function underHeading(heading: number, units: readonly Unit[]): [from: number, to: number] {
  const from = heading + 1
  const first = units[from]
  if (first === undefined || !leadsOn(units, heading)) return [heading, heading]
  return [from, extended(from, units, first.kind === 'sentence' ? 1 : MOST_ROWS)]
}

function belonging({ unit, index }: Scored, units: readonly Unit[], kind: QuestionKind): [from: number, to: number] {
  const start = units.findIndex(({ block }) => block === unit.block)
  if (unit.kind === 'row') return [index, index === start ? extended(index, units, MOST_ROWS) : index]
  const end = units.findLastIndex(({ block }) => block === unit.block)
  const before = units[start - 1]
  const lead = before !== undefined && /[:：]$/.test(before.text) ? start - 1 : start
  const whole = unit.kind === 'item' && !ASKS_FOR_ONE.has(kind) && lead < start && (units[end]?.end ?? 0) - (units[lead]?.start ?? 0) <= LONGEST_LIST
  if (whole) return [lead, end]
  const following = kind === 'steps' || kind === 'definition' ? (unit.kind === 'item' ? 4 : 1) : 0
  return [index, extended(index, units, following)]
}

/** The last unit that goes with `from`: at most `more` of its own block, and the list or table that the end announces. */
function extended(from: number, units: readonly Unit[], more: number): number {
  const first = units[from]
  let to = from
  let left = more
  for (let index = from + 1; index < units.length; index += 1) {
    const [last, next] = [units[to], units[index]]
    if (first === undefined || last === undefined || next === undefined || next.end - first.start > LONGEST_QUOTE || next.kind === 'heading') break
    const announced = /[:：]$/.test(last.text) && next.block <= last.block + 1
    if (announced) left = Math.max(left, MOST_ROWS)
    if (left === 0 || !(announced || (next.block === last.block && next.kind === last.kind))) break
    left -= 1
    to = index
  }
  return to
}

/** Does text follow that the heading leads to? */
function leadsOn(units: readonly Unit[], at: number): boolean {
  const next = units[at + 1]
  return next !== undefined && next.kind !== 'heading'
}

/** A short line may be a note rather than a heading: it tells something when it is no question and has words of its own. */
function tells(unit: Unit, terms: ReadonlySet<string> | undefined, asked: ReadonlySet<string>): boolean {
  return !/[?？؟]$/.test(unit.text) && [...(terms ?? [])].filter((term) => !asked.has(term)).length >= 2
}

/** Commands, JSON and the like: many signs that prose does not have. */
function looksLikeCode(text: string): boolean {
  const signs = text.match(/[{}[\]<>$=\\|`_#@&^~*]|--|\/(?=\w)/g)?.length ?? 0
  return signs >= 3 && signs * 12 > text.length
}

function plain(text: string): string {
  return text.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, ' ')
}
