'use client'
import { lazy, Suspense, useMemo } from 'react'
import type { Verdict } from '../strings/chat.ts'
import { AnswerContext } from './answer-context.ts'

/** What a mark needs to tell of its citation. */
export interface MarkedCitation {
  readonly number: number
  readonly name: string
  readonly page: number | null
  readonly verdict: Verdict
}

/** A sentence as it was checked; offsets are UTF-16, in the text. */
export interface CheckedSentence {
  readonly start: number
  readonly end: number
  readonly verdict: Verdict | 'uncited'
  readonly reason: string | null
}

export interface AnswerTextProps {
  readonly text: string
  readonly citations: readonly MarkedCitation[]
  /** Without it marks are numbers, not buttons. */
  readonly onCite?: ((number: number, mark: HTMLElement) => void) | undefined
  /** The citation that is shown beside it. */
  readonly openNumber?: number | undefined
  /** Those that their sources do not support are marked. */
  readonly sentences?: readonly CheckedSentence[] | undefined
}

/** Begins to load what draws Markdown, before the first answer is there. */
export const loadAnswerText = () => import('./answer-markdown.tsx')
const AnswerMarkdown = lazy(() => loadAnswerText().then((file) => ({ default: file.AnswerMarkdown })))

/** The one way in which text of models and documents is drawn as Markdown, while it is streamed and when it was stored. */
export function AnswerText({ text, citations, onCite, openNumber, sentences }: AnswerTextProps) {
  const told = useMemo(
    () => ({ citations: new Map(citations.map((one) => [one.number, one])), onCite, openNumber, reasons: reasonsOf(sentences) }),
    [citations, onCite, openNumber, sentences],
  )
  const doubted = useMemo(() => doubtedOf(sentences), [sentences])
  return (
    <AnswerContext value={told}>
      <Suspense fallback={<p className="whitespace-pre-wrap">{text}</p>}>
        <AnswerMarkdown text={text} doubted={doubted} />
      </Suspense>
    </AnswerContext>
  )
}

function doubtedOf(sentences: readonly CheckedSentence[] = []) {
  return sentences.flatMap(({ start, end, verdict }, sentence) => (verdict === 'unsupported' ? [{ start, end, sentence }] : []))
}

function reasonsOf(sentences: readonly CheckedSentence[] = []): ReadonlyMap<number, string> {
  return new Map(sentences.flatMap(({ reason }, sentence) => (reason === null ? [] : [[sentence, reason] as const])))
}
