import type { AnswerEvent, Citation } from '../domain/answer.ts'
import type { Strictness } from '../domain/answering.ts'
import { hasEnded, runsOf } from '../steps/answer/sentence-ends.ts'
import type { Support } from '../steps/verify/support.ts'
import { checked, claimsOf } from './check-sentence.ts'
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
  text(text: string): Promise<AnswerEvent[]>
  /** `claim`: what it supports; without it what was written since the citation before. */
  cite(citation: Citation, claim?: Stretch): Promise<AnswerEvent[]>
  end(): Promise<AnswerEvent[]>
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
  const waiting: Sentence[] = []
  const quiet: Sentence[] = [] // claim nothing: go out with the next that is kept
  const settled: { readonly sentence: Sentence; readonly support: Support }[] = [] // by `withhold`: all, until the end

  function fresh(before: string, from: number): Sentence {
    return { gap: before, text: '', from, marks: [], rests: [], late: [], start: 0, end: 0, passed: false }
  }

  function put(out: AnswerEvent[], text: string): void {
    if (text !== '') out.push(say(draft, text))
  }

  function mark(out: AnswerEvent[], sentence: Sentence, citation: Citation): void {
    put(out, ` [${citation.number}]`)
    sentence.end = draft.text.length
    const told = tell(draft, citation)
    if (told !== undefined) out.push(told)
  }

  async function close(out: AnswerEvent[]): Promise<void> {
    for (const citation of open.late) mark(out, open, citation)
    waiting.push(open)
    await settle(out, false)
  }

  async function settle(out: AnswerEvent[], ended: boolean): Promise<void> {
    for (let sentence = waiting[0]; sentence !== undefined; sentence = waiting[0]) {
      const support = await checked(draft.cite, sentence.text, sentence.rests, sentence.marks.length > 0)
      const decided = !patient || ended || sentence.passed || support.verdict === 'verified' || support.verdict === 'uncited'
      if (!decided) return
      waiting.shift()
      if (support.verdict !== 'uncited') counts.claims += 1
      if (support.verdict === 'unsupported') counts.unsupported += 1
      if (live) judged(out, sentence, support)
      else if (strictness === 'withhold') settled.push({ sentence, support })
      else sift(out, sentence, support)
    }
  }

  function judged(out: AnswerEvent[], { start, end, rests }: Sentence, { verdict, reason }: Support): void {
    const citations = [...new Set(rests.map((citation) => numbered(draft, citation).number))]
    if (verdict === 'verified' || verdict === 'weak') counts.kept += 1
    out.push(judge(draft, { start, end, verdict, citations, reason }))
  }

  function sift(out: AnswerEvent[], sentence: Sentence, support: Support): void {
    if (support.verdict === 'unsupported') lost = stronger(lost, sentence.gap)
    else if (support.verdict === 'uncited') {
      quiet.push({ ...sentence, gap: stronger(lost, sentence.gap) })
      lost = ''
    } else {
      for (const one of quiet.splice(0)) release(out, one, claimsOf(one.text))
      release(out, { ...sentence, gap: stronger(lost, sentence.gap) }, support)
      lost = ''
    }
  }

  function release(out: AnswerEvent[], sentence: Sentence, support: Support): void {
    const before = draft.text.length === base ? '' : sentence.gap
    const marks = sentence.marks.map(({ at, citation }) => ({ at, citation: numbered(draft, citation) }))
    const told: AnswerEvent[] = []
    let [text, done] = ['', 0]
    sentence.start = draft.text.length + before.length
    for (const { at, citation } of marks.toSorted((one, two) => one.at - two.at)) {
      const real = numbered(draft, citation)
      text += `${sentence.text.slice(done, at)} [${real.number}]`
      done = at
      const event = tell(draft, real)
      if (event !== undefined) told.push(event)
    }
    put(out, before + text + sentence.text.slice(done))
    sentence.end = draft.text.length
    out.push(...told)
    judged(out, sentence, support)
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
    async text(text) {
      const out: AnswerEvent[] = []
      let pending = ''
      for (const run of runsOf(text)) {
        if (run.trim() === '') gap += run
        else {
          const cited = open.marks.some(({ at }) => at === open.text.length)
          if (hasEnded(open.text, gap, run.charAt(0), cited)) {
            put(out, pending)
            pending = ''
            await close(out)
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
      put(out, pending)
      return out
    },
    async cite(citation, claim) {
      const out: AnswerEvent[] = []
      const end = shown.trimEnd().length
      if (claim === undefined) {
        if (end > since.end) since = { start: since.end, end }
      }
      const stretch = claim ?? since
      const here = patient ? touched(stretch) : [open]
      // A place that the answer cites already has its number.
      const known = live ? numbered(draft, citation) : citation
      const add = (list: Citation[]) => void (list.some((one) => isSamePlace(one, known)) || list.push(known))
      for (const sentence of here) add(sentence.rests)
      const last = here.at(-1) ?? open
      const isLate = claim !== undefined && claim.end < end
      if (live && isLate && open.text !== '') {
        const told = tell(draft, known)
        if (told !== undefined) out.push(told)
        add(open.late)
      } else {
        const at = isLate && !live ? wordEnd(last.text, claim.end - last.from) : open.text.length
        const target = isLate && !live ? last : open
        if (!target.marks.some((one) => one.at === at && isSamePlace(one.citation, known))) {
          target.marks.push({ at, citation: known })
          if (live) mark(out, target, known)
        }
      }
      if (claim === undefined) for (const sentence of [...waiting, open]) sentence.passed = true
      await settle(out, false)
      return out
    },
    async end() {
      const out: AnswerEvent[] = []
      if (open.text !== '') {
        for (const citation of open.late) mark(out, open, citation)
        waiting.push(open)
      }
      open = fresh('', shown.length)
      await settle(out, true)
      if (strictness === 'withhold' && counts.unsupported === 0 && counts.claims > 0) {
        for (const { sentence, support } of settled.splice(0)) release(out, sentence, support)
      }
      // What leads to nothing is left out with it.
      if (counts.kept > 0) for (const one of quiet.splice(0)) if (!/[:：]\W*$/.test(one.text)) release(out, one, claimsOf(one.text))
      return out
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
