import type { RankedScore, WhyReason, WhyReply } from '../domain/answer.ts'
import { boundFilter, type Caller } from '../domain/caller.ts'
import { modeOf } from '../domain/database.ts'
import { type Document, fieldsOf } from '../domain/document.ts'
import { asksForPages, type Filter, matches, type Scalar, valuesOf } from '../domain/filter.ts'
import type { World } from '../ports/world.ts'
import { type AskedWord, askedWords } from '../steps/answer/question.ts'
import type { FoldedHit } from '../steps/retrieve.ts'
import { reordered } from './rerank.ts'
import { type Gathered, gather, gatherEnough, type Opened, openDatabase, prepare, scoreOf } from './retrieval.ts'
import { visibleDocument } from './visible-document.ts'

/** How deep it looks: beyond it a rank tells nobody anything. */
const DEPTH = 1000

const firstForm = ({ forms }: AskedWord): string => forms[0] ?? ''

type Finding = Pick<WhyReply, 'reason' | 'explanation'> & Partial<WhyReply>

/** Tells why a document is, or is not, among the first n of a question. @throws database/not-found, document/not-found */
export async function why(
  world: World,
  caller: Caller,
  databaseId: string,
  request: { readonly query: string; readonly documentId: string; readonly n: number; readonly filter?: Filter; readonly threshold?: number },
  signal: AbortSignal,
): Promise<WhyReply> {
  const opened = await openDatabase(world, caller, databaseId)
  const document = await visibleDocument(world, caller, opened.database.id, request.documentId)
  const filter = boundFilter(caller, request.filter)
  const empty = {
    documentId: document.id,
    externalId: document.externalId,
    name: document.name,
    mode: modeOf(opened.version.settings),
    degraded: undefined,
    error: document.error,
    conditions: [],
    dense: undefined,
    lexical: undefined,
    terms: { found: [], missing: [] },
    rank: undefined,
    mergedInto: undefined,
    depth: DEPTH,
  }
  const early = document.liveRevision === undefined ? notLive(document) : await filteredOut(world, opened, document, request.filter)
  if (early !== undefined) return { ...empty, ...early }

  const { weights } = opened.database
  const prepared = await prepare(world, opened, request.query, weights, signal)
  // The order that a search gives is that of a search: what lies deeper comes after it.
  const near = await gatherEnough(world, opened, prepared, { n: request.n, filter, weights }, signal)
  const gathered = await gather(world, opened, prepared, { depth: DEPTH, filter, weights })
  signal.throwIfAborted()
  const own: Filter = { field: '@document', op: 'eq', value: document.id }
  const { hits, ...ordered } = await reordered(world, opened, request, near.folded, signal)
  const degraded = [gathered.degraded, ordered.degraded].filter((one) => one !== undefined).join(' ')
  const inDocument = await world.chunks.searchLexical(opened.ref, { terms: prepared.terms, n: 100, filter: own, explain: true })
  const found = new Set(inDocument.flatMap((hit) => hit.terms.map(({ term }) => term)))
  const isThere = ({ forms }: AskedWord) => forms.some((form) => found.has(form))
  const asked = askedWords(prepared.terms)
  return {
    ...empty,
    degraded: degraded === '' ? undefined : degraded,
    dense: rankIn(gathered.dense, document.id),
    lexical: rankIn(gathered.lexical, document.id),
    terms: { found: asked.filter(isThere).map(firstForm), missing: asked.filter((word) => !isThere(word)).map(firstForm) },
    ...placed(document, { fused: gathered.fused, folded: followed(hits, gathered.folded) }, request.n, request.threshold ?? 0, found.size > 0),
  }
}

function followed(first: readonly FoldedHit[], deeper: readonly FoldedHit[]): readonly FoldedHit[] {
  const told = new Set(first.flatMap((hit) => [hit.chunkId, ...hit.merged]))
  return [...first, ...deeper.filter(({ chunkId }) => !told.has(chunkId))]
}

function notLive(document: Document): Finding {
  if (document.state === 'failed') {
    return { reason: 'failed', explanation: `It could not be read. ${document.error?.message ?? ''} ${document.error?.hint ?? ''}`.trim() }
  }
  if (document.state === 'archive') return { reason: 'archive', explanation: 'It is an archive: its entries are documents of their own.' }
  return { reason: 'not-ready', explanation: `It is ${document.state} and cannot be found yet.` }
}

async function filteredOut(world: World, { ref }: Opened, document: Document, filter: Filter | undefined): Promise<Finding | undefined> {
  if (filter === undefined) return undefined
  const meets = async (part: Filter): Promise<boolean> => {
    if (!asksForPages(part)) return matches(part, { fields: fieldsOf(document), pages: undefined })
    return ((await world.chunks.matching(ref, part, [document.id])).get(document.id) ?? 0) > 0
  }
  if (await meets(filter)) return undefined
  const parts = await unmet(filter, meets)
  const conditions = parts.map((part) => ({ condition: told(part), has: hasInstead(part, document) }))
  const listed = conditions.map(({ condition, has }) => `${condition} (it has ${has.length === 0 ? 'none' : has.join(', ')})`)
  return { reason: 'filtered-out', explanation: `The filter leaves it out by: ${listed.join('; ')}.`, conditions }
}

/** The smallest parts of a filter that fail. Under "or" all fail; what stands under "not" holds although it must not. */
async function unmet(filter: Filter, meets: (part: Filter) => Promise<boolean>): Promise<Filter[]> {
  if (!('and' in filter) && !('or' in filter)) return [filter]
  const failing: Filter[] = []
  for (const part of 'and' in filter ? filter.and : filter.or) {
    if (!(await meets(part))) failing.push(...(await unmet(part, meets)))
  }
  return failing.length === 0 ? [filter] : failing // each page condition holds somewhere, but not on one passage
}

const SIGNS = { eq: '=', ne: '!=', gt: '>', gte: '>=', lt: '<', lte: '<=', contains: 'contains', in: 'in', nin: 'not in', exists: 'exists' } as const

function told(filter: Filter): string {
  if ('and' in filter) return filter.and.map((part) => `(${told(part)})`).join(' and ')
  if ('or' in filter) return filter.or.map((part) => `(${told(part)})`).join(' or ')
  if ('not' in filter) return `not (${told(filter.not)})`
  if (filter.op === 'exists') return `${filter.field} ${filter.value ? 'exists' : 'does not exist'}`
  return `${filter.field} ${SIGNS[filter.op]} ${JSON.stringify(filter.value).slice(0, 200)}`
}

function hasInstead(filter: Filter, document: Document): readonly Scalar[] {
  if ('and' in filter) return filter.and.flatMap((part) => hasInstead(part, document))
  if ('or' in filter) return filter.or.flatMap((part) => hasInstead(part, document))
  if ('not' in filter) return hasInstead(filter.not, document)
  const pages: readonly [number, number] | undefined = document.pages === undefined ? undefined : [1, document.pages]
  return valuesOf(filter.field, { fields: fieldsOf(document), pages }).slice(0, 20)
}

function placed(document: Document, gathered: Pick<Gathered, 'folded' | 'fused'>, n: number, threshold: number, shares: boolean): Finding {
  const { folded, fused } = gathered
  const index = folded.findIndex((hit) => hit.chunk.chunk.documentId === document.id)
  const host = folded.find((hit) => hit.merged.some((id) => fused.some((one) => one.chunkId === id && one.documentId === document.id)))
  if (index === -1 && host !== undefined) return merged(host, folded.indexOf(host) + 1)
  const hit = folded[index]
  if (hit === undefined) {
    if (shares) return { reason: 'ranked-lower', explanation: `It shares words with the question, but is not among the first ${DEPTH} chunks.` }
    return { reason: 'nothing-in-common', explanation: 'It shares no word with the question, and no passage of it is near in meaning.' }
  }
  const rank = index + 1
  const score = scoreOf(hit, folded[0] ?? hit)
  const reason: WhyReason = rank > n ? 'ranked-lower' : score < threshold ? 'below-threshold' : 'found'
  const explanation =
    reason === 'found'
      ? `It is found at rank ${rank}.`
      : reason === 'ranked-lower'
        ? `It stands at rank ${rank}, and only ${n} were asked for.`
        : `Its score ${score.toFixed(3)} is below the threshold ${threshold}.`
  return { reason, explanation, rank }
}

function merged(host: FoldedHit, rank: number): Finding {
  const { chunk, fields } = host.chunk
  const mergedInto = { documentId: chunk.documentId, chunkId: chunk.id }
  return { reason: 'merged', explanation: `It tells the same as “${fields.name}”, which stands at rank ${rank} and takes its place.`, rank, mergedInto }
}

function rankIn(hits: readonly { readonly documentId: string; readonly score: number }[], documentId: string): RankedScore | undefined {
  const index = hits.findIndex((hit) => hit.documentId === documentId)
  const hit = hits[index]
  return hit === undefined ? undefined : { rank: index + 1, score: hit.score }
}
