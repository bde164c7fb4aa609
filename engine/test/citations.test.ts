import { createReadStream, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Citation } from '../src/domain/answer.ts'
import type { ExtractedText } from '../src/domain/block.ts'
import { accountCaller } from '../src/domain/caller.ts'
import { ask } from '../src/flows/ask.ts'
import { readText } from '../src/flows/read.ts'
import { createDatabase, uploadFile } from '../src/flows/upload.ts'
import { logTo } from '../src/server/log.ts'
import { startWorkerLoop } from '../src/server/worker-loop.ts'
import { readSettings } from '../src/settings.ts'
import { type OpenWorld, OWNER_ID, openData, openWorld } from '../src/wire.ts'

// Every citation that is shown as verified points at text that is really there: document, page, character range.

const SET = resolve(import.meta.dirname, '../../../shared/eval/kgrag-sec10q')
const present = existsSync(SET)
if (!present) console.log('skipped: ../shared/eval/kgrag-sec10q is absent, so citations over real reports are not checked')

const folder = mkdtempSync(join(tmpdir(), 'quarry-citations-'))
const signal = new AbortController().signal
const caller = accountCaller(OWNER_ID, 'owner')
let world: OpenWorld
let close: () => Promise<void> = async () => undefined
let databaseId = ''

beforeAll(async () => {
  if (!present) return
  const { settings } = readSettings({ QUARRY_DATA: folder, LOG_LEVEL: 'error', EXTRACT_OCR: 'off' })
  const log = logTo('error')
  const data = await openData(settings)
  world = await openWorld(settings, 'worker', { log })
  const worker = startWorkerLoop(world, { concurrency: 2 })
  close = async () => {
    await worker.close()
    await world.close()
    data.release()
  }
  const { database } = await createDatabase(world, caller, { name: 'reports' }, signal)
  databaseId = database.id
  for (const name of readdirSync(join(SET, 'docs'))) {
    const content = createReadStream(join(SET, 'docs', name))
    await uploadFile(world, caller, databaseId, { name, mediaType: 'application/pdf', metadata: {}, content, maxBytes: 1e9 }, signal)
  }
  worker.wake()
  while ((await world.catalog.summary(databaseId)).documents.ready < 20) await sleep(250) // beforeAll's own limit ends this
}, 420_000)

afterAll(async () => {
  await close()
  rmSync(folder, { recursive: true, force: true })
})

test.skipIf(!present)('what is shown as verified stands in the document, on that page, at those characters', { timeout: 400_000 }, async () => {
  const questions = readFileSync(join(SET, 'questions.jsonl'), 'utf8').trim().split('\n')
  const texts = new Map<string, ExtractedText>()
  let answered = 0
  let verified = 0
  for (const line of questions) {
    const { question } = JSON.parse(line) as { question: string }
    const citations = await citationsOf(question)
    if (citations.length > 0) answered += 1
    for (const citation of citations.filter((one) => one.verdict === 'verified')) {
      verified += 1
      const known = texts.get(citation.documentId) ?? (await readText(world, caller, databaseId, citation.documentId)).extracted
      texts.set(citation.documentId, known)
      expect(known.text.slice(citation.start, citation.end), question).toBe(citation.quote)
      const page = known.pages.find(({ start, end }) => start <= citation.start && citation.start < end)
      expect(citation.page, question).toBe(page?.number)
    }
  }
  console.log(`citations: ${questions.length} questions, ${answered} answered, ${verified} verified citations, each at its place`)
  expect(verified).toBeGreaterThan(10)
})

async function citationsOf(question: string): Promise<readonly Citation[]> {
  for await (const event of ask(world, caller, databaseId, { question, n: 8 }, signal)) {
    if (event.type === 'answer-end') return event.citations
    if (event.type === 'answer-error') throw new Error(`${question}: ${event.error.message}`)
  }
  throw new Error(`${question}: the answer has no end`)
}
