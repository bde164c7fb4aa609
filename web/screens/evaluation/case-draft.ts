import type { Input } from 'quarry-engine/client'

type GoldenInput = Input<'putGolden'>['body']['cases'][number]

/** A document that holds the answer, and where in it, as they are typed. */
export interface SourceDraft {
  readonly key: number
  readonly document: string
  readonly pages: string
}

export interface CaseDraft {
  readonly question: string
  readonly isAnswerable: boolean
  /** At least one. */
  readonly sources: readonly SourceDraft[]
  readonly answer: string
}

export const NEW_CASE: CaseDraft = { question: '', isAnswerable: true, sources: [{ key: 0, document: '', pages: '' }], answer: '' }

/** As many as a case may name of all its documents. */
const MOST_PAGES = 200
const HIGHEST_PAGE = 1_000_000

/** "3, 5-7" as 3, 5, 6, 7; empty: none. Undefined when it cannot be read, or names too many. */
export function pagesOf(text: string): readonly number[] | undefined {
  const found = new Set<number>()
  const parts = text.replace(/\s*[-–]\s*/g, '-').split(/[\s,;]+/)
  for (const part of parts.filter((one) => one !== '')) {
    const match = /^(\d+)(?:-(\d+))?$/.exec(part)
    const [first, last] = [Number(match?.[1]), Number(match?.[2] ?? match?.[1])]
    if (match === null || first < 1 || last < first || last > HIGHEST_PAGE || last - first >= MOST_PAGES) return undefined
    for (let page = first; page <= last; page += 1) found.add(page)
  }
  return found.size > MOST_PAGES ? undefined : [...found].sort((one, other) => one - other)
}

/** "3, 5-7", the other way round. */
export function shownPages(pages: readonly number[]): string {
  const runs: [number, number][] = []
  for (const page of [...new Set(pages)].sort((one, other) => one - other)) {
    const run = runs.at(-1)
    if (run !== undefined && run[1] + 1 === page) run[1] = page
    else runs.push([page, page])
  }
  return runs.map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`)).join(', ')
}

/** What keeps a draft from being a case. */
export interface CaseProblems {
  readonly hasNoDocument: boolean
  /** Keys of sources. */
  readonly wrongPages: ReadonlySet<number>
  readonly pagesOfNothing: ReadonlySet<number>
}

export function problemsOf({ isAnswerable, sources }: CaseDraft): CaseProblems {
  const keysOf = (wrong: (source: SourceDraft) => boolean) => new Set(isAnswerable ? sources.filter(wrong).map(({ key }) => key) : [])
  return {
    hasNoDocument: isAnswerable && sources.every(isUnnamed),
    wrongPages: keysOf(({ pages }) => pagesOf(pages) === undefined),
    pagesOfNothing: keysOf((source) => isUnnamed(source) && source.pages.trim() !== ''),
  }
}

export function isSound({ hasNoDocument, wrongPages, pagesOfNothing }: CaseProblems): boolean {
  return !hasNoDocument && wrongPages.size === 0 && pagesOfNothing.size === 0
}

/** Of a draft without problems. */
export function caseOf({ question, isAnswerable, sources, answer }: CaseDraft): GoldenInput {
  if (!isAnswerable) return { question, answerable: false, expected: [], pages: [] }
  const named = sources.filter((source) => !isUnnamed(source)).map(({ document, pages }) => ({ of: document.trim(), pages: pagesOf(pages) ?? [] }))
  return {
    question,
    answerable: true,
    expected: [...new Set(named.map(({ of }) => of))],
    pages: named.flatMap(({ of, pages }) => pages.map((page) => ({ of, page }))),
    ...(answer.trim() === '' ? {} : { answer: answer.trim() }),
  }
}

const isUnnamed = ({ document }: SourceDraft): boolean => document.trim() === ''
