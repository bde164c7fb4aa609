import type { Citation, Passage } from '../domain/answer.ts'
import type { ExtractedText } from '../domain/block.ts'
import type { Caller } from '../domain/caller.ts'
import { AppError } from '../domain/errors.ts'
import type { World } from '../ports/world.ts'
import { analyze } from '../steps/analyze/analyze.ts'
import { unitsOf } from '../steps/answer/sentences.ts'
import type { Evidence } from '../steps/verify/support.ts'
import { type CheckedQuote, placeAt, type QuoteChecker, quoteChecker } from '../steps/verify/verify.ts'
import { readText } from './read.ts'

/** Builds citations from passages and checks them against what is stored; texts are read once per request. */
export interface Citer {
  /** Checks a quote that is said to stand in a passage. The same place again gives the same citation. */
  quote(passage: number, quote: string, earlier: readonly Citation[]): Promise<Citation>
  /** For a passage named without a quote: the sentence of it most like the claim, never better than weak. */
  claim(passage: number, claim: string, earlier: readonly Citation[]): Promise<Citation>
  /** What a sentence with this citation rests on; undefined when the quote does not stand in the document. */
  evidence(citation: Citation): Promise<Evidence | undefined>
  /** Does this text stand in one of the passages, as it is written? */
  holds(text: string): boolean
  /** Does this word stand in one of the passages or their names, in any form? */
  tells(word: string): boolean
}

/** A database, and the caller inside it: its owner as tenant, and what the caller may see there. */
export interface Place {
  readonly caller: Caller
  readonly databaseId: string
}

/** How far what is read beside a citation may reach, in characters. */
const BESIDE = 600

interface Source {
  checker(): QuoteChecker
  readonly extracted: Pick<ExtractedText, 'blocks' | 'pages'> | ExtractedText
  /** Where the checker's text begins in the extracted text. */
  readonly offset: number
}

export function citer(world: World, places: readonly Place[], passages: readonly Passage[]): Citer {
  let words: ReadonlySet<string> | undefined
  const sources = new Map<string, Promise<{ readonly extracted: ExtractedText; checker(): QuoteChecker } | undefined>>()

  async function stored({ databaseId, documentId }: Passage): Promise<{ readonly extracted: ExtractedText; checker(): QuoteChecker } | undefined> {
    try {
      const { extracted } = await readText(world, placeOf(databaseId).caller, databaseId, documentId)
      let checker: QuoteChecker | undefined
      return {
        extracted,
        checker() {
          checker ??= quoteChecker(extracted)
          return checker
        },
      }
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      world.log.warn('citation-without-text', { documentId, error })
      return undefined
    }
  }

  /** The text of the whole document; only the passage when the document was replaced or removed meanwhile. */
  async function sourceOf(passage: Passage): Promise<Source> {
    const key = `${passage.databaseId}/${passage.documentId}`
    const reading = sources.get(key) ?? stored(passage)
    sources.set(key, reading)
    const whole = await reading
    if (whole !== undefined && whole.extracted.text.slice(passage.start, passage.end) === passage.text) return { ...whole, offset: 0 }
    return { checker: () => quoteChecker(passage), extracted: { blocks: [], pages: [] }, offset: passage.start }
  }

  function made(passage: Passage, checked: CheckedQuote, source: Source, earlier: readonly Citation[]): Citation {
    const nowhere = checked.end === 0 // the quote is not in the document: it is shown with its passage
    const start = nowhere ? passage.start : checked.start + source.offset
    const end = nowhere ? passage.start : checked.end + source.offset
    const same = earlier.find((one) => isFrom(one, passage) && one.start === start && one.end === end && one.quote === checked.quote)
    if (same !== undefined) return same
    const place = placeAt(source.extracted, start)
    const onePage = passage.pages !== undefined && passage.pages[0] === passage.pages[1] ? passage.pages[0] : undefined
    return {
      number: earlier.length + 1,
      databaseId: passage.databaseId,
      documentId: passage.documentId,
      revision: passage.revision,
      chunkId: passage.chunkId,
      externalId: passage.externalId,
      name: passage.name,
      page: place.page ?? onePage,
      headingPath: place.headingPath.length > 0 ? place.headingPath : passage.headingPath,
      start,
      end,
      quote: checked.quote,
      verdict: checked.verdict,
      reason: checked.reason,
    }
  }

  function placeOf(databaseId: string): Place {
    const place = places.find((one) => one.databaseId === databaseId)
    if (place === undefined) throw new Error('a passage is of none of the databases that were asked')
    return place
  }

  function passageAt(index: number): Passage {
    const passage = passages[index]
    if (passage === undefined) throw new AppError('internal', { passage: index })
    return passage
  }

  /** The sentences, rows or items of which the citation is a part. */
  function wholeSentences({ start, end }: Citation, text: string, offset: number): string {
    const [from, to] = [start - offset, end - offset]
    const touched = unitsOf(text, undefined).filter((unit) => unit.start < to && from < unit.end)
    const [first, last] = [Math.min(from, touched[0]?.start ?? from), Math.max(to, touched.at(-1)?.end ?? to)]
    return text.slice(Math.max(first, from - BESIDE), Math.min(last, to + BESIDE))
  }

  return {
    async evidence(citation) {
      const passage = passages.find(({ databaseId, chunkId }) => databaseId === citation.databaseId && chunkId === citation.chunkId)
      if (passage === undefined || citation.verdict === 'unsupported' || citation.end <= citation.start) return undefined
      const { extracted, offset } = await sourceOf(passage)
      const document = 'text' in extracted ? extracted.text : passage.text
      const inside = citation.start >= passage.start && citation.end <= passage.end
      const begin = inside ? passage.start : Math.max(offset, citation.start - BESIDE)
      const around = inside ? passage.text : document.slice(begin - offset, citation.end - offset + BESIDE)
      const last = placeAt(extracted, Math.max(citation.start, citation.end - 1)).page ?? citation.page
      return {
        cited: wholeSentences(citation, around, begin),
        names: [passage.title ?? '', passage.name, ...citation.headingPath, ...passage.headingPath].join('\n'),
        around,
        document,
        pages: citation.page === undefined ? undefined : [citation.page, Math.max(citation.page, last ?? citation.page)],
      }
    },
    holds: (text) => passages.some((passage) => (/^[^/]*@[^/]*$/.test(text) ? holdsWhole(passage.text, text) : passage.text.includes(text))),
    tells(word) {
      words ??= new Set(passages.flatMap(({ text, title, name, headingPath }) => termsOf([text, title ?? '', name, ...headingPath].join('\n'))))
      const known = words
      const terms = termsOf(word)
      return terms.length > 0 && terms.some((term) => known.has(term))
    },
    async quote(index, quote, earlier) {
      const passage = passageAt(index)
      const source = await sourceOf(passage)
      // Most quotes stand in their passage, and a passage is read far sooner than a long document.
      const inPassage = quoteChecker(passage).check(quote)
      if (inPassage.verdict === 'verified') return made(passage, inPassage, { ...source, offset: passage.start }, earlier)
      const near = { start: passage.start - source.offset, end: passage.end - source.offset }
      return made(passage, source.checker().check(quote, near), source, earlier)
    },
    async claim(index, claim, earlier) {
      const passage = passageAt(index)
      const source = await sourceOf(passage)
      const nearest = mostAlike(passage.text, claim)
      const start = passage.start - source.offset + nearest.start
      const checked: CheckedQuote = {
        verdict: nearest.share >= 0.5 ? 'weak' : 'unsupported',
        reason: 'The model named the passage without quoting it; this is its nearest sentence.',
        quote: nearest.text,
        start,
        end: start + nearest.text.length,
      }
      return made(passage, checked, source, earlier)
    },
  }
}

function termsOf(text: string): string[] {
  return [...analyze(text, undefined), ...(text.toLowerCase().match(/[\p{L}\p{M}\p{N}]+/gu) ?? [])]
}

/** A mailbox that is a part of another one is another one. */
function holdsWhole(text: string, mailbox: string): boolean {
  for (let at = text.indexOf(mailbox); at !== -1; at = text.indexOf(mailbox, at + 1))
    if (!/[\p{L}\p{N}._+-]$/u.test(text.slice(0, at)) && !/^[._-]*[\p{L}\p{N}@]/u.test(text.slice(at + mailbox.length))) return true
  return false
}

function isFrom(citation: Citation, passage: Passage): boolean {
  return citation.databaseId === passage.databaseId && citation.documentId === passage.documentId
}

/** Of a long quote the sentence most like the claim, and its neighbours. */
export function narrowed(quote: string, claim: string): string {
  const units = unitsOf(quote, undefined)
  const { start } = mostAlike(quote, claim)
  const at = units.findIndex((unit) => unit.start === start)
  const [first, last] = [units[Math.max(0, at - 1)], units[Math.min(units.length - 1, at + 1)]]
  return first === undefined || last === undefined ? quote : quote.slice(first.start, last.end)
}

/** A figure says more about the place than a word. */
const FIGURE = 3

/** The sentence that shares most words with the claim, and the share of the claim's words it has. */
function mostAlike(text: string, claim: string): { readonly text: string; readonly start: number; readonly share: number } {
  const wordsOf = (piece: string) =>
    piece
      .normalize('NFKC')
      .toLowerCase()
      .match(/[\p{L}\p{M}\p{N}]+/gu) ?? []
  const worth = (words: readonly string[]) => words.reduce((sum, word) => sum + (/\p{N}/u.test(word) ? FIGURE : 1), 0)
  const asked = [...new Set(wordsOf(claim))]
  let best = { text: text.slice(0, 300), start: 0, share: 0 }
  for (const unit of unitsOf(text, undefined)) {
    const has = new Set(wordsOf(unit.text))
    const share = asked.length === 0 ? 0 : worth(asked.filter((word) => has.has(word))) / worth(asked)
    if (share > best.share) best = { text: unit.text, start: unit.start, share }
  }
  return best
}
