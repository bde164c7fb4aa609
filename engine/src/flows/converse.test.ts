import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { TOLD } from '../../test/server-fixture.ts'
import { CALLER, storeWorld } from '../../test/store-world.ts'
import { accountCaller, type Caller } from '../domain/caller.ts'
import { START } from '../domain/conversation.ts'
import { AppError } from '../domain/errors.ts'
import { ask } from './ask.ts'
import { linkConversation, openLink } from './conversation-link.ts'
import { converse, type Talk, type TalkEvent } from './converse.ts'
import { NOT_ANSWERED } from './extractive.ts'

const never = new AbortController().signal

let it: ReturnType<typeof storeWorld>
let databaseId: string
let ann: Caller
beforeAll(async () => {
  it = storeWorld()
  const { id } = await it.world.accounts.createAccount({
    email: 'ann@example.com',
    name: undefined,
    role: 'member',
    passwordHash: undefined,
    provider: undefined,
  })
  ann = accountCaller(id, 'member')
  databaseId = (await it.make('handbook')).id
  await it.upload(databaseId, 'leave.txt', 'Employees request leave in the portal at least two weeks ahead. The team lead decides within three days.')
  await it.runAll()
})
afterAll(() => it.close())

const holder = () => ({ accountId: ann.accountId })
const talkOf = (conversation: string, parent?: string): Talk => ({
  holder: holder(),
  conversation,
  parent,
  databaseIds: [databaseId],
  publicationId: undefined,
  goesOn: async () => undefined,
  deleteAt: () => undefined,
})

/** Asks for real. */
async function asked(question: string, conversation = 'new', parent?: string): Promise<readonly TalkEvent[]> {
  const answer = (history: Parameters<Parameters<typeof converse>[3]>[0]) => ask(it.world, CALLER, databaseId, { question, n: 8, history }, never)
  const events = []
  for await (const event of converse(it.world, talkOf(conversation, parent), question, answer, never)) events.push(event)
  return events
}
/** Plays the answer: what it was asked with is its text. */
async function played(question: string, conversation: string, parent?: string, meanwhile = async () => undefined as unknown) {
  const told: { text: string; ids?: TalkEvent['stored']; id?: string } = { text: '' }
  const answer = async function* (history: Parameters<Parameters<typeof converse>[3]>[0]) {
    told.text = history.map(({ text }) => text).join('>')
    await meanwhile()
    yield { type: 'answer-end', answered: true, text: `${question}!`, citations: [], ...TOLD } as const
  }
  for await (const { conversationId, stored } of converse(it.world, talkOf(conversation, parent), question, answer, never)) {
    Object.assign(told, { id: conversationId, ...(stored === undefined ? {} : { ids: stored }) })
  }
  return told
}

test('what is kept is what was streamed, with its citations, writer and search', async () => {
  const events = await asked('How do employees request leave?')
  const end = events.at(-1)
  if (end?.event.type !== 'answer-end' || end.stored === undefined) throw new Error('not answered')
  expect(end.event).toMatchObject({ answered: true })
  const streamed = events.flatMap(({ event }) => (event.type === 'text-delta' ? [event.text] : [])).join('')
  const cited = events.flatMap(({ event }) => (event.type === 'citation-found' ? [event.citation] : []))
  const [question, answer] = await it.world.conversations.messages(holder(), end.conversationId)
  expect(question).toMatchObject({ id: end.stored.questionId, parentId: undefined, text: 'How do employees request leave?' })
  expect(answer).toMatchObject({ id: end.stored.answerId, parentId: question?.id, text: streamed, answered: true, nearest: [], writer: 'extractive' })
  expect(JSON.stringify(answer?.citations)).toBe(JSON.stringify(cited))
  expect(cited).toHaveLength(1)
  expect(answer?.mode).toEqual({ mode: 'lexical' })
  expect(events.filter(({ stored }) => stored !== undefined)).toHaveLength(1)
})

test('of an answer that was not found the nearest passages are kept', async () => {
  const events = await asked('Which team plays chess on the moon?')
  const { conversationId } = events.at(-1) ?? { conversationId: '' }
  const passages = events.flatMap(({ event }) => (event.type === 'passages-found' ? event.passages : []))
  const [, answer] = await it.world.conversations.messages(holder(), conversationId)
  expect(answer).toMatchObject({ text: NOT_ANSWERED, answered: false, citations: [] })
  expect(answer?.nearest.map(({ text, start, end, name }) => ({ text, start, end, name }))).toEqual(
    passages.map(({ text, start, end, name }) => ({ text, start, end, name })),
  )
  expect(passages).toHaveLength(1)
})

test('a question is answered from exactly what it stands after, wherever that is', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.option(fc.nat({ max: 20 }), { nil: undefined }), { minLength: 1, maxLength: 8 }), async (places) => {
      const { id = '', ids } = await played('0', 'new')
      const chains = new Map([[ids?.answerId ?? '', '0>0!']])
      let last = ids?.answerId ?? ''
      for (const [index, place] of places.entries()) {
        const spots = [START, ...chains.keys()]
        const parent = place === undefined ? undefined : spots[place % spots.length]
        const question = `${index + 1}`
        const before = parent === START ? '' : (chains.get(parent ?? last) ?? '')
        const told = await played(question, id, parent)
        expect(told.text).toBe(before)
        last = told.ids?.answerId ?? ''
        chains.set(last, `${before === '' ? '' : `${before}>`}${question}>${question}!`)
        expect((await it.world.conversations.messages(holder(), id)).map(({ text }) => text).join('>')).toBe(chains.get(last))
      }
    }),
    { numRuns: 15 },
  )
})

test('it stays after what it was answered from, although something else is asked meanwhile', async () => {
  const { id = '', ids } = await played('first', 'new')
  const slow = await played('slow', id, undefined, () => played('quick', id))
  expect(slow.text).toBe('first>first!')
  const messages = await it.world.conversations.messages(holder(), id)
  expect(messages.map(({ text }) => text)).toEqual(['first', 'first!', 'slow', 'slow!'])
  expect(messages[2]).toMatchObject({ parentId: ids?.answerId })
  expect(messages[2]?.versions).toHaveLength(2)
})

test('a parent that is no answer of the conversation is refused before anything is asked, and leaves nothing', async () => {
  const { id = '', ids } = await played('first', 'new')
  const count = async () => (await it.world.conversations.conversations(holder(), { limit: 500 })).items.length
  const before = await count()
  for (const [conversation, parent] of [
    [id, ids?.questionId],
    [id, 'msg_none'],
    ['new', ids?.answerId],
  ] as const) {
    let ran = false
    const run = played('x', conversation, parent, async () => {
      ran = true
    })
    await expect(run).rejects.toMatchObject({ code: 'message/not-found' })
    expect(ran).toBe(false)
  }
  expect(await count()).toBe(before)
  expect((await played('new', 'new', START)).text).toBe('')
})

test('a conversation in which another process said something stays when the answer that began it is broken off', async () => {
  const { id = '' } = await played('first', 'new')
  const broken = () => {
    throw new AppError('answer/interrupted')
  }
  const run = async () => {
    for await (const _ of converse(it.world, { ...talkOf(id), begun: true }, 'first', broken, never));
  }
  await expect(run()).rejects.toMatchObject({ code: 'answer/interrupted' })
  expect(await it.world.conversations.messages(holder(), id)).toHaveLength(2)
})

test('a link opens with its own token alone', async () => {
  const { id = '' } = await played('first', 'new')
  const { text, link } = await linkConversation(it.world, ann.accountId, id, undefined)
  const { text: other } = await linkConversation(it.world, ann.accountId, (await played('other', 'new')).id ?? '', undefined)
  expect((await openLink(it.world, text)).messages.map((message) => message.text)).toEqual(['first', 'first!'])
  const crossed = [text.slice(0, 20) + other.slice(20), text.replace('ql_', 'qt_'), `${text}0`, text.toUpperCase(), '', link.id, 'ql_']
  for (const wrong of crossed) await expect(openLink(it.world, wrong)).rejects.toMatchObject({ code: 'link/not-found', facts: {} })
  await it.world.conversations.removeConversation(holder(), id)
  await expect(openLink(it.world, text)).rejects.toMatchObject({ code: 'link/not-found', facts: {} })
})
