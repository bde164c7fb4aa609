import type { AnswerEvent, Passage, SentenceCheck } from '../src/domain/answer.ts'
import { citer } from '../src/flows/cite.ts'
import { newDraft } from '../src/flows/draft.ts'
import { extractive } from '../src/flows/extractive.ts'
import { search } from '../src/flows/search.ts'
import { written } from '../src/flows/written.ts'
import type { Chat } from '../src/ports/chat.ts'
import { answerRequest } from '../src/steps/answer/prompt.ts'
import { sentencesOf } from '../src/steps/answer/sentence-ends.ts'
import { CORRUPTIONS, type Corruption, corrupted, inMarkers, type Piece, random, reworded } from './corruptions.ts'
import { type OpenProduct, openProduct } from './quality-product.ts'
import { reportSet, SETS, setsPresent } from './sets.ts'

// How far verdicts can be trusted: true answers from real reports, and answers made wrong in known ways, written by a model
// that says what it is told. Half of the questions were looked at when the checks were tuned; the other half is reported.

const EACH = 50
const SEED = 20_221_231
const REPORTED = 'the half that is reported'
const never = new AbortController().signal

/** A true extractive answer: its sentences, each with the passage and the quote that it rests on. */
export interface TrueAnswer {
  readonly question: string
  readonly passages: readonly Passage[]
  readonly pieces: readonly Piece[]
}

export async function run(): Promise<string> {
  if (!setsPresent()) return `Skipped: there is no ${SETS}.`
  const set = reportSet()
  const product = await openProduct(set.documents)
  try {
    const answers: TrueAnswer[] = []
    let judged: SentenceCheck[] = []
    for (const { text } of set.questions) {
      const found = await trueAnswer(product, text)
      if (found === undefined) continue
      judged = [...judged, ...found.sentences]
      answers.push(found.answer)
    }
    const halves = [0, 1].map((half) => answers.filter((_, index) => index % 2 === half))
    const tables = [
      await table(product, halves[1] ?? [], 'the half that is reported'),
      await table(product, halves[0] ?? [], 'the half that the checks were tuned on'),
    ]
    const marked = judged.filter(({ verdict }) => verdict !== 'verified' && verdict !== 'uncited')
    const own = `${set.questions.length} questions, ${answers.length} answered without a model; of ${judged.length} sentences of these answers ${marked.length} were marked.`
    return [own, ...tables].join('\n\n')
  } finally {
    await product.close()
  }
}

async function trueAnswer({ world, caller, databaseId }: OpenProduct, question: string) {
  const { passages } = await search(world, caller, databaseId, { query: question, n: 8 }, never)
  const draft = newDraft(citer(world, [{ caller, databaseId }], passages))
  for await (const _ of extractive(draft, question, '', passages, never));
  const pieces: Piece[] = []
  for (const { chunkId, quote } of draft.citations) {
    const passage = passages.findIndex((one) => one.chunkId === chunkId)
    for (const { start, end } of sentencesOf(quote)) {
      const own = await draft.cite.quote(passage, quote.slice(start, end), [])
      const sentence = own.quote.replace(/\s+/g, ' ').trim()
      if (sentence.length >= 30 && sentence.length <= 600) pieces.push({ sentence, quote: own.quote, passage: passage + 1, page: own.page })
    }
  }
  return pieces.length === 0 ? undefined : { answer: { question, passages, pieces }, sentences: draft.sentences }
}

/** What becomes of an answer that a model writes: the sentences, judged. */
async function judgedBy({ world, caller, databaseId }: OpenProduct, { question, passages }: TrueAnswer, text: string) {
  const chat: Chat = {
    name: 'bench:told',
    window: 100_000,
    citations: 'markers',
    async *write() {
      for (let at = 0; at < text.length; at += 5) yield { type: 'text', text: text.slice(at, at + 5) }
      yield { type: 'end', usage: undefined }
    },
  }
  const draft = newDraft(citer(world, [{ caller, databaseId }], passages))
  const { request, shown } = answerRequest(question, passages, [], { chat })
  const events: AnswerEvent[] = []
  for await (const event of written(chat, draft, request, shown, never, { strictness: 'mark' })) events.push(event)
  return draft
}

async function table(product: OpenProduct, answers: readonly TrueAnswer[], name: string): Promise<string> {
  const rows = [`### On ${name} (${answers.length} answers)`, '', '| answers | sentences | marked | of these unsupported | weak |', '|---|---|---|---|---|']
  for (const kind of CORRUPTIONS) {
    const { total, weak, unsupported } = await spoiled(product, answers, kind, name !== REPORTED)
    rows.push(`| ${kind} | ${total} | ${share(weak + unsupported, total)} caught | ${unsupported} | ${weak} |`)
  }
  for (const [kind, say] of TRUE_ONES) {
    const count = { total: 0, weak: 0, unsupported: 0 }
    for (const answer of answers) {
      const next = random(`${SEED} ${kind} ${answer.question}`)
      const pieces = answer.pieces.flatMap((piece) => say(piece, next) ?? [])
      if (pieces.length === 0) continue
      const { text, sentences } = await judgedBy(product, answer, pieces.map(inMarkers).join('\n\n'))
      tally(count, sentences)
      if (name !== REPORTED)
        for (const one of sentences) if (one.reason !== undefined) report(kind, undefined, `${one.verdict} ${one.reason} | ${text.slice(one.start, one.end)}`)
    }
    rows.push(`| ${kind} | ${count.total} | ${share(count.weak + count.unsupported, count.total)} wrongly | ${count.unsupported} | ${count.weak} |`)
  }
  return rows.join('\n')
}

const TRUE_ONES: readonly (readonly [string, (piece: Piece, next: () => number) => Piece | undefined])[] = [
  ['true, in the words of the report', (piece) => piece],
  ['true, lightly reworded', (piece, next) => reworded(piece, next)],
  ['true, with its page', (piece) => (piece.page === undefined ? undefined : { ...piece, sentence: withPage(piece.sentence, piece.page) })],
]

export function withPage(sentence: string, page: number): string {
  return `${sentence.replace(/[.”"\s]+$/, '')} (page ${page}).`
}

/** One sentence of each answer is made wrong; only that one is looked at. Several ways through the answers until there are enough. */
async function spoiled(product: OpenProduct, answers: readonly TrueAnswer[], kind: Corruption, told: boolean) {
  const count = { total: 0, weak: 0, unsupported: 0 }
  for (let round = 0; round < 6 && count.total < EACH; round += 1) {
    for (const answer of answers) {
      if (count.total >= EACH) break
      const next = random(`${SEED} ${kind} ${round} ${answer.question}`)
      const which = answer.pieces[Math.floor(next() * answer.pieces.length)]
      const wrong = which === undefined ? undefined : corrupted(kind, which, next, answers)
      if (wrong === undefined) continue
      const draft = await judgedBy(product, answer, inMarkers(wrong))
      const worst = draft.sentences.map(({ verdict }) => verdict)
      const seen = worst.includes('unsupported') ? 'unsupported' : worst.includes('weak') ? 'weak' : 'verified'
      count.total += 1
      if (seen !== 'verified') count[seen] += 1
      else if (told) report(kind, wrong, 'not caught')
    }
  }
  return count
}

function tally(count: { total: number; weak: number; unsupported: number }, sentences: readonly SentenceCheck[]): void {
  for (const { verdict } of sentences) {
    if (verdict === 'uncited') continue
    count.total += 1
    if (verdict !== 'weak' && verdict !== 'unsupported') continue
    count[verdict] += 1
  }
}

/** With QUARRY_BENCH_TELL set every mistake in the half for tuning is told, for whoever tunes the checks. */
function report(kind: string, piece: Piece | undefined, what: string): void {
  if (process.env.QUARRY_BENCH_TELL !== undefined)
    console.error(kind, '|', what, '|', piece === undefined ? '' : `${piece.sentence} || ${piece.quote.replace(/\s+/g, ' ')}`)
}

function share(part: number, total: number): string {
  return `${part} (${total === 0 ? 0 : Math.round((1000 * part) / total) / 10} %)`
}
