import { isDeepStrictEqual as same } from 'node:util'
import type { ExtractedText } from '../../src/domain/block.ts'
import { type Data, isLast, type Told } from './reading.ts'
import type { Turn } from './turn.ts'

// What must hold of a turn, whatever the provider did and whoever left. Each finding is a sentence; none: all is well.

export interface Known {
  textOf(documentId: string): ExtractedText | undefined
}

export function problemsOf(turn: Turn, known: Known): string[] {
  const told = turn.pieces.flat()
  return [
    ...order(turn, told),
    ...wording(told, turn.plan.script.way.name === 'everything twice'),
    ...citations(told, known, turn),
    ...sentences(told),
    ...storage(turn, told),
    ...accounts(turn, told),
    ...memory(turn),
    ...outcome(turn, told),
  ]
}

const say = (holds: boolean, problem: string): string[] => (holds ? [] : [problem])
const textIn = (told: readonly Told[]): string => told.flatMap(({ event, data }) => (event === 'text-delta' ? [data.text as string] : [])).join('')
const endIn = (told: readonly Told[]): Data | undefined => told.find(({ event }) => event === 'answer-end')?.data
const ofKind = (told: readonly Told[], kind: string): Told[] => told.filter(({ event }) => event === kind)

/** Left for good: its reader saw no end, and nobody can read it again. */
const isUnseen = ({ plan: { deed } }: Turn) => deed.of === 'leave' && !deed.resumable

const LETTERS: Readonly<Record<string, string>> = {
  ...{ 'answer-start': 'a', 'answer-step': 's', 'passages-found': 'p', 'text-delta': 't' },
  ...{ 'citation-found': 'c', 'sentence-checked': 'k', 'answer-end': 'E', 'answer-error': 'F' },
}
function spelled(told: readonly Told[]): string {
  return told.map(({ event }) => LETTERS[event] ?? '?').join('')
}

function order(turn: Turn, told: readonly Told[]): string[] {
  const numbers = told.map(({ seq }) => seq)
  const counted = told.map((_, index) => index + 1)
  const ends = told.filter(isLast).length
  const spelling = spelled(told)
  const whole = isUnseen(turn) ? /^as*(?:p[tcks]*)?[EF]?$/ : /^as*(?:p[tcks]*)?(?:E|F)$/
  return [
    ...say(same(numbers, counted), `events are numbered ${numbers.join(' ')}`),
    ...say(ends === (isUnseen(turn) ? Math.min(ends, 1) : 1), `there are ${ends} ends`),
    ...say(whole.test(spelling) && !/^as*E/.test(spelling), `events come as ${spelling}`),
    ...say(turn.again === undefined || same(turn.again, told), 'read again it is another answer'),
  ]
}

/** Of a citation in the model's own form, or of a thought, or of the word for no answer. */
const REMAINS = /\[\s*\d+(?:\s*[:,]|\s*$)|\[\s*$|<\/?think|NOT_IN|\(https?:|!\[|<b>/

/** Of a text that comes twice some brackets stay open for good. */
const REMAINS_TWICE = /\[\s*\d+\s*:/

function wording(told: readonly Told[], isTwice: boolean): string[] {
  const text = textIn(told)
  const end = endIn(told)
  let seen = ''
  const visible: string[] = []
  for (const { data } of ofKind(told, 'text-delta')) {
    seen += data.text
    if ((isTwice ? REMAINS_TWICE : REMAINS).test(seen)) visible.push(seen.slice(-80))
    if (data.text === '' || !seen.isWellFormed()) visible.push(`a delta of "${data.text}"`)
  }
  return [
    ...say(end === undefined || end.text === text, 'the text of the end is not what was streamed'),
    ...visible.slice(0, 1).map((where) => `remains of a mark are visible: ${where}`),
  ]
}

function citations(told: readonly Told[], known: Known, { seen, plan }: Turn): string[] {
  const found = ofKind(told, 'citation-found').map(({ data }) => data.citation)
  const end = endIn(told)
  const numbers = new Set(found.map(({ number }) => number))
  const shown = [...textIn(told).matchAll(/\[(\d+)\]/g)].map(([, number]) => Number(number))
  const invented = seen.flatMap((one) => one.invented)
  // Whoever stops an answer may do so between a number and its citation.
  const isWhole = plan.deed.of !== 'stop' && plan.deed.of !== 'leave'
  return [
    ...say(end === undefined || same(end.citations, found), 'the citations of the end are not those that were found'),
    ...say(
      same(
        found.map(({ number }) => number),
        found.map((_, index) => index + 1),
      ),
      'citations are not numbered from 1',
    ),
    ...say(!(isWhole || end !== undefined) || shown.every((number) => numbers.has(number)), `a number leads nowhere: ${shown.join(' ')}`),
    ...say(end === undefined || [...numbers].every((number) => shown.includes(number)), 'a citation has no number in the text'),
    ...found.flatMap((citation) => placed(citation, known)),
    ...found.flatMap(({ quote, verdict }) => say(verdict !== 'verified' || !invented.includes(quote), `an invented quote is verified: ${quote}`)),
  ]
}

function placed({ document_id, quote, verdict, start, end, page }: Data, known: Known): string[] {
  const stored = known.textOf(document_id)
  if (stored === undefined) return [`a citation of a document that there is not: ${document_id}`]
  if (verdict === 'unsupported') return []
  const at = stored.pages.find((one) => start >= one.start && start < one.end)
  return [
    ...say(verdict !== 'verified' || (quote !== '' && stored.text.slice(start, end) === quote), `"${quote}" does not stand where it is said to`),
    ...say(page === (at?.number ?? null), `"${quote}" stands on page ${at?.number}, not on ${page}`),
  ]
}

/** What the product says itself; no sentence of an answer. */
const OWN = [
  'The language model does not answer; these sentences of the documents do.',
  'The documents do not answer this.',
  '(No passage of the documents supports this answer.)',
  /^The answer is withheld because .* What was found in them is shown beside it\.$/,
]

function sentences(told: readonly Told[]): string[] {
  const checked = ofKind(told, 'sentence-checked').map(({ data }) => data.sentence)
  const text = textIn(told)
  const end = endIn(told)
  const numbers = new Set(ofKind(told, 'citation-found').map(({ data }) => data.citation.number))
  const problems = say(end === undefined || same(end.sentences, checked), 'the sentences of the end are not those that were checked')
  let at = 0
  for (const { start, end: until, citations: cited } of checked) {
    if (start < at || until <= start || until > text.length) problems.push(`a sentence from ${start} to ${until} behind ${at}`)
    if (end !== undefined) problems.push(...between(text.slice(at, start)))
    if (end !== undefined && !cited.every((number: number) => numbers.has(number))) problems.push('a sentence rests on a citation that there is not')
    at = until
  }
  // Small talk, and what is told of the conversation, has no sentences of documents.
  if (end !== undefined && checked.length > 0) problems.push(...between(text.slice(at)))
  return problems
}

function between(gap: string): string[] {
  const words = gap.trim()
  const isOwn = OWN.some((one) => (typeof one === 'string' ? one === words : one.test(words)))
  return say(words === '' || isOwn, `not of any sentence: "${words}"`)
}

function storage({ before, after, isKept, plan, trace }: Turn, told: readonly Told[]): string[] {
  const end = endIn(told)
  const stored = after.slice(before.length)
  const isStored = end !== undefined || trace?.answerId !== undefined
  if (!isStored) {
    return [
      ...say(stored.length === 0, 'an answer that was broken off is stored'),
      ...say(isKept === before.length > 0, 'a conversation without a turn stays, or one with turns is gone'),
    ]
  }
  const [question, answer] = stored
  const problems = [
    ...say(same(after.slice(0, before.length).map(bare), before.map(bare)), 'earlier messages have changed'),
    ...say(stored.length === 2 && question?.role === 'user' && answer?.role === 'assistant', `${stored.length} messages are stored`),
    ...say(question?.text === plan.question, 'another question is stored'),
  ]
  if (end === undefined) return [...problems, ...say(answer?.text === trace?.text, 'what is stored is not what was written')]
  return [
    ...problems,
    ...say(answer?.text === textIn(told), 'what is stored is not what was streamed'),
    ...say(same([question?.id, answer?.id], [end.question_id, end.answer_id]), 'the ids that are told are not those that are stored'),
    ...['answered', 'citations', 'sentences', 'writer', 'usage', 'cost_usd', 'trace_id'].flatMap((name) =>
      say(same(kept(answer?.[name]), kept(end[name])), `${name} is stored as ${JSON.stringify(answer?.[name])}`),
    ),
  ]
}

/** Versions grow, and a conversation tells its citations with what became of their documents. */
function bare({ versions: _, feedback: __, ...message }: Data): Data {
  return message
}
function kept(value: Data): Data {
  return Array.isArray(value) ? value.map(({ state: _, ...one }) => one) : value
}

function accounts({ used, seen, trace, plan, isKept }: Turn, told: readonly Told[]): string[] {
  const end = endIn(told)
  const said = seen.flatMap(({ usage }) => usage ?? [])
  const sum = (name: 'inputTokens' | 'outputTokens') => said.reduce((total, one) => total + one[name], 0)
  const counted = { input_tokens: sum('inputTokens'), output_tokens: sum('outputTokens') }
  // Nor is told what is not known.
  const isTold = said.length > 0 && !(plan.script.way.what === 'amid' && end?.usage === null)
  const known = (trace?.calls ?? []).reduce((total, { usage }) => total + (usage?.inputTokens ?? 0), 0)
  // Of what was broken off the product can only guess what it took.
  const isGuessed = plan.script.way.what === 'amid' || end === undefined
  return [
    ...say(used.questions === 1, `${used.questions} questions are counted`),
    ...say(used.requests === 1, `${used.requests} requests are counted`),
    ...say(
      end === undefined || same(end.usage, isTold ? counted : null),
      `the end tells ${JSON.stringify(end?.usage)}, the provider said ${JSON.stringify(counted)}`,
    ),
    ...say(
      isGuessed ? used.inputTokens >= Math.max(known, Math.min(1, said.length)) : same([used.inputTokens, used.outputTokens], Object.values(counted)),
      `${used.inputTokens} and ${used.outputTokens} tokens are counted, the provider said ${JSON.stringify(counted)}`,
    ),
    ...say(isKept === (trace !== undefined), 'there is no trace of it, or one of a conversation that is gone'),
    ...say(
      trace === undefined || trace.calls.length >= new Set(seen.map(({ purpose }) => purpose)).size,
      `the trace tells ${trace?.calls.length} of the requests ${seen.map(({ purpose }) => purpose).join(' ')}`,
    ),
    ...say(trace === undefined || end === undefined || trace.text === textIn(told), 'the trace tells another text'),
    ...say(
      trace === undefined || !told.some(({ event }) => event === 'answer-error') || ['failed', 'stopped'].includes(trace.outcome),
      `the trace says ${trace?.outcome}`,
    ),
    ...say(trace === undefined || trace.answerId === undefined || end === undefined || trace.answerId === end.answer_id, 'the trace is of another answer'),
  ]
}

/** What was not stored is told to no model. */
function memory({ before, seen, plan }: Turn): string[] {
  const texts = new Set(before.map(({ text }) => text))
  return seen
    .filter(({ purpose }) => purpose === 'write')
    .flatMap(({ asked }) => asked.messages.slice(0, -1))
    .flatMap(({ role, text }) => {
      const isKnown = texts.has(text) || text === 'Noted.' || text.startsWith('Before this, in short:') || (role === 'user' && text.endsWith(plan.question))
      return say(isKnown, `a model is told what was not kept: ${text.slice(0, 80)}`)
    })
}

const TRIES = 3
const WITHOUT_MODEL = 'The language model does not answer'

/** What must have come of what the provider did, and of what the one who asked did. */
function outcome({ plan, seen, waits, chat }: Turn, told: readonly Told[]): string[] {
  const { deed, script } = plan
  const last = told.at(-1)
  const code = last?.data.error?.code
  if (deed.of === 'stop' && code === 'answer/stopped') return []
  if (deed.of === 'leave' && (!deed.resumable || code === 'request/aborted')) return []
  const { what, retried, name } = script.way
  const isAsked = seen.some(({ purpose }) => purpose === 'write' || purpose === 'talk')
  const came = `"${name}" ended with ${code ?? `an answer of ${last?.data.writer}`}`
  if (what === 'amid' && isAsked && code !== undefined) {
    return say(code === 'model/unavailable' && textIn(told) !== '', `${came} after "${textIn(told)}"`)
  }
  const isByModel = isAsked && (what === 'well' || (what === 'early' && retried && script.times < TRIES))
  const isLate = name === '429 with seconds' && isByModel && waits.filter((ms) => ms === 2000).length !== script.times
  const isMeant = what === 'amid' && seen.some(({ purpose }) => purpose === 'write') ? textIn(told).startsWith(WITHOUT_MODEL) : true
  return [
    ...say(code === undefined && last?.data.writer === (isByModel ? chat : 'extractive') && isMeant, `${came} of "${textIn(told)}"`),
    ...say(!isLate, `Retry-After was 2 seconds, and waited was ${waits.join(' ')} ms`),
  ]
}
