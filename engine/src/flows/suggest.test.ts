import { readFile } from 'node:fs/promises'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { CALLER, storeWorld } from '../../test/store-world.ts'
import { filterFromJson } from '../domain/filter.ts'
import type { World } from '../ports/world.ts'
import { textBuilder } from '../steps/extract/builder.ts'
import { ask } from './ask.ts'
import { suggest } from './suggest.ts'

const never = new AbortController().signal

/** Paragraphs that begin with # are headings. */
const extractor: World['extractor'] = {
  async extract({ path }) {
    const out = textBuilder(1_000_000)
    for (const part of (await readFile(path, 'utf8')).split('\n\n')) part.startsWith('# ') ? out.heading(1, part.slice(2)) : out.add('paragraph', part)
    return { kind: 'text', extracted: out.finish('text/plain') }
  },
  async close() {
    // nothing is held
  },
}

const HANDBOOK = `# Introduction

This handbook is for everybody who works here, and it was written by many people over the years.

# Parental leave

Parental leave lasts twelve months and is requested from the team lead at least eight weeks before it begins.

# How many days of leave do I have?

Everybody has thirty days of leave a year, and those who work part time have fewer of them.

# Request a laptop

A new laptop is requested in the portal, and the team lead approves it within three days.`
const CANTEEN = `# Opening hours of the canteen

The canteen opens at noon on every day of the week and closes at three in the afternoon.`
const GERMAN = `# Reisekosten

Die Reisekosten werden innerhalb von vier Wochen nach der Reise im Portal eingereicht und von der Abteilung erstattet.

# Wer genehmigt eine Dienstreise?

Eine Dienstreise genehmigt die Leitung der Abteilung, bevor sie gebucht wird und Kosten entstehen.`

let it: ReturnType<typeof storeWorld>
beforeEach(() => {
  it = storeWorld({ extractor })
})
afterEach(() => it.close())

async function filled(name: string, files: Readonly<Record<string, string>>): Promise<string> {
  const { id } = await it.make(name)
  for (const [file, text] of Object.entries(files)) await it.upload(id, file, text, { team: file.replace(/\.\w+$/, '') })
  await it.runAll()
  return id
}
const places = (databaseId: string, caller = CALLER) => [{ caller, databaseId }]

test('they come from headings of all documents, and each one is answered', async () => {
  const id = await filled('handbook', { 'handbook.txt': HANDBOOK, 'canteen.txt': CANTEEN, 'reisen.txt': GERMAN })
  const questions = await suggest(it.world, places(id), 12)
  expect([...questions].sort()).toEqual([
    'How do I request a laptop?',
    'How many days of leave do I have?',
    'Wer genehmigt eine Dienstreise?',
    'What does “canteen” say about opening hours of the canteen?',
    'What does “handbook” say about parental leave?',
  ])
  // In turn: the first ones are of different documents.
  expect(new Set(questions.slice(0, 3).map((question) => ['handbook', 'canteen', 'Dienstreise'].findIndex((word) => question.includes(word)))).size).toBe(3)
  for (const question of questions) {
    const events = []
    for await (const event of ask(it.world, CALLER, id, { question, n: 8 }, never)) events.push(event)
    expect(events.at(-1), question).toMatchObject({ type: 'answer-end', answered: true })
  }
  expect(await suggest(it.world, places(id), 2)).toEqual(questions.slice(0, 2))
})

test('an empty database gives none, and so do documents that are about nothing', async () => {
  expect(await suggest(it.world, places(await filled('empty', {})), 4)).toEqual([])
  expect(await suggest(it.world, places(await filled('vain', { 'a.txt': '1 | 2 | 3', 'b.txt': '- - -' })), 4)).toEqual([])
})

test('what a filter leaves out takes no part, and what is remembered for one caller is not told to another', async () => {
  const id = await filled('handbook', { 'handbook.txt': HANDBOOK, 'canteen.txt': CANTEEN })
  const bound = { ...CALLER, filter: filterFromJson({ team: 'canteen' }) }
  const [all, some, again] = [await suggest(it.world, places(id), 12), await suggest(it.world, places(id, bound), 12), await suggest(it.world, places(id), 12)]
  expect(some).toEqual(['What does “canteen” say about opening hours of the canteen?'])
  expect(all.length).toBeGreaterThan(3)
  expect(again).toEqual(all)
})

test('they are made once, whoever asks at the same time, and anew when the documents change or it failed', async () => {
  const id = await filled('handbook', { 'canteen.txt': CANTEEN })
  const searched = vi.spyOn(it.world.chunks, 'searchLexical')
  searched.mockRejectedValueOnce(new Error('a disk that fails'))
  await expect(suggest(it.world, places(id), 4)).rejects.toThrow('a disk that fails')
  const before = searched.mock.calls.length
  const both = await Promise.all([suggest(it.world, places(id), 4), suggest(it.world, places(id), 4)])
  expect(both[0]).toHaveLength(1)
  expect(both[1]).toEqual(both[0])
  const once = searched.mock.calls.length
  expect(once).toBe(before + 1)
  await suggest(it.world, places(id), 4)
  expect(searched.mock.calls.length).toBe(once)
  await it.upload(id, 'handbook.txt', HANDBOOK)
  await it.runAll()
  expect((await suggest(it.world, places(id), 12)).length).toBeGreaterThan(3)
})

test('the work is bounded, however many documents there are', async () => {
  const files = Object.fromEntries(
    Array.from({ length: 20 }, (_, index) => [`d${index}.txt`, `# Topic of page ${index}\n\nNothing here answers, it only ${index} goes on.`]),
  )
  const id = await filled('large', files)
  const [searched, listed] = [vi.spyOn(it.world.chunks, 'searchLexical'), vi.spyOn(it.world.chunks, 'list')]
  await suggest(it.world, places(id), 4)
  expect(searched.mock.calls.length).toBeLessThanOrEqual(24)
  expect(listed.mock.calls.length).toBeLessThanOrEqual(12)
})

test('of several databases they come in turn', async () => {
  const [one, two] = [await filled('one', { 'handbook.txt': HANDBOOK }), await filled('two', { 'canteen.txt': CANTEEN })]
  const questions = await suggest(it.world, [...places(one), ...places(two)], 2)
  expect(questions.filter((question) => question.includes('canteen'))).toHaveLength(1)
  expect(questions).toHaveLength(2)
})

test('what was hidden from a key by its labels, or is gone, is not told from memory', async () => {
  const id = await filled('handbook', { 'handbook.txt': HANDBOOK, 'canteen.txt': CANTEEN })
  const bound = { ...CALLER, filter: filterFromJson({ team: 'canteen' }) }
  expect(await suggest(it.world, places(id, bound), 12)).toHaveLength(1)
  const { items } = await it.world.catalog.documents('o', id, { limit: 9 })
  const canteen = items.find(({ name }) => name === 'canteen.txt')?.id ?? ''
  await it.world.catalog.setMetadata('o', id, canteen, { team: 'kitchen' })
  expect(await suggest(it.world, places(id, bound), 12)).toEqual([])
  const said = async (word: string) => (await suggest(it.world, places(id), 12)).some((question) => question.includes(word))
  expect([await said('canteen'), await said('laptop')]).toEqual([true, true])
  await it.upload(id, 'handbook.txt', 'Nothing.') // while something comes in, what was made before serves
  await it.world.catalog.removeDocument('o', id, canteen)
  expect([await said('canteen'), await said('laptop')]).toEqual([false, false])
})

test('while documents come in the questions of before serve for a minute', async () => {
  const id = await filled('handbook', { 'canteen.txt': CANTEEN })
  const before = await suggest(it.world, places(id), 12)
  await it.upload(id, 'handbook.txt', HANDBOOK)
  await it.upload(id, 'reisen.txt', GERMAN)
  const job = await it.claim()
  if (job !== undefined) await it.run(job)
  const searched = vi.spyOn(it.world.chunks, 'searchLexical')
  expect(await suggest(it.world, places(id), 12)).toEqual(before)
  expect(searched).not.toHaveBeenCalled()
  it.clock.now += 60_000
  expect((await suggest(it.world, places(id), 12)).length).toBeGreaterThan(before.length)
})

test('of a place there is one run at a time, also when its size changes meanwhile', async () => {
  const id = await filled('handbook', { 'canteen.txt': CANTEEN })
  const { list } = it.world.chunks
  const [reached, open] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const listed = vi.spyOn(it.world.chunks, 'list').mockImplementationOnce(async (...parameters) => {
    reached.resolve()
    await open.promise
    return list(...parameters)
  })
  const first = suggest(it.world, places(id), 12)
  await reached.promise
  await it.upload(id, 'handbook.txt', HANDBOOK)
  await it.runAll()
  const calls = listed.mock.calls.length
  const summed = vi.spyOn(it.world.catalog, 'summary')
  const second = suggest(it.world, places(id), 12)
  await vi.waitFor(() => expect(summed).toHaveBeenCalled())
  await summed.mock.results[0]?.value
  open.resolve()
  expect(await second).toEqual(await first)
  expect(listed.mock.calls.length).toBe(calls)
})
