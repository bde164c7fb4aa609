import type { Verdict } from '../../domain/answer.ts'
import { ASKS, claimsNothing, LEADS, PRESUMED, pagesNamed, SMALL_TALK_ONLY, withoutMarks } from './claims.ts'
import { inPlain } from './denials.ts'
import { besidesDates, dateStands, type Figures, figuresOf, numberStands, reversedPair, withoutFigures } from './figures.ts'
import { plainDigits } from './numbers.ts'
import { misplaced, type Segment, segmentsOf } from './order.ts'
import { isNumbered, isOrdinalClaim, isPart, isPlaceInRow, type Ordinal, ordinalStands, type Part, partStands } from './ordinals.ts'
import { clauseTexts, turned } from './polarity.ts'
import { designationsOf, isCaseless, joins, namesOf, plainName } from './words.ts'

/** What a sentence cites, as it is stored. */
export interface Evidence {
  /** The sentences, rows or items in which the quote stands, whole. */
  readonly cited: string
  /** Names of the document and of the headings above. */
  readonly names: string
  /** The passage around. */
  readonly around: string
  /** The text of the document, as far as it is known. */
  readonly document: string
  readonly pages: readonly [first: number, last: number] | undefined
}

/** The analysis of texts, which is no business of this step. */
export interface Language {
  analyze(text: string, language: string | undefined): readonly string[]
  languageOf(text: string): string | undefined
  /** A function word of some language. */
  isCommon(word: string): boolean
}

export interface Support {
  readonly verdict: Verdict | 'uncited'
  /** Why it is not `verified`, for a person. */
  readonly reason: string | undefined
}

/** Source: tuned on one half of the reports' questions; see bench/citations.ts. Shares of the words that carry a sentence. */
const VERIFIED_SHARE = 0.5
const WEAK_SHARE = 0.3
/** Longer texts are compared by their beginning, so that the work is bounded; a passage is far shorter. */
const MOST_CITED = 6000
const MOST_AROUND = 20_000
const CLAUSE_SHARE = 0.4
const FEWEST_TERMS = 2
/** Of few words each decides what is said. */
const FEW_TERMS = 6
/** Words about the source, and those that the checks of figures and directions know better. */
const SAYS_NOTHING =
  /^(?:says?|said|states?|stated|handbook|document|report|up|first|second|third|fourth|quarters?|half|halves|(?:fif|six|seven|eigh|nin|ten|eleven|twelf)th)$/i
/** Held against the source as an ordinal. */
const SHORT_ORDINAL = /^(?:[QTH][1-4]|[1-4][QH])$/i
const MOST_LOOKED_UP = 12
const TOO_LITTLE = 'It says too little to be compared.'

const VERIFIED: Support = { verdict: 'verified', reason: undefined }
const weak = (reason: string): Support => ({ verdict: 'weak', reason })
const unsupported = (reason: string): Support => ({ verdict: 'unsupported', reason })
const RANK = { unsupported: 0, weak: 1, uncited: 2, verified: 3 } as const

/**
 * Does what a sentence cites say what it says? Verified needs every number, unit, date, name, denial and word of direction
 * to stand there, and most of its other words. `evidence` holds what its supported citations point at; `cites` how many it
 * has in all. Words alone are compared: no meaning is understood, so that a clever lie made of true words may pass.
 * `told` tells whether a word stands in the passages: a heading of other words claims something.
 */
export function supportOf(
  sentence: string,
  evidence: readonly Evidence[],
  cites: number,
  language: Language,
  told: (word: string) => boolean = () => false,
): Support {
  const nothing = claimsNothing(sentence, (word) => carries(word, language), told)
  if (nothing === PRESUMED) return weak(PRESUMED)
  if (nothing !== undefined && (cites === 0 || (nothing !== LEADS && nothing !== ASKS && nothing !== SMALL_TALK_ONLY)))
    return { verdict: 'uncited', reason: nothing }
  if (nothing === SMALL_TALK_ONLY) return weak(TOO_LITTLE)
  if (cites === 0) return unsupported('It cites nothing.')
  if (evidence.length === 0) return unsupported('What it cites does not stand in the documents.')
  const spoken = language.languageOf(
    evidence
      .map((one) => `${one.cited} ${one.around}`)
      .join(' ')
      .slice(0, MOST_AROUND),
  )
  const plain = plainDigits(withoutMarks(sentence).slice(0, MOST_CITED).normalize('NFC').replace(/\s+/g, ' '))
  const { text, found: pageFaults } = withoutPages(plain, evidence)
  const source = sourceOf(evidence, spoken)
  const own = language.languageOf(text)
  const whole = stands(text, source.cited.text)
  const faults = [
    ...pageFaults,
    ...(whole ? [] : figureFaults(text, own, source, language)),
    ...wordFaults(text, own, source, language, whole),
    ...turnFaults(text, source, language),
  ]
  return faults.reduce<Support>((worst, one) => (RANK[one.verdict] < RANK[worst.verdict] ? one : worst), VERIFIED)
}

interface Source {
  readonly spoken: string | undefined
  readonly cited: Figures
  readonly names: Figures
  readonly around: Figures
  readonly document: string
}

function sourceOf(evidence: readonly Evidence[], spoken: string | undefined): Source {
  const of = (part: (one: Evidence) => string, most: number) => readBefore([...new Set(evidence.map(part))].join('\n\n').slice(0, most), spoken)
  return {
    spoken,
    cited: of(({ cited }) => cited, MOST_CITED),
    names: of(({ names }) => names, MOST_CITED),
    around: of(({ around }) => around, MOST_AROUND),
    document: [...new Set(evidence.map(({ document }) => document))].join('\n'),
  }
}

/** Source: the passages of one answer, and those of the few that are written at the same time. */
const MOST_READ = 64
const alreadyRead = new Map<string, Figures>()

/** The sentences of an answer rest on the same few passages: each is read once, which is a third of the work. */
function readBefore(text: string, spoken: string | undefined): Figures {
  const key = `${spoken ?? ''}\n${text}`
  const figures = alreadyRead.get(key) ?? figuresOf(plainDigits(unwrapped(text.normalize('NFC'))), spoken)
  alreadyRead.delete(key)
  alreadyRead.set(key, figures)
  for (const oldest of alreadyRead.keys()) {
    if (alreadyRead.size <= MOST_READ) break
    alreadyRead.delete(oldest)
  }
  return figures
}

/** Lines that a page broke are one again; rows and items are not. */
function unwrapped(text: string): string {
  return text.replace(/(?<![.:!?|。\n\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}])[ \t]*\n(?=[\p{L}\p{N}(“"«])(?![^\n]* \| )/gu, ' ')
}

/** Pages that it names are those of what it cites; they are no numbers to be looked for. */
function withoutPages(sentence: string, evidence: readonly Evidence[]): { readonly text: string; readonly found: readonly Support[] } {
  const found: Support[] = []
  let text = sentence
  for (const page of pagesNamed(sentence)) {
    if (evidence.some(({ cited }) => cited.includes(page.text))) continue
    text = text.slice(0, page.start) + ' '.repeat(page.text.length) + text.slice(page.start + page.text.length)
    const known = evidence.flatMap(({ pages }) => (pages === undefined ? [] : [pages]))
    if (known.some(([first, last]) => first <= page.last && page.first <= last)) continue
    const where = known.map(([first, last]) => (first === last ? `${first}` : `${first} to ${last}`)).join(', ')
    found.push(
      known.length === 0
        ? weak(`It names ${page.text.trim()}, and the document has no pages.`)
        : unsupported(`It names ${page.text.trim()}; what it cites stands on page ${where}.`),
    )
  }
  return { text, found }
}

function figureFaults(text: string, own: string | undefined, { cited, names, around, spoken }: Source, language: Language): Support[] {
  const mine = figuresOf(text, own ?? spoken)
  const faults: Support[] = []
  for (const date of mine.dates) {
    if (dateStands(date, cited, [names, around]) || dateStands(date, names, [cited, around])) continue
    faults.push(dateStands(date, around, [cited, names]) ? weak(nearby(date.text)) : unsupported(missing(date.text)))
  }
  for (const number of besidesDates(mine)) {
    const inCited = numberStands(number, mine, cited, [names, around])
    if (inCited === 'same' || numberStands(number, mine, names, [cited, around]) === 'same') continue
    if (number.unit === 'percent' && number.values.some((value) => cited.parts.some((part) => isPart(value, true, part.value)))) continue
    if (number.values.some((value) => isPlaceInRow(mine.text, number.start, value, cited.ordinals))) continue
    const nearer = numberStands(number, mine, around, [cited, names])
    if (inCited === 'rounded') faults.push(weak(`“${number.text.trim()}” is not written so in what it cites; it may be rounded.`))
    else if (nearer === 'same') faults.push(weak(nearby(number.text)))
    else if (inCited === 'unit') faults.push(unsupported(`“${number.text.trim()}” has another unit in what it cites.`))
    else faults.push(unsupported(missing(number.text)))
  }
  const swapped = reversedPair(mine, cited)
  if (swapped !== undefined) faults.push(unsupported(`“${swapped}” is the other way round in what it cites.`))
  for (const ordinal of mine.ordinals.filter((one) => isOrdinalClaim(one, text)))
    faults.push(...placeFault(ordinal, [cited, names, around], (where) => (isNumbered(ordinal, where.text) ? 'same' : ordinalStands(ordinal, where.ordinals))))
  for (const part of mine.parts) {
    const shares = ({ numbers }: Figures) =>
      numbers.flatMap(({ unit, values }) =>
        values.filter((one) => unit === 'percent' || (unit === undefined && one < 1)).map((value) => ({ value, percent: unit === 'percent' })),
      )
    faults.push(...placeFault(part, [cited, names, around], (where) => partStands(part, where.parts, shares(where))))
  }
  if (own === undefined || own === spoken) {
    const read = segmentReader(spoken, language)
    const wrong = misplaced(segmentsOf(text, read), segmentsOf(cited.text, read))
    if (wrong !== undefined) faults.push((wrong.sure ? unsupported : weak)(`“${wrong.text.trim()}” belongs to something else in what it cites.`))
  }
  return faults
}

/** Ordinals and parts: what another one stands for in the source is wrong, what stands nowhere is doubtful. */
function placeFault({ text }: Ordinal | Part, [cited, names, around]: readonly [Figures, Figures, Figures], stand: (where: Figures) => string): Support[] {
  const inCited = stand(cited)
  if (inCited === 'same') return []
  // A report of the third quarter tells of other quarters as well.
  if (stand(names) === 'same') return inCited === 'contrary' ? [weak(missing(text))] : []
  if (stand(around) === 'same') return [weak(nearby(text))]
  return [inCited === 'contrary' ? unsupported(missing(text)) : weak(missing(text))]
}

function segmentReader(spoken: string | undefined, language: Language): (piece: string) => Segment {
  return (piece) => {
    const figures = figuresOf(piece, spoken)
    return {
      terms: carryingTerms(withoutFigures(figures), spoken, language),
      numbers: besidesDates(figures)
        .filter(({ clock }) => clock === undefined)
        .map((one) => ({ text: one.text, key: one.values.length === 0 ? one.written : String((one.values[0] ?? 0) * (one.scale ?? 1)), unit: one.unit })),
    }
  }
}

function missing(what: string): string {
  return `“${what.trim()}” does not stand in what it cites.`
}

function nearby(what: string): string {
  return `“${what.trim()}” stands near what it cites, not in it.`
}

function wordFaults(text: string, own: string | undefined, source: Source, language: Language, whole: boolean): Support[] {
  const faults: Support[] = []
  const { spoken } = source
  const foreign = own !== undefined && spoken !== undefined && own !== spoken
  const near = wordsIn(`${source.cited.text}\n${inPlain(source.cited.text)}\n${source.names.text}`, spoken, language)
  const figures = figuresOf(text)
  const worded = inPlain(withoutFigures(figures))
  const names = namesOf(worded, language.isCommon, (own ?? spoken) === 'de')
  const known = (word: string, words: ReadonlySet<string>) =>
    words.has(plainName(word)) ||
    language.analyze(word, spoken).some((term) => words.has(term)) ||
    isCompound(plainName(word), words) ||
    SHORT_ORDINAL.test(word)
  for (const { word, version } of versionsOf(text)) {
    const places = [source.cited.text, source.names.text]
    if (places.some((place) => standsAlone(version, place))) continue
    const plain = version.replace(/(?:\.0+)+$/, '')
    const shorter = places.some((place) => standsAlone(plain, place))
    faults.push(shorter && plain !== version ? weak(missing(word)) : unsupported(missing(word)))
  }
  for (const one of designationsOf(text))
    if (!standsPlain(one, source.cited.text) && !standsPlain(one, source.names.text)) faults.push(unsupported(missing(one)))
  const strange = names.sure.filter((name) => !known(name, near)).slice(0, MOST_LOOKED_UP)
  for (const name of strange) {
    const elsewhere = standsIn(name, source.around.text) || standsIn(name, source.document)
    faults.push(elsewhere ? weak(`“${name}” stands elsewhere in the document, not in what it cites.`) : unsupported(missing(name)))
  }
  if (whole) return faults
  const wide = wordsIn(source.around.text, spoken, language)
  const doubtful = names.perhaps.filter((name) => !known(name, near) && !known(name, wide)).slice(0, MOST_LOOKED_UP)
  const name = doubtful.find((one) => !standsIn(one.toLowerCase(), source.document))
  if (name !== undefined && !foreign) faults.push(weak(`“${name}” may be a name; it does not stand in what it cites.`))
  const terms = carryingTerms(worded, spoken, language)
  if (foreign) faults.push(weak('It is in another language than what it cites: only names and figures were compared.'))
  else if (terms.size > 0) {
    faults.push(...shareFault(terms, near, wide, isCaseless(text)))
    // Rows of tables have no verbs.
    if (!isCaseless(text) && !source.cited.text.includes(' | ')) {
      const strays = (word: string) => carries(word, language) && !SAYS_NOTHING.test(word) && !known(word, near)
      const deciding = terms.size <= FEW_TERMS ? (worded.match(/\p{L}[\p{L}\p{M}]*(?:['’][\p{L}\p{M}]+)*/gu) ?? []) : predicatesOf(worded)
      const stray = deciding.find(strays)
      if (stray !== undefined) faults.push(weak(missing(stray)))
    }
    for (const clause of clauseTexts(worded)) faults.push(...clauseFault(clause, carryingTerms(clause, spoken, language), near, wide))
  } else if (figures.numbers.length === 0 && names.sure.length + names.perhaps.length === 0) faults.push(weak(TOO_LITTLE))
  return faults
}

/** What is said of something: the word behind an auxiliary. */
function predicatesOf(text: string): string[] {
  const found = text.matchAll(
    /(?<![\p{L}\p{M}])(?:is|are|was|were|be|been|being|has|have|had|will|shall|may|must|can|could|should|would|gets?|fue|fueron|ser|est|sont|été|wird|werden|wurden?)\s+(?:not\s+)?(?:\p{L}+ly\s+)?(\p{L}[\p{L}\p{M}]+)/giu,
  )
  return [...found].map((match) => match[1] ?? '')
}

function shareFault(terms: ReadonlySet<string>, near: ReadonlySet<string>, wide: ReadonlySet<string>, caseless: boolean): Support[] {
  // Chinese words are compared by their signs: where words begin is not written.
  const counted = [...terms].filter((term) => !/^\p{Script=Han}{2,}$/u.test(term))
  const worth = counted.reduce((sum, term) => sum + (near.has(term) ? 1 : wide.has(term) ? 0.5 : 0), 0)
  const share = counted.length === 0 ? 1 : worth / counted.length
  const told = `Of its ${counted.length} words that matter ${counted.filter((term) => near.has(term)).length} stand in what it cites.`
  if (share < WEAK_SHARE) return [unsupported(told)]
  // In scripts without capitals any word that is not found may be a name.
  return share < VERIFIED_SHARE || (caseless && counted.some((term) => !near.has(term) && !wide.has(term))) ? [weak(told)] : []
}

/** A true clause cannot carry another one that stands nowhere. */
function clauseFault(clause: string, terms: ReadonlySet<string>, near: ReadonlySet<string>, wide: ReadonlySet<string>): Support[] {
  if (terms.size < FEWEST_TERMS) return []
  const found = [...terms].filter((term) => near.has(term) || wide.has(term)).length
  const told = `“${clause.trim()}” does not stand in what it cites.`
  if (found === 0) return [unsupported(told)]
  return found / terms.size < CLAUSE_SHARE ? [weak(told)] : []
}

function turnFaults(text: string, source: Source, language: Language): Support[] {
  const { spoken } = source
  const turn = turned(text, source.cited.text, (piece) => carryingTerms(piece, spoken, language))
  if (turn === undefined) return []
  if (turn.kind === 'denied') return [weak('What it cites tells it of something else, and denies it of this.')]
  if (turn.kind === 'alone') return [weak(`It tells a ${turn.about} that what it cites does not tell.`)]
  if (turn.kind === 'unsure') return [weak('One of it and what it cites denies, and the other has a word of the contrary: both may say the same.')]
  if (turn.kind === 'reserved') return [weak('What it cites tells it as said or meant, not as so.')]
  return [unsupported(`It turns round what it cites: ${turn.about}.`)]
}

/** Is the whole sentence a stretch of the cited text, but for signs and case? */
function stands(sentence: string, cited: string): boolean {
  const plain = (text: string) => ` ${(text.toLowerCase().match(/[\p{L}\p{M}]+|[\p{N}.,:/']*\p{N}|[$€£¥₹%‰°]|[-−–(](?=[$€£]?\p{N})/gu) ?? []).join(' ')} `
  const mine = plain(sentence)
  if (mine.trim() === '') return false
  const theirs = plain(cited)
  // Without the minus or the bracket before it a number is another one.
  for (let at = theirs.indexOf(mine); at !== -1; at = theirs.indexOf(mine, at + 1)) if (!/[-−–(]$/.test(theirs.slice(0, at))) return true
  return false
}

function wordsIn(text: string, spoken: string | undefined, language: Language): ReadonlySet<string> {
  const plain = (text.match(/[\p{L}\p{M}\p{N}]+(?:['’][\p{L}\p{M}]+)*/gu) ?? []).map(plainName)
  // “50Hz” has the word of “50 Hz”.
  const units = plain.flatMap((word) => /^\d+(\p{L}+)$/u.exec(word)?.[1] ?? [])
  return new Set([...plain, ...units, ...language.analyze(text, spoken)])
}

function carryingTerms(text: string, spoken: string | undefined, language: Language): ReadonlySet<string> {
  const kept = text.replace(/[\p{L}\p{M}\p{N}]+(?:['’][\p{L}\p{M}]+)*/gu, (word) => (carries(word, language) ? word : ' '))
  return new Set(language.analyze(kept, spoken).filter((term) => /\p{L}/u.test(term)))
}

function carries(word: string, language: Language): boolean {
  return !joins(word) && !language.isCommon(word.toLowerCase())
}

/** Of two words of the text, as German and its neighbours put them together. */
function isCompound(word: string, words: ReadonlySet<string>): boolean {
  if (word.length < 8) return false
  const parts = [...words].filter((one) => one.length >= 4 && one.length < word.length)
  return parts.some((head) => word.startsWith(head) && parts.some((tail) => word.endsWith(tail) && head.length + tail.length >= word.length - 2))
}

/** Versions are no numbers: 2.10 is another one than 2.1. */
function versionsOf(text: string): { readonly word: string; readonly version: string }[] {
  return [...text.matchAll(/(?<![\p{L}\p{N}])(?:versi[oó]n|release|ver\.?|v\.?)\s?(\d+(?:\.\d+)+)(?!\d)/giu)].map((match) => ({
    word: match[0],
    version: match[1] ?? '',
  }))
}

function standsAlone(version: string, text: string): boolean {
  return new RegExp(`(?<![\\d.])${version.replaceAll('.', '\\.')}(?!\\d|\\.\\d)`).test(text)
}

/** In the same form but for case and the kind of hyphen. */
function standsPlain(word: string, text: string): boolean {
  const plain = (one: string) => one.toLowerCase().replace(/[‐‑–]/g, '-')
  return standsIn(plain(word), plain(text))
}

function standsIn(word: string, text: string): boolean {
  for (let at = text.indexOf(word); at !== -1; at = text.indexOf(word, at + 1)) {
    const [before, after] = [text.charAt(at - 1), text.charAt(at + word.length)]
    if (!/[\p{L}\p{N}]/u.test(before) && !/[\p{L}\p{N}]/u.test(after)) return true
  }
  return false
}
