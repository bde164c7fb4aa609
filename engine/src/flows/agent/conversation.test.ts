import { afterAll, beforeAll, expect, test } from 'vitest'
import { CALLER, storeWorld } from '../../../test/store-world.ts'
import { accountCaller, type Caller } from '../../domain/caller.ts'
import type { PlacedMessage } from '../../domain/conversation.ts'
import type { World } from '../../ports/world.ts'
import { ask } from '../ask.ts'
import { converse, type Talk } from '../converse.ts'
import { type ScriptedChat, scriptedChat } from './scripted.fixture.ts'

const never = new AbortController().signal

let store: ReturnType<typeof storeWorld>
let databaseId: string
let ann: Caller
beforeAll(async () => {
  store = storeWorld()
  const person = { email: 'ann@example.com', name: undefined, role: 'member', passwordHash: undefined, provider: undefined } as const
  ann = accountCaller((await store.world.accounts.createAccount(person)).id, 'member')
  databaseId = (await store.make('handbook')).id
  for (let index = 0; index < 12; index += 1) {
    await store.upload(databaseId, `${index}.txt`, `Rule ${index}: the topic${index} of employees is handled by office${index} within ${index + 2} days.`)
  }
  await store.runAll()
})
afterAll(() => store.close())

const holder = () => ({ accountId: ann.accountId })
async function turn(world: World, question: string, conversation: string, parent?: string) {
  const talk: Talk = {
    ...{ holder: holder(), conversation, parent, databaseIds: [databaseId], publicationId: undefined },
    ...{ goesOn: async () => undefined, deleteAt: () => undefined },
  }
  const events = []
  const answer = (...[history, place]: Parameters<Parameters<typeof converse>[3]>) =>
    ask(world, CALLER, databaseId, { question, n: 4, history, turn: place }, never)
  for await (const event of converse(world, talk, question, answer, never)) events.push(event)
  const end = events.at(-1)
  if (end?.event.type !== 'answer-end' || end.stored === undefined) throw new Error('no answer')
  const text = events.flatMap(({ event }) => (event.type === 'text-delta' ? [event.text] : [])).join('')
  const found = events.flatMap(({ event }) => (event.type === 'passages-found' ? event.passages : []))
  return { id: end.conversationId, end: end.event, stored: end.stored, text, found }
}
const messagesOf = (id: string, place = {}) => store.world.conversations.messages(holder(), id, place)

/** A small model: what is said fills its window after a few turns. */
function smallModel(): ScriptedChat {
  let minutes = 0
  return scriptedChat(
    (purpose, { messages }) => {
      if (purpose === 'summary') {
        minutes += 1
        return `Minutes ${minutes}: ${(messages[0]?.text.match(/topic\d+/g) ?? []).join(' ')}`
      }
      if (purpose === 'condense') return '{"question": "By which office is topic3 of employees handled?"}'
      return purpose === 'talk' ? 'You asked about topics.' : undefined
    },
    { window: 4000 },
  )
}

function checkStored(message: PlacedMessage | undefined, { end, text }: Awaited<ReturnType<typeof turn>>): void {
  expect(message).toMatchObject({ text, answered: end.answered, writer: end.writer, traceId: end.traceId, usage: end.usage })
  expect(message?.cost).toBe(end.cost)
  expect(JSON.stringify([message?.citations, message?.sentences])).toBe(JSON.stringify([end.citations, end.sentences]))
}

test('ten turns: what is stored is what was streamed, and older turns are told in short, in their own branch alone', async () => {
  const chat = smallModel()
  const world = { ...store.world, chat }
  let id = 'new'
  const turns: Awaited<ReturnType<typeof turn>>[] = []
  for (let index = 0; index < 10; index += 1) {
    const said = index === 5 ? 'And who handles it?' : `How is the topic${index} of employees handled? ${'It matters a lot to all of us here. '.repeat(12)}`
    const made = await turn(world, said, id)
    id = made.id
    turns.push(made)
  }
  const last = await turn(world, 'Please summarise our conversation', id)
  const messages = await messagesOf(id)
  expect(messages).toHaveLength(22)
  for (const [index, made] of [...turns, last].entries()) checkStored(messages[index * 2 + 1], made)

  const asked = chat.asked.map(({ purpose }) => purpose)
  const summaries = asked.filter((purpose) => purpose === 'summary').length
  expect(summaries).toBeGreaterThan(0)
  expect(summaries).toBeLessThanOrEqual(4)
  expect([asked.filter((purpose) => purpose === 'condense').length, asked.filter((purpose) => purpose === 'talk').length]).toEqual([1, 1])
  const told = messages.flatMap(({ summary }, index) => (summary === undefined ? [] : [{ index, summary }]))
  expect(told).toHaveLength(summaries)
  // Each is made of the one before it and of what came since, and reaches to the answer that it stands with.
  for (const { index, summary } of told) {
    expect(messages[index]?.role).toBe('assistant')
    expect(summary).not.toContain(`topic${(index + 1) / 2}`)
  }
  const summary = told.at(-1)?.summary ?? 'none'
  expect(chat.asked.at(-1)?.request.messages[0]?.text).toContain(summary)
  const wrote = chat.asked.findLast(({ purpose }) => purpose === 'write')?.request.messages.map(({ text }) => text) ?? []
  expect(wrote[0]).toContain(told.findLast(({ index }) => index < 18)?.summary ?? 'none')
  for (const { request } of chat.asked) {
    const characters = [request.system, ...request.messages.map(({ text }) => text)].join('').length
    expect(characters / 3.5).toBeLessThan(chat.window)
  }

  // Another branch from the second answer on knows nothing of what was told of this one.
  const other = smallModel()
  const branched = await turn({ ...store.world, chat: other }, 'How is the topic9 of employees handled?', id, turns[1]?.stored.answerId)
  const prompt = JSON.stringify(other.asked.map(({ request }) => request.messages.slice(0, -1)))
  expect(prompt).toContain('topic1')
  expect(prompt).not.toMatch(/Minutes|topic[2-9]/)
  checkStored((await messagesOf(id)).at(-1), branched)
})

test('without a model the questions are listed, and nothing is kept', async () => {
  let id = 'new'
  for (let index = 0; index < 10; index += 1) {
    const made = await turn(store.world, `How is the topic${index} of employees handled? ${'It matters a lot. '.repeat(40)}`, id)
    id = made.id
    expect(made.end.writer).toBe('extractive')
  }
  const said = await turn(store.world, 'Please summarise our conversation', id)
  expect(said.text.split('\n').filter((line) => line.startsWith('- '))).toHaveLength(10)
  expect((await messagesOf(id)).map(({ summary }) => summary).filter((summary) => summary !== undefined)).toEqual([])
})

test('a follow-up of a follow-up is searched with the question that both go on from', async () => {
  const first = await turn(store.world, 'How is the topic3 of employees handled?', 'new')
  const second = await turn(store.world, 'By whom?', first.id)
  const third = await turn(store.world, 'And when?', first.id)
  expect([second, third].map(({ found }) => found[0]?.name)).toEqual(['3.txt', '3.txt'])
})
