import fc from 'fast-check'
import { fromMarkdown } from 'mdast-util-from-markdown'
import { gfmFromMarkdown } from 'mdast-util-gfm'
import { gfm } from 'micromark-extension-gfm'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { chatServer, eventsOf, openStream } from '../../test/chat-fixture.ts'
import { bearer, keyFor, type Person, person } from '../../test/people-fixture.ts'
import { json } from '../../test/server-fixture.ts'
import { filterFromJson } from '../domain/filter.ts'
import { conversationMarkdown } from './conversation-markdown.ts'

let server: Awaited<ReturnType<typeof chatServer>>
let ann: Person
let bob: Person
let ids: readonly [string, string]
beforeAll(async () => {
  server = await chatServer()
  ann = await person(server.world, 'member')
  bob = await person(server.world, 'member')
  ids = [await database(ann, 'handbook'), await database(ann, 'travel')]
})
afterAll(() => server.stop())

function call(method: string, path: string, token: string, body?: unknown, signal?: AbortSignal): Promise<Response> {
  return fetch(server.address + path, {
    method,
    headers: { ...bearer(token), ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(signal === undefined ? {} : { signal }),
  })
}
async function database(owner: Person, name: string): Promise<string> {
  return (await json(await call('POST', '/api/v1/databases', owner.token, { name }))).id
}
const ask = (token: string, body: object, databaseId: string = ids[0], signal?: AbortSignal) =>
  call('POST', `/api/v1/databases/${databaseId}/ask`, token, body, signal)
const askSeveral = (token: string, body: object) => call('POST', '/api/v1/ask', token, body)
const list = async (token: string) => (await json(await call('GET', '/api/v1/conversations', token))).conversations
async function begun(token = ann.token, question = 'leave'): Promise<string> {
  const [start] = await eventsOf(await ask(token, { question, conversation: 'new' }))
  return start?.data.conversation_id
}
async function told(reply: Response, id: string): Promise<string> {
  return `${reply.status} ${(await reply.text()).replace(/"request_id":"[^"]*"/, '').replaceAll(id, 'ID')}`
}

describe('asking in a conversation', () => {
  test('keeps question and answer, and gives them as history to the next question', async () => {
    const id = await begun()
    expect(id).toMatch(/^conv_[0-9a-f]{32}$/)
    await eventsOf(await ask(ann.token, { question: 'and then?', conversation: id }))
    expect(server.asked.at(-1)?.history.map(({ text }) => text)).toEqual(['leave', 'It says leave [1]'])
    const { conversation, messages } = await json(await call('GET', `/api/v1/conversations/${id}`, ann.token))
    expect(conversation).toMatchObject({ title: 'leave', messages: 4, databases: [ids[0]], delete_at: null })
    expect(messages.map(({ role }: { role: string }) => role)).toEqual(['user', 'assistant', 'user', 'assistant'])
    expect(messages[1]).toMatchObject({ answered: true, citations: [{ number: 1, document_id: 'doc_secret', name: 'hr/leave.txt', page: 3 }] })
  })

  test('without one nothing is kept, and the history is what the caller sends; both is refused', async () => {
    const before = (await list(ann.token)).length
    const history = [{ role: 'user', text: 'before' }]
    const [start] = await eventsOf(await ask(ann.token, { question: 'leave', history }))
    expect(start?.data.conversation_id).toBeNull()
    expect(server.asked.at(-1)?.history).toEqual(history)
    const both = await ask(ann.token, { question: 'leave', history, conversation: 'new' })
    expect([both.status, (await json(both)).error.code]).toEqual([400, 'request/invalid'])
    expect(await list(ann.token)).toHaveLength(before)
  })

  test('an answer that was broken off or failed leaves nothing; a conversation that was there stays as it was', async () => {
    const carl = await person(server.world, 'member')
    const db = await database(carl, 'mine')
    const leaving = new AbortController()
    const kept = async () => (await server.world.conversations.conversations({ accountId: carl.account.id }, { limit: 9 })).items.map(({ title }) => title)
    await openStream(await ask(carl.token, { question: 'wait', conversation: 'new' }, db, leaving.signal), (text) => text.includes('text-delta'))
    expect([await kept(), await list(carl.token)]).toEqual([['wait'], []]) // it has no messages yet
    leaving.abort()
    await (await ask(carl.token, { question: 'fail', conversation: 'new' }, db)).text()
    await expect.poll(kept).toEqual([])
    const [start] = await eventsOf(await ask(carl.token, { question: 'leave', conversation: 'new' }, db))
    await (await ask(carl.token, { question: 'fail', conversation: start?.data.conversation_id }, db)).text()
    expect((await list(carl.token)).map(({ messages }: { messages: number }) => messages)).toEqual([2])
  })

  test('goes on in its own databases only, also with several', async () => {
    const id = await begun()
    expect((await ask(ann.token, { question: 'x', conversation: id }, ids[1])).status).toBe(400)
    const [start] = await eventsOf(await askSeveral(ann.token, { databases: ['travel', ids[0], ids[1]], question: 'x', conversation: 'new' }))
    expect(server.asked.at(-1)?.places.map(({ databaseId }) => databaseId)).toEqual([ids[1], ids[0]])
    const several = start?.data.conversation_id
    await eventsOf(await ask(ann.token, { question: 'y', conversation: several }, ids[1]))
    expect(server.asked.at(-1)).toMatchObject({ places: [{ databaseId: ids[1] }], history: [{ text: 'x' }, { text: 'It says x [1]' }] })
    expect((await askSeveral(ann.token, { databases: [ids[1]], question: 'x', conversation: several })).status).toBe(200)
    expect((await askSeveral(ann.token, { databases: ids, question: 'x', conversation: id })).status).toBe(400)
  })

  test('several databases are each looked up for the caller: one that is foreign is like none', async () => {
    const foreign = await database(bob, 'secret')
    const reply = await told(await askSeveral(ann.token, { databases: [ids[0], foreign], question: 'x' }), foreign)
    expect(reply).toBe(await told(await askSeveral(ann.token, { databases: [ids[0], 'db_none'], question: 'x' }), 'db_none'))
    expect(reply).toMatch(/^404/)
    const { token } = await keyFor(server.world, ann.account.id, { databaseIds: [ids[0]] })
    expect((await askSeveral(token, { databases: ids, question: 'x' })).status).toBe(404)
    expect((await askSeveral(token, { databases: [ids[0]], question: 'x' })).status).toBe(200)
  })

  test('an answer from several ends when the sharing of one ends', async () => {
    const lent = await database(bob, 'lent')
    await server.world.catalog.share(bob.account.id, lent, ann.account.id, 'read')
    const stream = await openStream(await askSeveral(ann.token, { databases: [ids[0], lent], question: 'wait', conversation: 'new' }), (text) =>
      text.includes('text-delta'),
    )
    await server.world.catalog.unshare(bob.account.id, lent, ann.account.id)
    expect(await stream.rest()).toContain('database/not-found')
  })

  describe('goes on only while all that it is about is open to whoever asks', () => {
    type Made = Readonly<Record<'token' | 'key' | 'narrow' | 'own' | 'secret' | 'account' | 'conversation', string>>
    async function made(): Promise<Made> {
      const carl = await person(server.world, 'member')
      const [own, secret] = [await database(carl, 'own'), await database(bob, `secret ${carl.account.id}`)]
      await server.world.catalog.share(bob.account.id, secret, carl.account.id, 'read')
      const { token: key } = await keyFor(server.world, carl.account.id, { databaseIds: [own, secret] })
      const { token: narrow } = await keyFor(server.world, carl.account.id, { databaseIds: [own] })
      const [start] = await eventsOf(await askSeveral(carl.token, { databases: [secret, own], question: 'x', conversation: 'new' }))
      return { token: carl.token, key, narrow, own, secret, account: carl.account.id, conversation: start?.data.conversation_id }
    }
    const ROUTES = {
      ask: ({ own, conversation }: Made, token: string, question: string) => ask(token, { question, conversation }, own),
      askSeveral: ({ own, conversation }: Made, token: string, question: string) => askSeveral(token, { databases: [own], question, conversation }),
      uiMessages: ({ own, conversation }: Made, token: string, question: string) =>
        call('POST', `/api/v1/databases/${own}/ui-messages`, token, {
          ...{ id: 'chat', conversation },
          messages: [{ id: 'm', role: 'user', parts: [{ type: 'text', text: question }] }],
        }),
    }
    const ENDS = {
      'taken back': ({ secret, account }: Made) => server.world.catalog.unshare(bob.account.id, secret, account),
      deleted: ({ secret }: Made) => server.world.catalog.removeDatabase(bob.account.id, secret),
    }
    const kept = async ({ account, conversation }: Made) => (await server.world.conversations.messages({ accountId: account }, conversation)).length

    test.each(Object.entries(ENDS))('%s: no model is given what was said, by whatever route; the same is told of all', async (_, end) => {
      const it = await made()
      for (const send of Object.values(ROUTES)) expect((await send(it, it.token, 'leave')).status).toBe(200)
      await eventsOf(await ROUTES.ask(it, it.key, 'leave'))
      await end(it)
      const [before, asked] = [await kept(it), server.asked.length]
      const closed = { error: { code: 'conversation/closed', facts: { conversation: it.conversation }, hint: expect.stringMatching(/new conversation/) } }
      for (const send of Object.values(ROUTES)) {
        for (const token of [it.token, it.key]) {
          const reply = await send(it, token, 'leave')
          expect([reply.status, await json(reply)]).toMatchObject([409, closed])
        }
        const hidden = await told(await send(it, it.narrow, 'leave'), it.conversation)
        expect(hidden).toBe(await told(await send({ ...it, conversation: 'conv_none' }, it.narrow, 'leave'), 'conv_none'))
      }
      expect([server.asked.length, await kept(it)]).toEqual([asked, before])
    })

    test('of a database that is gone and of one that was taken back the same is told', async () => {
      const all = []
      for (const end of Object.values(ENDS)) {
        const it = await made()
        await end(it)
        all.push(await told(await ROUTES.ask(it, it.token, 'leave'), it.conversation))
      }
      expect(all[0]).toBe(all[1])
    })

    test.each(Object.entries(ROUTES))('%s: an answer that is being written ends with it, and goes on when it is open again', async (_, send) => {
      const it = await made()
      const before = await kept(it)
      const stream = await openStream(await send(it, it.token, 'wait'), (text) => text.includes('text-delta'))
      await ENDS['taken back'](it)
      expect(await stream.rest()).toMatch(/Not all that this conversation is about is open to you/)
      expect(await kept(it)).toBe(before)
      await server.world.catalog.share(bob.account.id, it.secret, it.account, 'read')
      expect((await send(it, it.token, 'leave')).status).toBe(200)
    })
  })

  test('a key goes on in no conversation about databases that it does not see; one with a filter in none', async () => {
    const narrow = await keyFor(server.world, ann.account.id, { databaseIds: [ids[0]] })
    const [start] = await eventsOf(await askSeveral(ann.token, { databases: ids, question: 'x', conversation: 'new' }))
    const wide = start?.data.conversation_id
    const hidden = await told(await ask(narrow.token, { question: 'x', conversation: wide }), wide)
    expect(hidden).toBe(await told(await ask(narrow.token, { question: 'x', conversation: 'conv_none' }), 'conv_none'))
    const id = await begun(narrow.token)
    expect((await ask(narrow.token, { question: 'x', conversation: id })).status).toBe(200)
    expect((await call('GET', `/api/v1/conversations/${id}`, narrow.token)).status).toBe(403)
    const bound = await keyFor(server.world, ann.account.id, { scopes: ['ask'], filter: filterFromJson({ team: 'a' }) })
    expect((await ask(bound.token, { question: 'x', conversation: 'new' })).status).toBe(403)
    expect((await ask(bound.token, { question: 'x' })).status).toBe(200)
  })
})

describe('the holder of conversations', () => {
  test('lists them by their last change, renames and deletes them; deletion and export are on record', async () => {
    const carl = await person(server.world, 'member')
    await server.world.catalog.share(ann.account.id, ids[0], carl.account.id, 'read')
    const all = [await begun(carl.token, 'one'), await begun(carl.token, 'two'), await begun(carl.token, 'three')]
    await eventsOf(await ask(carl.token, { question: 'again', conversation: all[0] }))
    const first = await json(await call('GET', '/api/v1/conversations?limit=2', carl.token))
    const second = await json(await call('GET', `/api/v1/conversations?limit=2&cursor=${first.next_cursor}`, carl.token))
    expect([...first.conversations, ...second.conversations].map(({ id }) => id)).toEqual([all[0], all[2], all[1]])
    expect((await json(await call('PATCH', `/api/v1/conversations/${all[1]}`, carl.token, { title: 'Deux' }))).title).toBe('Deux')
    const exported = await call('GET', `/api/v1/conversations/${all[1]}/export`, carl.token)
    expect(exported.headers.get('content-type')).toBe('text/markdown; charset=utf-8')
    expect(exported.headers.get('content-disposition')).toContain('attachment')
    expect(await exported.text()).toMatch(/^# Deux\n.*> two {2}\n.*> It says two \\\[1\\\] {2}\n.*hr\/leave\.txt, page 3.*> Leave is requested/s)
    expect((await call('DELETE', `/api/v1/conversations/${all[2]}`, carl.token)).status).toBe(200)
    expect((await call('DELETE', `/api/v1/conversations/${all[2]}`, carl.token)).status).toBe(404)
    const entries = await server.world.ledger.audit({ limit: 20, actorId: carl.account.id })
    expect(entries.filter(({ action }) => action.startsWith('conversation.')).map(({ action, target }) => [action, target])).toEqual([
      ['conversation.remove', all[2]],
      ['conversation.export', all[1]],
    ])
  })

  test('is the only one who finds them', async () => {
    const id = await begun()
    for (const [method, rest, body] of [
      ['GET', ''],
      ['PATCH', '', { title: 'x' }],
      ['GET', '/export'],
      ['DELETE', ''],
    ] as const) {
      const foreign = await told(await call(method, `/api/v1/conversations/${id}${rest}`, bob.token, body), id)
      expect(foreign).toBe(await told(await call(method, `/api/v1/conversations/conv_none${rest}`, bob.token, body), 'conv_none'))
      expect(foreign).toMatch(/^404/)
    }
    await server.world.catalog.share(ann.account.id, ids[0], bob.account.id, 'read')
    expect((await ask(bob.token, { question: 'x', conversation: id })).status).toBe(404)
    await server.world.catalog.unshare(ann.account.id, ids[0], bob.account.id)
  })
})

describe('a conversation as Markdown', () => {
  const NASTY = [
    '![x](https://evil.example/a.png)',
    '[a](javascript:alert(1))',
    'https://evil.example www.evil.example a@b.example',
    '<img src=x onerror=alert(1)><!-- -->',
    '```\n# heading\n```',
    '\n\n# out\n---\n===',
    '    code',
    '1. a\n- b\n+ c\n* d',
    '[a]: https://evil.example',
    '|a|b|\n|-|-|\n|c|d|',
    '~~x~~ &lt; \\',
    '\u2028# out\r# out\u0085# out',
    'mailto:a@b.example xmpp:a@b.example ftp://x.example',
    '[^1]: note',
    '- [ ] task',
  ]
  const text = fc
    .array(fc.oneof(fc.constantFrom(...NASTY), fc.string({ unit: 'grapheme' }), fc.constantFrom('\n', '> ', '\t', '  ')), { maxLength: 6 })
    .map((parts) => parts.join(''))

  test('holds the words, and nothing of them is Markdown', () => {
    fc.assert(
      fc.property(text, text, text, text, (title, question, said, quote) => {
        const nothing = { cost: undefined, traceId: undefined, summary: undefined, feedback: undefined }
        const bare = { ...nothing, parentId: undefined, versions: [], sentences: [], nearest: [], writer: undefined, mode: undefined }
        const base = { ...bare, createdAt: 0, usage: undefined, answered: undefined, citations: [] }
        const citation = { number: 1, databaseId: 'd', documentId: 'x', revision: 1, chunkId: 'c', externalId: 'e', name: title, page: 1, headingPath: [title] }
        const out = conversationMarkdown(
          {
            id: 'c',
            accountId: 'a',
            visitorId: undefined,
            publicationId: undefined,
            databaseIds: [],
            title,
            messages: 2,
            createdAt: 0,
            updatedAt: 0,
            deleteAt: undefined,
            link: undefined,
          },
          [
            { ...base, id: '1', ordinal: 1, role: 'user', text: question },
            {
              ...base,
              id: '2',
              ordinal: 2,
              role: 'assistant',
              text: said,
              citations: [{ ...citation, start: 0, end: 1, quote, verdict: 'weak', reason: undefined }],
            },
          ],
        )
        const tree = fromMarkdown(out, { extensions: [gfm()], mdastExtensions: [gfmFromMarkdown()] })
        const kinds =
          JSON.stringify(tree)
            .match(/"type":"(\w+)"/g)
            ?.map((match) => match.slice(8, -1)) ?? []
        expect(kinds.filter((kind) => !['root', 'heading', 'paragraph', 'text', 'strong', 'blockquote', 'break', 'inlineCode'].includes(kind))).toEqual([])
        expect(tree.children.map(({ type }) => type)).toEqual(['heading', 'paragraph', 'blockquote', 'paragraph', 'blockquote', 'paragraph', 'blockquote'])
        expect(kinds.filter((kind) => kind === 'heading' || kind === 'strong')).toHaveLength(3)
        // biome-ignore lint/suspicious/noControlCharactersInRegex: they are left out
        const words = (content: string) => content.replace(/[\s\u0000-\u001f\u007f\u0085]/g, '')
        const flat = (node: unknown): string =>
          typeof node === 'object' && node !== null
            ? 'value' in node
              ? String(node.value)
              : 'children' in node && Array.isArray(node.children)
                ? node.children.map(flat).join('\n')
                : ''
            : ''
        expect(tree.children.filter(({ type }) => type === 'blockquote').map((node) => words(flat(node)))).toEqual([question, said, quote].map(words))
      }),
      { numRuns: 150 },
    )
  })
})
