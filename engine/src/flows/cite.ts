import type { Citation, Passage } from '../domain/answer.ts'
import type { ExtractedText } from '../domain/block.ts'
import type { Caller } from '../domain/caller.ts'
import { AppError } from '../domain/errors.ts'
import type { World } from '../ports/world.ts'
import { unitsOf } from '../steps/answer/sentences.ts'
import { type CheckedQuote, placeAt, type QuoteChecker, quoteChecker } from '../steps/verify/verify.ts'
import { readText } from './read.ts'

/** Builds citations from passages and checks them against what is stored; texts are read once per request. */
export interface Citer {
  /** Checks a quote that is said to stand in a passage. The same place again gives the same citation. */
  quote(passage: number, quote: string, earlier: readonly Citation[]): Promise<Citation>
  /** For a passage named without a quote: the sentence of it most like the claim, never better than weak. */
  claim(passage: number, claim: string, earlier: readonly Citation[]): Promise<Citation>
}

/** A database, and the caller inside it: its owner as tenant, and what the caller may see there. */
export interface Place {
  readonly caller: Caller
  readonly databaseId: string
}

interface Source {
  checker(): QuoteChecker
  readonly extracted: Pick<ExtractedText, 'blocks' | 'pages'>
  /** Where the checker's text begins in the extracted text. */
  readonly offset: number
}

export function citer(world: World, places: readonly Place[], passages: readonly Passage[]): Citer {
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

  return {
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

function isFrom(citation: Citation, passage: Passage): boolean {
  return citation.databaseId === passage.databaseId && citation.documentId === passage.documentId
}

/** The sentence that shares most words with the claim, and the share of the claim's words it has. */
function mostAlike(text: string, claim: string): { readonly text: string; readonly start: number; readonly share: number } {
  const wordsOf = (piece: string) =>
    piece
      .normalize('NFKC')
      .toLowerCase()
      .match(/[\p{L}\p{M}\p{N}]+/gu) ?? []
  const asked = new Set(wordsOf(claim))
  let best = { text: text.slice(0, 300), start: 0, share: 0 }
  for (const unit of unitsOf(text, undefined)) {
    const has = new Set(wordsOf(unit.text))
    const share = asked.size === 0 ? 0 : [...asked].filter((word) => has.has(word)).length / asked.size
    if (share > best.share) best = { text: unit.text, start: unit.start, share }
  }
  return best
}
