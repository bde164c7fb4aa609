import type { AnswerEvent, Citation } from '../domain/answer.ts'
import type { Strictness } from '../domain/answering.ts'
import { hasEnded, runsOf } from '../steps/answer/sentence-ends.ts'
import { isBareReply } from '../steps/verify/claims.ts'
import type { Support } from '../steps/verify/support.ts'
import { isTableRow, isTableRule } from '../steps/verify/tables.ts'
import { checked, claimsOf, headsOf } from './check-sentence.ts'
import { type Draft, isSamePlace, judge, numbered, say, tell } from './draft.ts'

/** UTF-16 offsets in what was shown of the model's text, without the numbers of citations. */
export interface Stretch {
  readonly start: number
  readonly end: number
}

/**
 * Puts what a model writes into the draft, sentence by sentence, and has each checked once it is complete. By strictness
 * `mark` text goes out as it comes; by `remove` a sentence goes out when it was checked, and not when it is unsupported;
 * by `withhold` nothing goes out before the end, and nothing at all when a sentence is unsupported.
 */
export interface Scribe {
  text(text: string): AsyncGenerator<AnswerEvent>
  /** `claim`: what it supports; without it what was written since the citation before. */
  cite(citation: Citation, claim?: Stretch): AsyncGenerator<AnswerEvent>
  end(): AsyncGenerator<AnswerEvent>
  /** All that was shown to the scribe so far. */
  readonly shown: string
  /** Sentences that claim something: how many there were, how many of them are not supported, and how many stand in the draft. */
  readonly counts: { readonly claims: number; readonly unsupported: number; readonly kept: number }
}

interface Sentence {
  gap: string // the blanks before it
  text: string // without numbers of citations
  from: number // where it begins in what was shown
  readonly marks: { readonly at: number; readonly citation: Citation }[]
  readonly rests: Citation[] // what it cites, wherever the number stands
  readonly late: Citation[] // numbers that stand at its end though it does not rest on them
  start: number // in the draft, once it is said
  end: number
  /** No further citation can come for it. */
  passed: boolean
}

/** `patient`: citations may come after the text that follows what they support. */
export function scribe(draft: Draft, { strictness, patient }: { readonly strictness: Strictness; readonly patient: boolean }): Scribe {
  const live = strictness === 'mark'
  const base = draft.text.length
  const counts = { claims: 0, unsupported: 0, kept: 0 }
  let shown = ''
  let open = fresh('', 0)
  let gap = ''
  let since: Stretch = { start: 0, end: 0 } // of the citation before
  let lost = '' // the strongest gap before sentences that were left out
  let headless = false // the row before was left out, and may have been the heads of a table
  const waiting: Sentence[] = []
  const quiet: Sentence[] = [] // claim nothing: go out with the next that is kept
  const settled: { readonly sentence: Sentence; readonly support: Support }[] = [] // by `withhold`: all, until the end

  function fresh(before: string, from: number): Sentence {
    return { gap: before, text: '', from, marks: [], rests: [], late: [], start: 0, end: 0, passed: false }
  }

  // Generators, so that the draft never holds more than was told.
  function* put(text: string): Generator<AnswerEvent> {
    if (text !== '') yield say(draft, text)
  }

  function* mark(sentence: Sentence, citation: Citation): Generator<AnswerEvent> {
    sentence.end = draft.text.length + ` [${citation.number}]`.length
    yield* put(` [${citation.number}]`)
    const told = tell(draft, citation)
    if (told !== undefined) yield told
  }

  async function* close(): AsyncGenerator<AnswerEvent> {
    for (const citation of open.late) yield* mark(open, citation)
    waiting.push(open)
    yield* settle(false)
  }

  async function* settle(ended: boolean): AsyncGenerator<AnswerEvent> {
    for (let sentence = waiting[0]; sentence !== undefined; sentence = waiting[0]) {
      // Whether a row heads a table is known by the line below it.
      const mayHead = sentence.rests.length === 0 && isTableRow(sentence.text) && !isTableRule(sentence.text)
      if (mayHead && waiting.length === 1 && !ended) return
      const heads = mayHead && isTableRule(waiting[1]?.text ?? '') ? headsOf(sentence.text, draft.cite) : undefined
      const support = heads ?? (await checked(draft.cite, sentence.text, sentence.rests, sentence.marks.length > 0))
      const decided = !patient || ended || sentence.passed || support.verdict === 'verified' || support.verdict === 'uncited'
      if (!decided) return
      waiting.shift()
      if (claims(sentence, support)) counts.claims += 1
      if (support.verdict === 'unsupported') counts.unsupported += 1
      if (live) yield judged(sentence, support)
      else if (strictness === 'withhold') settled.push({ sentence, support })
      else yield* sift(sentence, support)
    }
  }

  /** What the documents do not tell is no claim, though it may be doubtful. */
  function claims({ rests }: Sentence, { verdict }: Support): boolean {
    return verdict !== 'uncited' && (verdict !== 'weak' || rests.length > 0)
  }

  function judged(sentence: Sentence, support: Support): AnswerEvent {
    const { start, end, rests } = sentence
    const { verdict, reason } = support
    const citations = [...new Set(rests.map((citation) => numbered(draft.citations, citation).number))]
    if (verdict !== 'unsupported' && claims(sentence, support)) counts.kept += 1
    return judge(draft, { start, end, verdict, citations, reason })
  }

  function dropHeads(): void {
    for (let at = quiet.length - 1; at >= 0; at -= 1) {
      const one = quiet[at]
      if (one === undefined || !isTableRow(one.text)) continue
      lost = stronger(lost, one.gap)
      quiet.splice(at, 1)
    }
  }

  function* sift(sentence: Sentence, support: Support): Generator<AnswerEvent> {
    // Heads of a table none of whose rows was kept.
    if (!isTableRow(sentence.text)) dropHeads()
    // The line below heads that were left out would head the first row.
    if (headless && isTableRule(sentence.text)) {
      lost = stronger(lost, sentence.gap)
      headless = false
      return
    }
    headless = support.verdict === 'unsupported' && isTableRow(sentence.text)
    if (support.verdict === 'unsupported') {
      lost = stronger(lost, sentence.gap)
      // "Yes." says what the sentence after it says.
      for (let at = quiet.length - 1; at >= 0; at -= 1) if (isBareReply(quiet[at]?.text ?? '')) quiet.splice(at, 1)
    } else if (!claims(sentence, support)) {
      quiet.push({ ...sentence, gap: stronger(lost, sentence.gap) })
      lost = ''
    } else {
      for (const one of quiet.splice(0)) yield* release(one, quietSupport(one))
      yield* release({ ...sentence, gap: stronger(lost, sentence.gap) }, support)
      lost = ''
    }
  }

  function quietSupport({ text }: Sentence): Support {
    return (isTableRow(text) && !isTableRule(text) ? headsOf(text, draft.cite) : undefined) ?? claimsOf(text, draft.cite)
  }

  function* release(sentence: Sentence, support: Support): Generator<AnswerEvent> {
    const before = draft.text.length === base ? '' : sentence.gap
    // One of several sentences that a citation supports: its number may stand in another, which may be left out.
    const elsewhere = sentence.rests.filter(
      (citation) => ![...sentence.marks.map((one) => one.citation), ...draft.citations].some((one) => isSamePlace(one, citation)),
    )
    const marks = [...sentence.marks, ...elsewhere.map((citation) => ({ at: sentence.text.length, citation }))]
    sentence.start = draft.text.length + before.length + (marks.some(({ at }) => at === 0) ? 1 : 0)
    let [text, done] = [before, 0]
    for (const { at, citation } of marks.toSorted((one, two) => one.at - two.at)) {
      const real = numbered(draft.citations, citation)
      yield* put(`${text}${sentence.text.slice(done, at)} [${real.number}]`)
      done = at
      text = ''
      const told = tell(draft, real)
      if (told !== undefined) yield told
    }
    yield* put(text + sentence.text.slice(done))
    sentence.end = draft.text.length
    yield judged(sentence, support)
  }

  /** Sentences, not settled yet, that a stretch of what was shown touches. */
  function touched(stretch: Stretch): Sentence[] {
    return [...waiting, open].filter(({ from, text }) => text !== '' && from < stretch.end && stretch.start < from + text.length)
  }

  return {
    get shown() {
      return shown
    },
    counts,
    async *text(text) {
      let pending = ''
      for (const run of runsOf(text)) {
        if (run.trim() === '') gap += run
        else {
          const cited = open.marks.some(({ at }) => at === open.text.length)
          if (hasEnded(open.text, gap, run.charAt(0), cited)) {
            yield* put(pending)
            pending = ''
            yield* close()
            open = fresh(gap, shown.length)
            gap = ''
          }
          if (open.text === '') {
            open.gap = stronger(open.gap, gap)
            open.from = shown.length
            if (live) open.start = draft.text.length + pending.length + open.gap.length
            if (live) pending += open.gap
          } else {
            open.text += gap
            if (live) pending += gap
          }
          open.text += run
          if (live) pending += run
          gap = ''
          open.end = draft.text.length + pending.length
        }
        shown += run
      }
      yield* put(pending)
    },
    async *cite(citation, claim) {
      const end = shown.trimEnd().length
      if (claim === undefined) {
        if (end > since.end) since = { start: since.end, end }
      }
      const stretch = claim ?? since
      const here = patient ? touched(stretch) : [open]
      // A place that the answer cites already has its number.
      const known = live ? numbered(draft.citations, citation) : citation
      const add = (list: Citation[]) => void (list.some((one) => isSamePlace(one, known)) || list.push(known))
      for (const sentence of here) add(sentence.rests)
      const last = here.at(-1) ?? open
      const isLate = claim !== undefined && claim.end < end
      if (live && isLate && open.text !== '') {
        const told = tell(draft, known)
        if (told !== undefined) yield told
        add(open.late)
      } else {
        const at = isLate && !live ? wordEnd(last.text, claim.end - last.from) : open.text.length
        const target = isLate && !live ? last : open
        if (!target.marks.some((one) => one.at === at && isSamePlace(one.citation, known))) {
          target.marks.push({ at, citation: known })
          if (live) yield* mark(target, known)
        }
      }
      if (claim === undefined) for (const sentence of [...waiting, open]) sentence.passed = true
      yield* settle(false)
    },
    async *end() {
      if (open.text !== '') {
        for (const citation of open.late) yield* mark(open, citation)
        waiting.push(open)
      }
      open = fresh('', shown.length)
      yield* settle(true)
      if (strictness === 'withhold' && counts.unsupported === 0 && counts.claims > 0) {
        for (const { sentence, support } of settled.splice(0)) yield* release(sentence, support)
      }
      // What leads to nothing is left out with it.
      if (counts.kept > 0)
        for (const one of quiet.splice(0))
          if (!/[:：]\W*$/.test(one.text) && !isBareReply(one.text) && !isTableRow(one.text)) yield* release(one, quietSupport(one))
    },
  }
}

function stronger(one: string, other: string): string {
  const lines = (gap: string) => gap.split('\n').length
  return lines(one) > lines(other) ? one : other === '' ? one : other
}

/** Numbers stand behind words, never inside. */
function wordEnd(text: string, at: number): number {
  const from = Math.max(0, Math.min(at, text.length))
  return from + (/^[\p{L}\p{M}\p{N}]*[.,;:!?]?(?=\s|$)/u.exec(text.slice(from))?.[0].length ?? 0)
}
