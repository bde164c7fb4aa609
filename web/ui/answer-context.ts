import { createContext } from 'react'
import type { MarkedCitation } from './answer-text.tsx'

interface Told {
  readonly citations: ReadonlyMap<number, MarkedCitation>
  readonly onCite: ((number: number, mark: HTMLElement) => void) | undefined
  readonly openNumber: number | undefined
  /** Why sentences are in doubt, by their place among the sentences of the answer. */
  readonly reasons: ReadonlyMap<number, string>
}

/** Reaches the marks of an answer past its text, so that a citation that comes later redraws the marks alone. */
export const AnswerContext = createContext<Told>({ citations: new Map(), onCite: undefined, openNumber: undefined, reasons: new Map() })
