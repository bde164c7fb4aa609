import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { IndexedChunk } from '../src/domain/chunk.ts'
import { DEFAULT_WEIGHTS, NO_EMBEDDER } from '../src/domain/database.ts'
import type { VersionRef } from '../src/ports/chunks.ts'
import { readSettings } from '../src/settings.ts'
import { ANALYZER, chunkTerms } from '../src/steps/analyze/analyze.ts'
import { type OpenWorld, OWNER_ID, openData, openWorld } from '../src/wire.ts'
import { residentMiB, type ServerProcess, startServer } from './http-server.ts'
import { DIMENSIONS, speedData } from './speed-data.ts'

const [CHUNKS, PER_DOCUMENT, BATCH] = [100_000, 100, 128]
const [QUERIES, WARM_UP] = [1_000, 100]
const SMALL_DATABASES = 2_000
/** A vocabulary in which a word's frequency falls with its rank, as in language; about 120 tokens a chunk. */
const [WORDS, WORDS_PER_CHUNK] = [30_000, 90]
const MODEL = 'openai:bench'

/** The server as a process, asked by one client over HTTP with every query different from all others. */
export async function run(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'quarry-http-'))
  const data = speedData(CHUNKS, QUERIES + WARM_UP)
  const text = textSource()
  const questions = data.queries.map((vector, index) => ({ text: `${text.words(4)} q${index}`, vector }))
  const vectors = new Map(questions.map((question) => [question.text, question.vector]))
  const model = await embeddingServer(vectors)
  const rows: string[][] = []
  const row = (what: string, figure: string, budget: string) => {
    rows.push([what, figure, budget])
    console.error(`${what}: ${figure}`)
  }
  let server: ServerProcess | undefined
  try {
    await loaded(folder, async (world) => {
      const large = await newDatabase(world, 'large', MODEL)
      const words = await newDatabase(world, 'words', NO_EMBEDDER)
      const all = Array.from({ length: CHUNKS / PER_DOCUMENT }, (_, at) =>
        chunksOf(`doc_${at}`, PER_DOCUMENT, text, (ordinal) => data.vectors[at * PER_DOCUMENT + ordinal]),
      )
      row('Ingestion: store and lexical index, no embedder', await rate(() => load(world, words, all, false)), '>= 5,000')
      row('Ingestion: the same with vectors', await rate(() => load(world, large, all, true)), '')
      for (let index = 0; index < SMALL_DATABASES; index++) {
        await load(world, await newDatabase(world, `small-${index}`, NO_EMBEDDER), [chunksOf(`doc_small_${index}`, 2, text, () => undefined)], false)
      }
    })
    server = await startServer(folder, model.address)
    const { ask, pid } = server
    const openedLarge = await timed(() => ask('large', 'first question of all'))
    row('First query of all, 100,000 chunks, hybrid (thread starts, file opens)', ms(openedLarge), '')
    row('Cold open: first query of a small database', ms(await timed(() => ask('small-0', text.words(3)))), '<= 50 ms')
    row('Cold open: first query of 100,000 chunks, lexical', ms(await timed(() => ask('words', text.words(3)))), '<= 50 ms')
    for (const { text: question } of questions.slice(0, WARM_UP)) await ask('large', question)
    const hybrid: number[] = []
    const lexical: number[] = []
    for (const { text: question } of questions.slice(WARM_UP)) hybrid.push(await timed(() => ask('large', question)))
    for (const { text: question } of questions.slice(WARM_UP)) lexical.push(await timed(() => ask('words', question)))
    row('Hybrid query, 100,000 chunks', quantiles(hybrid), 'p50 <= 5 ms, p99 <= 25 ms')
    row('Lexical query, 100,000 chunks', quantiles(lexical), '')
    row('Memory of the server with both in use', `${residentMiB(pid)} MiB`, '')
    row(
      'Hybrid query while documents are ingested',
      await whileIngesting(
        server,
        questions.slice(WARM_UP).map((one) => one.text),
        text,
      ),
      'p99 <= 50 ms',
    )
    const before = residentMiB(pid)
    const round: number[] = []
    for (let index = 0; index < SMALL_DATABASES; index++) round.push(await timed(() => ask(`small-${index}`, 'some words')))
    row(`${SMALL_DATABASES} small databases, one query each`, quantiles(round), '')
    row('Memory before and after them', `${before} MiB, ${residentMiB(pid)} MiB`, 'bounded')
  } finally {
    await server?.stop()
    await model.close()
    rmSync(folder, { recursive: true, force: true })
  }
  return `| what | measured | budget |\n|---|---|---|\n${rows.map((cells) => `| ${cells.join(' | ')} |`).join('\n')}\n`
}

/** New documents come in one after another, and queries too, until both have been at it for all queries. */
async function whileIngesting({ ask, upload, noneFailed }: ServerProcess, questions: readonly string[], text: TextSource): Promise<string> {
  let [over, uploaded] = [false, 0]
  const uploading = (async () => {
    while (!over) {
      const content = Array.from({ length: 100 }, () => text.words(WORDS_PER_CHUNK)).join('.\n\n')
      await upload('words', `new-${uploaded}.txt`, content)
      uploaded += 1
    }
  })()
  const times: number[] = []
  for (const question of questions) times.push(await timed(() => ask('large', question)))
  over = true
  await uploading
  await noneFailed('words')
  return `${quantiles(times)}, ${uploaded} documents of 9,000 words taken in`
}

async function loaded(folder: string, work: (world: OpenWorld) => Promise<void>): Promise<void> {
  const { settings } = readSettings({ QUARRY_DATA: folder })
  const owned = await openData(settings)
  const world = await openWorld(settings, 'worker', { log: { info: () => undefined, warn: console.error, error: console.error } })
  try {
    await work(world)
  } finally {
    await world.close()
    await owned.release()
  }
}

export async function newDatabase(world: OpenWorld, name: string, embedder: string): Promise<VersionRef> {
  const settings = { embedder, dimensions: embedder === NO_EMBEDDER ? 0 : DIMENSIONS, chunkSize: 512, chunkOverlap: 64, analyzer: ANALYZER }
  const { database, version } = await world.catalog.createDatabase({ ownerId: OWNER_ID, name, description: undefined, weights: DEFAULT_WEIGHTS, settings })
  const ref = { databaseId: database.id, versionId: version.id, settings }
  await world.chunks.create(ref)
  return ref
}

export function chunksOf(documentId: string, count: number, source: TextSource, vector: (ordinal: number) => Float32Array | undefined): IndexedChunk[] {
  return Array.from({ length: count }, (_, ordinal) => {
    const text = source.words(WORDS_PER_CHUNK)
    const draft = { ordinal, text, start: 0, end: text.length, headingPath: [], pages: undefined, tokens: 120, context: undefined }
    const hash = createHash('sha256').update(text).digest('hex')
    return { ...draft, id: `${documentId}.1.${ordinal}`, documentId, revision: 1, hash, terms: chunkTerms('', draft), vector: vector(ordinal) }
  })
}

/** On a machine that others use too, processor time tells more than the clock. */
async function rate(work: () => Promise<void>): Promise<string> {
  const before = process.cpuUsage()
  const took = await timed(work)
  const { user, system } = process.cpuUsage(before)
  return `${perSecond(CHUNKS, took)} chunks/s, ${perSecond(CHUNKS, (user + system) / 1000)} per second of processor time`
}

export async function load(world: OpenWorld, ref: VersionRef, documents: readonly (readonly IndexedChunk[])[], withVectors: boolean): Promise<void> {
  for (const chunks of documents) {
    const documentId = chunks[0]?.documentId ?? ''
    const kept = withVectors ? chunks : chunks.map((chunk) => ({ ...chunk, vector: undefined }))
    for (let at = 0; at < kept.length; at += BATCH) await world.chunks.stage(ref, kept.slice(at, at + BATCH))
    const fields = { documentId, externalId: documentId, name: documentId, title: undefined, mediaType: 'text/plain' }
    await world.chunks.publish(ref, { ...fields, createdAt: 0, updatedAt: 0, metadata: {} }, 1, kept.length)
  }
}

export interface TextSource {
  words(count: number): string
}

export function textSource(): TextSource {
  let state = 7
  const uniform = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return (state + 0.5) / 2 ** 32
  }
  const syllable = () => `${'bdfgklmnprst'.charAt(Math.floor(uniform() * 12))}${'aeiou'.charAt(Math.floor(uniform() * 5))}`
  const vocabulary = Array.from({ length: WORDS }, () => syllable() + syllable() + syllable() + (uniform() < 0.5 ? syllable() : ''))
  return { words: (count) => Array.from({ length: count }, () => vocabulary[Math.floor(WORDS ** uniform()) - 1]).join(' ') }
}

/** Speaks as much of the OpenAI protocol as embedding needs; texts that it does not know get the first vector. */
async function embeddingServer(vectors: ReadonlyMap<string, Float32Array>) {
  const [unknown] = vectors.values()
  const http = createServer(async (request, response) => {
    const pieces: Buffer[] = []
    for await (const piece of request) pieces.push(piece as Buffer)
    const { input, encoding_format: format } = JSON.parse(Buffer.concat(pieces).toString()) as { input: string | string[]; encoding_format?: string }
    const data = [input].flat().map((text, index) => {
      const vector = vectors.get(text) ?? (unknown as Float32Array)
      return { object: 'embedding', index, embedding: format === 'base64' ? Buffer.from(vector.buffer).toString('base64') : [...vector] }
    })
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ object: 'list', model: 'bench', data, usage: { prompt_tokens: 1, total_tokens: 1 } }))
  })
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  return {
    address: `http://127.0.0.1:${(http.address() as AddressInfo).port}/v1`,
    async close() {
      http.closeAllConnections()
      await new Promise((resolve) => http.close(resolve))
    },
  }
}

export async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now()
  await work()
  return performance.now() - began
}

export function quantiles(times: readonly number[]): string {
  const sorted = times.toSorted((a, b) => a - b)
  const at = (share: number) => ms(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0)
  return `p50 ${at(0.5)}, p99 ${at(0.99)}`
}

export function ms(milliseconds: number): string {
  return `${milliseconds.toFixed(milliseconds < 10 ? 1 : 0)} ms`
}

function perSecond(count: number, milliseconds: number): string {
  return Math.round((count / milliseconds) * 1000).toLocaleString('en')
}
