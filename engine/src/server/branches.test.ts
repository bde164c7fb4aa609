import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { chatServer, eventsOf } from '../../test/chat-fixture.ts'
import { bearer, type Person, person, publicationOf, visitorOf } from '../../test/people-fixture.ts'
import { json } from '../../test/server-fixture.ts'

// Branches, feedback and words, for people and for visitors: what is refused, what is told, and what stays.

let server: Awaited<ReturnType<typeof chatServer>>
let ann: Person
let bob: Person
let databaseId: string
beforeAll(async () => {
  server = await chatServer()
  ann = await person(server.world, 'member')
  bob = await person(server.world, 'member')
  databaseId = (await json(await call('POST', '/api/v1/databases', ann.token, { name: 'handbook' }))).id
})
afterAll(() => server.stop())

function call(method: string, path: string, token: string, body?: unknown): Promise<Response> {
  return fetch(server.address + path, {
    method,
    headers: { ...bearer(token), ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
}
/** Replies that may differ in nothing but the id that was asked for. */
async function told(reply: Response, id: string): Promise<string> {
  return `${reply.status} ${(await reply.text()).replace(/"request_id":"[^"]*"/, '').replaceAll(id, 'ID')}`
}

/** The same for a person and for a visitor of a published chat. */
interface Side {
  readonly token: string
  readonly ask: string
  readonly conversations: string
}
const own = (): Side => ({ token: ann.token, ask: `/api/v1/databases/${databaseId}/ask`, conversations: '/api/v1/conversations' })
async function visiting(publication?: string): Promise<Side & { readonly publication: string }> {
  const id = publication ?? (await publicationOf(server.world, ann.account.id, [databaseId])).id
  const { token } = await visitorOf(server.world, id)
  return { token, publication: id, ask: `/api/v1/public/${id}/ask`, conversations: `/api/v1/public/${id}/conversations` }
}

interface Turn {
  readonly conversation: string
  readonly question: string
  readonly answer: string
}
async function asked(side: Side, question: string, conversation = 'new', parent?: string): Promise<Turn> {
  const events = await eventsOf(await call('POST', side.ask, side.token, { question, conversation, ...(parent === undefined ? {} : { parent }) }))
  const end = events.at(-1)
  expect(end?.event).toBe('answer-end')
  return { conversation: events[0]?.data.conversation_id, question: end?.data.question_id, answer: end?.data.answer_id }
}
const shown = async (side: Side, conversation: string, leaf?: string) =>
  (await json(await call('GET', `${side.conversations}/${conversation}${leaf === undefined ? '' : `?leaf=${leaf}`}`, side.token))).messages
const texts = (messages: readonly { readonly text: string }[]) => messages.map(({ text }) => text)

describe.each([
  ['a person', async () => own()],
  ['a visitor', async () => visiting()],
])('%s', (_, of) => {
  test('edits, asks again and looks at every version, and nothing is lost', async () => {
    const side = await of()
    const first = await asked(side, 'one')
    const second = await asked(side, 'two', first.conversation)
    const edited = await asked(side, 'deux', first.conversation, first.answer)
    expect(server.asked.at(-1)?.history.map(({ text }) => text)).toEqual(['one', 'It says one [1]'])
    const regenerated = await asked(side, 'deux', first.conversation, first.answer)
    expect(regenerated.question).toBe(edited.question)
    const messages = await shown(side, first.conversation)
    expect(texts(messages)).toEqual(['one', 'It says one [1]', 'deux', 'It says deux [1]'])
    expect(messages.map(({ id }: { id: string }) => id)).toEqual([first.question, first.answer, edited.question, regenerated.answer])
    expect(messages.map(({ parent_id }: { parent_id: string }) => parent_id)).toEqual([null, first.question, first.answer, edited.question])
    expect(messages.map(({ versions }: { versions: string[] }) => versions)).toEqual([
      [first.question],
      [first.answer],
      [second.question, edited.question],
      [edited.answer, regenerated.answer],
    ])
    expect((await shown(side, first.conversation, edited.answer)).at(-1).id).toBe(edited.answer)
    expect(texts(await shown(side, first.conversation, second.question))).toEqual(['one', 'It says one [1]', 'two', 'It says two [1]'])
    await asked(side, 'anew', first.conversation, 'start')
    expect(server.asked.at(-1)?.history).toEqual([])
    expect(texts(await shown(side, first.conversation))).toEqual(['anew', 'It says anew [1]'])
    expect(texts(await shown(side, first.conversation, first.question))).toEqual(['one', 'It says one [1]', 'deux', 'It says deux [1]'])
  })

  test('gets the same for a message of somebody else as for none', async () => {
    const side = await of()
    const mine = await asked(side, 'mine')
    const others = [await asked(own(), 'other'), await asked(await visiting(), 'other'), await asked(side, 'my other')]
    for (const { answer } of others) {
      const path = (message: string) => `${side.conversations}/${mine.conversation}/messages/${message}/feedback`
      const requests = [
        (id: string) => call('POST', side.ask, side.token, { question: 'x', conversation: mine.conversation, parent: id }),
        (id: string) => call('GET', `${side.conversations}/${mine.conversation}?leaf=${id}`, side.token),
        (id: string) => call('PUT', path(id), side.token, { rating: 'up' }),
      ]
      for (const request of requests) {
        const foreign = await told(await request(answer), answer)
        expect(foreign).toBe(await told(await request('msg_none'), 'msg_none'))
        expect(foreign).toMatch(/^404.*message\/not-found/)
      }
    }
    expect(await shown(side, mine.conversation)).toHaveLength(2)
    for (const { conversation, answer } of others.slice(0, 2).filter(() => side.conversations !== '/api/v1/conversations')) {
      const path = (id: string) => `${side.conversations}/${id}/messages/${answer}/feedback`
      const foreign = await told(await call('PUT', path(conversation), side.token, { rating: 'up' }), conversation)
      expect(foreign).toBe(await told(await call('PUT', path('conv_none'), side.token, { rating: 'up' }), 'conv_none'))
    }
  })

  test('says whether an answer was good, changes it and takes it back', async () => {
    const side = await of()
    const turn = await asked(side, 'one')
    const give = (body: unknown, message = turn.answer) =>
      call('PUT', `${side.conversations}/${turn.conversation}/messages/${message}/feedback`, side.token, body)
    const none = { rating: null, comment: null }
    const kept = async () => (await shown(side, turn.conversation)).map(({ feedback }: { feedback: unknown }) => feedback)
    expect(await kept()).toEqual([none, none])
    expect(await json(await give({ rating: 'down', comment: ' wrong \u{1f600} ' }))).toEqual({ rating: 'down', comment: 'wrong \u{1f600}' })
    expect(await kept()).toEqual([none, { rating: 'down', comment: 'wrong \u{1f600}' }])
    expect(await json(await give({ rating: 'up' }))).toEqual({ rating: 'up', comment: null })
    expect(await kept()).toEqual([none, { rating: 'up', comment: null }])
    for (const wrong of [{}, { rating: 'good' }, { rating: 'up', comment: 'x'.repeat(2001) }, { rating: null, comment: 'x' }, { rating: 'up', more: 1 }]) {
      expect((await give(wrong)).status).toBe(400)
    }
    expect((await give({ rating: 'up' }, turn.question)).status).toBe(404)
    expect(await kept()).toEqual([none, { rating: 'up', comment: null }])
    expect(await json(await give({ rating: null }))).toEqual(none)
    expect(await kept()).toEqual([none, none])
  })
})

test('what is kept is shown as it was told: to a person with places, writer and search, to a visitor without', async () => {
  const stream = async (side: Side) => (await eventsOf(await call('POST', side.ask, side.token, { question: 'one', conversation: 'new' }))).at(-1)?.data
  const check = async (side: Side) => {
    const end = await stream(side)
    const { conversations } = await json(await call('GET', side.conversations, side.token))
    const [, answer] = await shown(side, conversations[0].id)
    expect(answer).toMatchObject({ id: end.answer_id, text: end.text, answered: end.answered, citations: end.citations })
    return answer
  }
  expect(await check(own())).toMatchObject({
    writer: 'secret:writer',
    mode: 'hybrid',
    model: 'secret:model',
    citations: [{ chunk_id: 'doc_secret.1.0', revision: 1 }],
  })
  const strange = await check(await visiting())
  expect(strange).toMatchObject({ writer: null, mode: null, model: null, usage: null, citations: [{ chunk_id: null, external_id: null, document_id: null }] })
  expect(JSON.stringify(strange)).not.toContain('secret')
})

test('without a conversation nothing has an id; parent goes with a conversation', async () => {
  const end = (await eventsOf(await call('POST', own().ask, ann.token, { question: 'one' }))).at(-1)
  expect(end?.data).toMatchObject({ question_id: null, answer_id: null })
  for (const parent of ['start', 'msg_x']) expect((await call('POST', own().ask, ann.token, { question: 'one', parent })).status).toBe(400)
  expect((await call('POST', own().ask, ann.token, { question: 'one', conversation: 'new', parent: 'msg_x' })).status).toBe(404)
})

test('the owner of a published chat sees how many answers were good, whatever became of them, and nobody else does', async () => {
  const { id } = await publicationOf(server.world, ann.account.id, [databaseId])
  const [one, two] = [await visiting(id), await visiting(id)]
  const turns = [await asked(one, 'a'), await asked(two, 'b')]
  const rate = (side: Side, turn: Turn | undefined, rating: string) =>
    call('PUT', `${side.conversations}/${turn?.conversation}/messages/${turn?.answer}/feedback`, side.token, { rating, comment: 'private' })
  await rate(one, turns[0], 'up')
  await rate(two, turns[1], 'up')
  await rate(two, turns[1], 'down')
  const publication = await json(await call('GET', `/api/v1/publications/${id}`, ann.token))
  expect(publication.feedback).toEqual({ up: 1, down: 1 })
  expect(JSON.stringify(publication)).not.toContain('private')
  await call('DELETE', `${one.conversations}/${turns[0]?.conversation}`, one.token)
  expect((await json(await call('GET', `/api/v1/publications/${id}`, ann.token))).feedback).toEqual({ up: 1, down: 1 })
  expect((await call('GET', `/api/v1/publications/${id}`, bob.token)).status).toBe(404)
  expect((await rate(one, turns[1], 'up')).status).toBe(404)
})

test('conversations are found by words in titles and messages, and those of nobody else', async () => {
  const found = async (token: string, q: string) => {
    const reply = await call('GET', `/api/v1/conversations?q=${encodeURIComponent(q)}`, token)
    expect(reply.status).toBe(200)
    return (await json(reply)).conversations.map(({ title }: { title: string }) => title)
  }
  const carl = await person(server.world, 'member')
  await server.world.catalog.share(ann.account.id, databaseId, carl.account.id, 'read')
  const side = { ...own(), token: carl.token }
  const { conversation } = await asked(side, 'Zebra 100%')
  await asked(side, 'Ocelot', conversation)
  await asked(side, 'Panda')
  expect(await found(carl.token, ' ZEBRA  ocelot ')).toEqual(['Zebra 100%'])
  expect(await found(carl.token, 'it says')).toEqual(['Panda', 'Zebra 100%'])
  expect(await found(carl.token, '%')).toEqual(['Zebra 100%'])
  expect(await found(carl.token, '_')).toEqual([])
  expect(await found(carl.token, 'z e b r a o c l 1 0 %')).toEqual(['Zebra 100%'])
  expect(await found(carl.token, 'z e b r a o c l 1 0 % q')).toEqual([])
  expect(await found(carl.token, ' ')).toEqual(['Panda', 'Zebra 100%'])
  expect(await found(ann.token, 'zebra')).toEqual([])
  expect((await call('GET', `/api/v1/conversations?q=${'x'.repeat(201)}`, carl.token)).status).toBe(400)
})

test('an export holds the branch that was written to last, or the one that was asked for', async () => {
  const side = own()
  const first = await asked(side, 'former')
  await asked(side, 'latter', first.conversation, 'start')
  const text = await (await call('GET', `/api/v1/conversations/${first.conversation}/export`, ann.token)).text()
  expect(text).toContain('> latter')
  expect(text).not.toContain('> former')
  const exported = (conversation: string, leaf: string) => call('GET', `/api/v1/conversations/${conversation}/export?leaf=${leaf}`, ann.token)
  const former = await (await exported(first.conversation, first.answer)).text()
  expect(former).toContain('> former')
  expect(former).not.toContain('> latter')
  const other = await asked(side, 'other')
  for (const leaf of [other.answer, 'msg_none']) expect((await exported(first.conversation, leaf)).status).toBe(404)
})

test('a browser of another origin may put', async () => {
  const { id } = await publicationOf(server.world, ann.account.id, [databaseId], { origins: ['https://shop.example.com'] })
  const reply = await fetch(`${server.address}/api/v1/public/${id}/conversations/c/messages/m/feedback`, {
    method: 'OPTIONS',
    headers: { origin: 'https://shop.example.com', 'access-control-request-method': 'PUT' },
  })
  expect(reply.headers.get('access-control-allow-methods')).toContain('PUT')
})
