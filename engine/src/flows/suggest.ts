import type { Passage } from '../domain/answer.ts'
import { NO_RERANKER } from '../domain/answering.ts'
import type { Document } from '../domain/document.ts'
import type { World } from '../ports/world.ts'
import { analyze, analyzeQuery, detectLanguage } from '../steps/analyze/analyze.ts'
import { extractAnswer } from '../steps/answer/extract.ts'
import { type Suggestion, suggestionsOf } from '../steps/suggest.ts'
import type { Place } from './cite.ts'
import { type Opened, openDatabase } from './retrieval.ts'
import { search } from './search.ts'
import { isVisible, visibleDocuments } from './visible-document.ts'

/** The most that are made of one database. */
const MOST = 12
/** What is looked at: documents of the newest, chunks of each, questions that are tried in all. */
const NEWEST = 60
const DOCUMENTS = 12
const CHUNKS = 24
const PER_DOCUMENT = 4
const TRIES = 24
/** Where among the hits the place must be that a question came from, and how many passages answer it. */
const FIRST_HITS = 3
const PASSAGES = 8
/** Places (a database, for each filter of a key) that are remembered, apart from those being looked at. */
const REMEMBERED = 256
/** How long (ms) the questions of before serve while documents come in: each of them would have all made anew. */
const SERVED_MS = 60_000

interface Made {
  readonly question: string
  readonly documentId: string
  readonly sha256: string
}
interface Run {
  readonly made: Promise<readonly Made[]>
  readonly version: string
  readonly size: string
  /** Epoch ms. */
  readonly at: number
  running: boolean
}
const remembered = new WeakMap<World, Map<string, Run>>()

/**
 * Questions that the databases answer, at most `n`, in turn from each and from different documents. They are made of headings
 * and sentences without a model, and each was tried: a search by words finds its place and sentences there answer it. What
 * the caller does not see at this moment takes no part. The same content gives the same questions; they are remembered while
 * the live version and the size of a database stay the same, or for a minute while documents come in. Of a place there is one
 * run at a time, whoever waits for it and whoever has left.
 */
export async function suggest(world: World, places: readonly Place[], n: number): Promise<readonly string[]> {
  const lists = await Promise.all(places.map((place) => ofDatabase(world, place)))
  return [...new Set(inTurn(lists))].slice(0, n)
}

async function ofDatabase(world: World, { caller, databaseId }: Place): Promise<readonly string[]> {
  const opened = await openDatabase(world, caller, databaseId)
  const { documents, chunks, tokens } = await world.catalog.summary(opened.database.id)
  if (chunks === 0) return []
  const size = JSON.stringify([documents.ready, chunks, tokens])
  const { made } = runFor(world, opened, size, documents.queued + documents.processing > 0)
  return stillSeen(world, opened, await made)
}

function runFor(world: World, opened: Opened, size: string, isFilling: boolean): Run {
  const known = remembered.get(world) ?? new Map<string, Run>()
  remembered.set(world, known)
  const place = JSON.stringify([opened.database.id, opened.caller.filter ?? null])
  const [before, version, at] = [known.get(place), opened.version.id, world.now()]
  const serves = before?.version === version && (before.size === size || (isFilling && at - before.at < SERVED_MS))
  if (before !== undefined && (before.running || serves)) return before
  known.delete(place)
  const ended = [...known].flatMap(([other, { running }]) => (running ? [] : [other]))
  for (const oldest of ended.slice(0, Math.max(0, known.size + 1 - REMEMBERED))) known.delete(oldest)
  const run: Run = { made: make(world, opened), version, size, at, running: true }
  known.set(place, run)
  run.made.then(
    () => {
      run.running = false
    },
    () => known.delete(place),
  )
  return run
}

/** Labels change without a trace in version or size, and a run may have begun before a removal. */
async function stillSeen(world: World, { caller, database }: Opened, made: readonly Made[]): Promise<readonly string[]> {
  const seen = await Promise.all(
    made.map(async ({ documentId, sha256 }) => {
      const document = await world.catalog.documentById(documentId)
      return document?.databaseId === database.id && document.state !== 'deleting' && document.sha256 === sha256 && isVisible(caller, document)
    }),
  )
  return made.flatMap(({ question }, index) => (seen[index] ? [question] : []))
}

async function make(world: World, opened: Opened): Promise<readonly Made[]> {
  const { caller, database } = opened
  const { items } = await visibleDocuments(world, caller, database.id, { limit: NEWEST, state: 'ready' })
  const lists = await Promise.all(spread(items, DOCUMENTS).map((document) => ofDocument(world, opened, document)))
  const kept: Made[] = []
  let tries = 0
  for (const { chunkId, wordings, documentId, sha256 } of inTurn(lists)) {
    for (const question of wordings) {
      if (kept.length === MOST || tries === TRIES) return kept
      tries += 1
      if (kept.some((one) => one.question === question) || !(await isAnswered(world, opened, question, chunkId))) continue
      kept.push({ question, documentId, sha256 })
      break
    }
  }
  return kept
}

async function ofDocument(world: World, { ref }: Opened, document: Document): Promise<readonly (Suggestion & Omit<Made, 'question'>)[]> {
  const { chunks } = await world.chunks.list(ref, document.id, { offset: 0, limit: CHUNKS })
  const bare = document.name.split(/[/\\]/).findLast((part) => part !== '') ?? document.name
  const name = document.title ?? bare.replace(/\.\w{1,5}$/u, '')
  const { id: documentId, sha256 } = document
  return spread(suggestionsOf({ name, chunks, languageOf: detectLanguage }), PER_DOCUMENT).map((one) => ({ ...one, documentId, sha256 }))
}

/** By words alone: a model would cost, and its vector changes the order but not what is there. */
async function isAnswered(world: World, { caller, database }: Opened, question: string, chunkId: string): Promise<boolean> {
  const wanted = { query: question, n: PASSAGES, weights: { dense: 0, lexical: 1 }, rerankModel: NO_RERANKER }
  const { passages } = await search(world, caller, database.id, wanted, new AbortController().signal)
  const index = passages.findIndex((passage) => isOf(passage, chunkId))
  if (index < 0 || index >= FIRST_HITS) return false
  const { answered, excerpts } = extractAnswer({ question, terms: analyzeQuery(question), passages, analyze, languageOf: detectLanguage })
  return answered && excerpts.some(({ passage }) => passage === index)
}

function isOf({ chunkId, explanation }: Passage, wanted: string): boolean {
  return chunkId === wanted || explanation.merged.includes(wanted)
}

/** At most `most` of them, from all over. */
function spread<T>(items: readonly T[], most: number): readonly T[] {
  if (items.length <= most) return items
  return Array.from({ length: most }, (_, index) => items[Math.floor((index * items.length) / most)]).filter((item) => item !== undefined)
}

/** The first of each, then the second of each, and so on. */
function inTurn<T>(lists: readonly (readonly T[])[]): readonly T[] {
  const longest = Math.max(0, ...lists.map(({ length }) => length))
  return Array.from({ length: longest }, (_, index) => lists.flatMap((list) => list.slice(index, index + 1))).flat()
}
