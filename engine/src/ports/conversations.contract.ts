import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Citation } from '../domain/answer.ts'
import type { ConversationHolder } from '../domain/conversation.ts'
import { code } from './catalog.contract.ts'
import type { NewConversation } from './conversations.ts'
import { answer, DAY, newAccount, newPublication, type OpenPeople, question, type Stage, stage } from './people.contract.ts'

const CITATION: Citation = {
  number: 1,
  databaseId: 'db_1',
  documentId: 'doc_1',
  revision: 2,
  chunkId: 'c1',
  externalId: 'a.pdf',
  name: 'a.pdf',
  page: undefined,
  headingPath: ['Ü', '2'],
  start: 3,
  end: 9,
  quote: 'quoted \u{1f600}',
  verdict: 'weak',
  reason: undefined,
}

export function conversationsContract(name: string, open: OpenPeople): void {
  describe(`${name} keeps the promises of Conversations`, () => {
    let it: Stage
    let holders: readonly ConversationHolder[]
    let [ann, visitor]: readonly ConversationHolder[] = []
    beforeEach(async () => {
      it = await stage(open)
      const { accounts, publications } = it.here
      const people = [await accounts.createAccount(newAccount('ann@example.com')), await accounts.createAccount(newAccount('bob@example.com'))]
      const { id } = await publications.createPublication(newPublication(people[0]?.id ?? ''))
      for (const each of ['v1', 'v2']) await publications.createVisitor({ id: each, publicationId: id, deleteAt: it.ruled.time + DAY })
      holders = [...people.map((each) => ({ accountId: each.id })), { visitorId: 'v1' }, { visitorId: 'v2' }]
      ann = holders[0]
      visitor = holders[2]
    })
    afterEach(() => it.close())

    const input = (holder: ConversationHolder = { accountId: '' }, more: Partial<NewConversation> = {}): NewConversation => ({
      holder,
      publicationId: undefined,
      databaseIds: ['db_1'],
      title: 'Title',
      deleteAt: undefined,
      ...more,
    })

    test('turns come back as they were said, in order', async () => {
      const { here, there } = it
      const holder = ann ?? { accountId: '' }
      const made = await here.conversations.createConversation(input(holder, { databaseIds: ['db_1', 'db_2'], publicationId: 'pub_1', deleteAt: 7e12 }))
      expect(made).toMatchObject({ ...holder, visitorId: undefined, databaseIds: ['db_1', 'db_2'], publicationId: 'pub_1', messages: 0, deleteAt: 7e12 })
      it.ruled.time += 5
      const usage = { inputTokens: 5, outputTokens: 6 }
      const sentences = [{ start: 0, end: 3, verdict: 'uncited' as const, citations: [1, 2], reason: 'ü' }]
      const facts = { sentences, cost: 12, traceId: 'f'.repeat(32) }
      const said = [question("What's \u0000 this?"), { ...answer(''), answered: false, citations: [CITATION], ...facts }]
      const turn = await here.conversations.addTurn(holder, made.id, said, 8e12)
      expect(turn.map(({ role, ordinal, createdAt }) => [role, ordinal, createdAt])).toEqual([
        ['user', 1, it.ruled.time],
        ['assistant', 2, it.ruled.time],
      ])
      expect(turn).toMatchObject(
        said.map(({ text, answered, citations }) => ({ text, answered, citations: citations.map(({ page: _, reason: __, ...rest }) => rest) })),
      )
      expect(turn.map((each) => [each.sentences, each.cost, each.traceId, each.summary])).toEqual([
        [[], undefined, undefined, undefined],
        [sentences, 12, 'f'.repeat(32), undefined],
      ])
      expect(await there.conversations.messages(holder, made.id)).toEqual(turn.map((each) => ({ ...each, versions: [each.id] })))
      expect(await there.conversations.conversation(holder, made.id)).toEqual({ ...made, messages: 2, updatedAt: it.ruled.time, deleteAt: 8e12 })
      await here.conversations.addTurn(holder, made.id, [question('and?'), { ...answer('so'), usage }], undefined)
      const all = await there.conversations.messages(holder, made.id)
      expect(all.map((each) => each.ordinal)).toEqual([1, 2, 3, 4])
      expect(all[3]?.usage).toEqual(usage)
      expect((await there.conversations.conversation(holder, made.id)).deleteAt).toBeUndefined()
      expect(await here.conversations.renameConversation(holder, made.id, 'New')).toMatchObject({ title: 'New', messages: 4 })
    })

    test('what was said is kept in short with the answer that it reaches to, for its holder alone', async () => {
      const { here, there } = it
      const holder = ann ?? { accountId: '' }
      const { id } = await here.conversations.createConversation(input(holder))
      const other = await here.conversations.createConversation(input(holder))
      const [asked, said] = await here.conversations.addTurn(holder, id, [question('q'), answer('a')], undefined)
      await here.conversations.setSummary(holder, id, said?.id ?? '', 'first')
      await here.conversations.setSummary(holder, id, said?.id ?? '', 'in \u{1f600} short')
      expect((await there.conversations.messages(holder, id)).map(({ summary }) => summary)).toEqual([undefined, 'in \u{1f600} short'])
      const wrong = [
        [holder, id, asked?.id],
        [holder, id, 'msg_none'],
        [holder, other.id, said?.id],
      ] as const
      for (const [whose, conversation, message] of wrong) {
        expect(await code(here.conversations.setSummary(whose, conversation, message ?? '', 'x'))).toBe('message/not-found')
      }
      expect(await code(here.conversations.setSummary(visitor ?? holder, id, said?.id ?? '', 'x'))).toBe('conversation/not-found')
      expect((await there.conversations.messages(holder, id))[1]?.summary).toBe('in \u{1f600} short')
    })

    test('a turn is kept whole or not at all', async () => {
      const { conversations } = it.here
      const holder = visitor ?? { visitorId: '' }
      const { id } = await conversations.createConversation(input(holder))
      const broken = { ...answer('x'), role: 'system' as 'assistant' }
      expect(await code(conversations.addTurn(holder, id, [question('q'), broken], 9e12))).not.toBe('no error')
      expect(await conversations.messages(holder, id)).toEqual([])
      expect((await conversations.conversation(holder, id)).deleteAt).toBeUndefined()
    })

    test('turns that come at the same time over two connections stand one after the other', async () => {
      const { here, there } = it
      const holder = ann ?? { accountId: '' }
      const { id } = await here.conversations.createConversation(input(holder))
      await Promise.all(
        Array.from({ length: 40 }, (_, index) =>
          (index % 2 === 0 ? here : there).conversations.addTurn(holder, id, [question(`q${index}`), answer(`a${index}`)], undefined),
        ),
      )
      const messages = await there.conversations.messages(holder, id)
      expect(messages.map((each) => each.ordinal)).toEqual(Array.from({ length: 80 }, (_, index) => index + 1))
      for (let index = 0; index < 80; index += 2) expect(messages[index + 1]?.text).toBe(messages[index]?.text.replace('q', 'a'))
    })

    test('nobody else finds a conversation: it is answered like an unknown one', async () => {
      const { conversations } = it.here
      for (const holder of holders) {
        const { id } = await conversations.createConversation(input(holder))
        const calls = (of: string) =>
          holders
            .filter((each) => each !== holder)
            .flatMap((other) => [
              conversations.conversation(other, of),
              conversations.messages(other, of),
              conversations.addTurn(other, of, [question('q')], undefined),
              conversations.renameConversation(other, of, 'x'),
              conversations.removeConversation(other, of).then((was) => {
                if (was) throw new Error('removed')
              }),
            ])
        expect(await Promise.all(calls(id).map(code))).toEqual(await Promise.all(calls('conv_none').map(code)))
        expect(await conversations.conversation(holder, id)).toMatchObject({ title: 'Title', messages: 0 })
        expect((await conversations.conversations(holder, { limit: 9 })).items.map((each) => each.id)).toEqual([id])
      }
      // The id of an account is no visitor, and the other way round.
      const swapped = [{ visitorId: ann !== undefined && 'accountId' in ann ? ann.accountId : '' }, { accountId: 'v1' }]
      for (const holder of swapped) expect((await conversations.conversations(holder, { limit: 9 })).items).toEqual([])
      for (const holder of swapped) expect(await code(conversations.createConversation(input(holder)))).toMatch(/^(visitor|account)\/not-found$/)
    })

    test('pages hold every conversation once, last changed first', async () => {
      const { conversations } = it.here
      const holder = ann ?? { accountId: '' }
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.tuple(fc.nat({ max: 9 }), fc.nat({ max: 2 })), { maxLength: 25 }),
          fc.integer({ min: 1, max: 6 }),
          async (touches, limit) => {
            const made: string[] = []
            for (let index = 0; index < 10; index += 1) made.push((await conversations.createConversation(input(holder))).id)
            for (const [index, wait] of touches) {
              it.ruled.time += wait
              await conversations.addTurn(holder, made[index] ?? '', [question('q')], undefined)
            }
            const found = []
            for (let cursor: string | undefined, pages = 0; ; pages += 1) {
              expect(pages).toBeLessThan(200)
              const page = await conversations.conversations(holder, { limit, ...(cursor === undefined ? {} : { cursor }) })
              found.push(...page.items)
              if (page.nextCursor === undefined) break
              cursor = page.nextCursor
            }
            const sorted = [...found].sort((a, b) => b.updatedAt - a.updatedAt || (a.id < b.id ? -1 : 1))
            expect(found).toEqual(sorted)
            expect(found.map((each) => each.id).sort()).toEqual([...made].sort())
            for (const id of made) expect(await conversations.removeConversation(holder, id)).toBe(true)
          },
        ),
        { numRuns: 15 },
      )
      expect(await code(conversations.conversations(holder, { limit: 5, cursor: 'nonsense' }))).toBe('request/invalid')
    })

    test('at most the newest 1,000 messages are given', async () => {
      const { conversations } = it.here
      const holder = ann ?? { accountId: '' }
      const { id } = await conversations.createConversation(input(holder))
      await conversations.addTurn(
        holder,
        id,
        Array.from({ length: 1003 }, (_, index) => question(`q${index}`)),
        undefined,
      )
      const messages = await conversations.messages(holder, id)
      expect([messages.length, messages[0]?.ordinal, messages.at(-1)?.ordinal]).toEqual([1000, 4, 1003])
    })

    test('what is removed is gone with its messages', async () => {
      const { here, there } = it
      const holder = ann ?? { accountId: '' }
      const { id } = await here.conversations.createConversation(input(holder))
      await here.conversations.addTurn(holder, id, [question('unforgettable')], undefined)
      expect(await here.conversations.removeConversation(holder, id)).toBe(true)
      expect(await there.conversations.removeConversation(holder, id)).toBe(false)
      expect(await code(there.conversations.messages(holder, id))).toBe('conversation/not-found')
      for (let index = 0; index < 205; index += 1) await here.conversations.createConversation(input(holder))
      const other = await here.conversations.createConversation(input(visitor))
      expect(await here.conversations.removeConversations('accountId' in holder ? holder.accountId : '')).toBe(205)
      expect((await there.conversations.conversations(holder, { limit: 9 })).items).toEqual([])
      expect((await there.conversations.conversation(visitor ?? holder, other.id)).id).toBe(other.id)
    })
  })
}
