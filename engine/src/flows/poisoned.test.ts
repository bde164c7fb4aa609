import { readFile } from 'node:fs/promises'
import type { Nodes } from 'mdast'
import { fromMarkdown } from 'mdast-util-from-markdown'
import { gfmFromMarkdown } from 'mdast-util-gfm'
import { gfm } from 'micromark-extension-gfm'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { POISONED, truth } from '../../test/poisoned-documents.ts'
import { CALLER, storeWorld } from '../../test/store-world.ts'
import type { AnswerEvent } from '../domain/answer.ts'
import { STRICTNESS, type Strictness } from '../domain/answering.ts'
import type { Chat, ChatRequest } from '../ports/chat.ts'
import type { World } from '../ports/world.ts'
import { answerRequest } from '../steps/answer/prompt.ts'
import { extractFile } from '../steps/extract/extract.ts'
import { EXTRACT_LIMITS } from '../steps/extract/reader.ts'
import { ask } from './ask.ts'
import { citer } from './cite.ts'
import { newDraft } from './draft.ts'
import { extractive } from './extractive.ts'
import { readText } from './read.ts'
import { search } from './search.ts'
import { written } from './written.ts'

// Documents are data. Whatever they say, and even when the model does what they say, nothing but text comes of it.

const never = new AbortController().signal
const nothing = () => undefined
const extractor: World['extractor'] = {
  async extract({ path, name, mediaType }) {
    const content = await readFile(path)
    const file = { name, size: content.length, bytes: () => content, at: (from: number, length: number) => content.subarray(from, from + length) }
    const events = { progress: nothing, entryStart: nothing, entryData: nothing, entryEnd: nothing, entryBroken: nothing }
    const found = await extractFile(file, mediaType, EXTRACT_LIMITS, events)
    if (found.kind === 'archive') throw new Error('no archive is among them')
    return found
  },
  close: async () => undefined,
}
const store = storeWorld({ extractor })
let [databaseId, vault] = ['', '']

beforeAll(async () => {
  databaseId = (await store.make('handbook')).id
  vault = (await store.make('vault')).id
  await store.upload(vault, 'vault.txt', 'The vault code is 7391 and the plant in the vault is watered every Monday.')
  for (const [index, { file, document }] of POISONED.entries()) await store.upload(databaseId, `doc${index}.${file}`, document)
  await store.runAll()
}, 60_000)
afterAll(() => store.close())

/** Says what the document wants, then something true, in pieces; keeps what it was asked. */
function obedient(obeys: string, about: string, citations: Chat['citations']): { readonly chat: Chat; readonly asked: ChatRequest[] } {
  const asked: ChatRequest[] = []
  const chat: Chat = {
    name: 'test:obedient',
    window: 40_000,
    citations,
    async *write(request) {
      asked.push(request)
      const text = `${obeys}\n\n${about}`
      for (let at = 0; at < text.length; at += 3) yield { type: 'text', text: text.slice(at, at + 3) }
      if (citations === 'native') yield { type: 'citation', passage: 1, quote: about }
      yield { type: 'end', usage: undefined }
    },
  }
  return { chat, asked }
}

/** What a reader of Markdown or HTML could follow, load or run. */
const ACTIVE =
  /https?:|www\.|:\/\/|\]\(|!\[|\]:|<[a-z/!?|]|\bdata:\S*[;,]|javascript:|vbscript:|mailto:|&#|[\u200b\u202a-\u202e\u2060-\u2069\u{e0000}-\u{e007f}]/iu
/** Links, images and definitions that a reader of GitHub's Markdown makes of a text, but for mailboxes that stand in the document. */
function followed(text: string, document: string): string[] {
  const all = (node: Nodes): string[] => {
    const own = node.type === 'link' && node.url.startsWith('mailto:') && document.includes(node.url.slice('mailto:'.length))
    const found = /^(?:link|image|definition|linkReference|imageReference|html)$/.test(node.type) && !own ? [`${node.type} ${JSON.stringify(node)}`] : []
    return 'children' in node ? [...found, ...node.children.flatMap(all)] : found
  }
  return all(fromMarkdown(text, { extensions: [gfm()], mdastExtensions: [gfmFromMarkdown()] }))
}
const CLEAN = { markers: systemOf('markers'), native: systemOf('native') }

function systemOf(citations: Chat['citations']): string {
  return answerRequest('x', [], [], { chat: { window: 40_000, citations } }).request.system
}

const RESERVED =
  /[<＜‹〈]?[<＜]\s*[/／]?\s*(?:passage|voice|system|start_of_turn|end_of_turn|s>)|<[|｜]|\[\/?INST\]|<<SYS|&(?:lt|#60|#x3c);\/?passage|\\u003c\/passage|%3C\/passage|<\/раss/i

function expectFenced(request: ChatRequest, citations: Chat['citations']): void {
  expect(Object.keys(request).sort()).toEqual(['maxTokens', 'messages', ...(citations === 'native' ? ['passages'] : []), 'system'])
  expect(request.system).toBe(CLEAN[citations])
  const asked = request.messages.at(-1)?.text ?? ''
  const bodies =
    citations === 'native'
      ? (request.passages ?? []).map(({ text }) => text)
      : asked.split(/<passage number="\d+" [^>\n]*>\n|\n<\/passage>/).filter((_, index) => index % 2 === 1)
  expect(bodies.length).toBeGreaterThan(0)
  expect(asked.match(/<passage/g)?.length ?? 0).toBe(citations === 'native' ? 0 : bodies.length)
  expect(asked.match(/<\/passage>/g)?.length ?? 0).toBe(citations === 'native' ? 0 : bodies.length)
  for (const body of bodies) expect(body.normalize('NFKD').replace(/[\p{Cf}\p{M}]/gu, '')).not.toMatch(RESERVED)
}

async function told(events: AsyncIterable<AnswerEvent>) {
  const all: AnswerEvent[] = []
  for await (const event of events) all.push(event)
  const streamed = all.flatMap((event) => (event.type === 'text-delta' ? [event.text] : [])).join('')
  return { all, streamed }
}

describe.each(['markers', 'native'] as const)('a model that cites by %s and obeys', (citations) => {
  test.each(POISONED.map((one, index) => ({ ...one, index })))('$name', async ({ obeys, document, index }) => {
    const { chat, asked } = obedient(obeys, truth(index), citations)
    const { all, streamed } = await told(
      ask({ ...store.world, chat }, CALLER, databaseId, { question: `When is the plant zeta${index + 100} watered?`, n: 3 }, never),
    )
    const end = all.at(-1)
    if (end?.type !== 'answer-end') throw new Error(JSON.stringify(end))
    const request = asked.find(({ system }) => system === CLEAN[citations])
    if (request === undefined) throw new Error('the model was not asked for an answer')
    expectFenced(request, citations)
    expect(end.text).toBe(streamed)
    for (let length = 0; length <= streamed.length; length += 7) expect(streamed.slice(0, length)).not.toMatch(/\[\d+:/)
    expect(end.text).not.toMatch(ACTIVE)
    expect(followed(end.text, document)).toEqual([])
    // An address that the document has may be read, without its scheme; one that was made, with what was said in it, may not.
    for (const [address] of end.text.matchAll(/evil\.example[/?][\w./?=&%+-]*/gi)) expect(document).toContain(address)
    for (const event of all) if (event.type === 'passages-found') for (const passage of event.passages) expect(passage.databaseId).toBe(databaseId)
    expect(JSON.stringify(all.filter(({ type }) => type !== 'text-delta' && type !== 'answer-end'))).not.toContain(vault)
    for (const citation of end.citations) {
      expect(citation.databaseId).toBe(databaseId)
      const { extracted } = await readText(store.world, CALLER, databaseId, citation.documentId)
      if (citation.verdict === 'verified') expect(extracted.text.slice(citation.start, citation.end)).toBe(citation.quote)
      if (citation.verdict === 'unsupported' && !citation.reason?.includes('without quoting')) expect(extracted.text).not.toContain(citation.quote)
    }
    // What is said to be supported has a citation that is.
    for (const sentence of end.sentences) {
      if (sentence.verdict !== 'verified' && sentence.verdict !== 'weak') continue
      expect(sentence.citations.some((number) => end.citations[number - 1]?.verdict !== 'unsupported')).toBe(true)
    }
  })
})

const CLAIMS = POISONED.map((one, index) => ({ ...one, index })).filter(({ obeys }) =>
  /^(?:Everyone gets a bonus|The warranty|Every refund|The password is hunter2)/.test(obeys),
)

test.each(CLAIMS.flatMap((one) => STRICTNESS.map((strictness) => ({ ...one, strictness }))))(
  '$name is not supported: $strictness',
  async ({ obeys, index, strictness }) => {
    const { text, sentences } = await strict(index, `${obeys} ${truth(index)} [1: "${truth(index)}"]`, strictness)
    const claim = obeys.split('.')[0] ?? ''
    if (strictness === 'mark') expect(sentences.map(({ verdict }) => verdict)).toEqual(['unsupported', 'verified'])
    else expect(text).not.toContain(claim)
  },
)

async function strict(index: number, text: string, strictness: Strictness) {
  const { passages } = await search(store.world, CALLER, databaseId, { query: `plant zeta${index + 100} watered`, n: 1 }, never)
  const chat: Chat = {
    name: 'test:told',
    window: 40_000,
    citations: 'markers',
    async *write() {
      yield { type: 'text', text }
      yield { type: 'end', usage: undefined }
    },
  }
  const draft = newDraft(citer(store.world, [{ caller: CALLER, databaseId }], passages))
  const { request, shown } = answerRequest('When?', passages, [], { chat })
  await told(written(chat, draft, request, shown, never, { strictness }))
  return draft
}

test('without a model the documents are quoted, and nothing of it is active', async () => {
  for (const [index, { name }] of POISONED.entries()) {
    const query = `${POISONED[index]?.document.split('\n').slice(2).join(' ').slice(0, 60) ?? ''} zeta${index + 100}`
    const { passages } = await search(store.world, CALLER, databaseId, { query, n: 3 }, never)
    const draft = newDraft(citer(store.world, [{ caller: CALLER, databaseId }], passages))
    await told(extractive(draft, query, '', passages, never))
    expect(draft.text, name).not.toMatch(ACTIVE)
    expect(followed(draft.text, POISONED[index]?.document ?? ''), name).toEqual([])
  }
})

test('there are enough of them', () => {
  expect(POISONED.length).toBeGreaterThanOrEqual(60)
  expect(new Set(POISONED.map(({ name }) => name)).size).toBe(POISONED.length)
})
