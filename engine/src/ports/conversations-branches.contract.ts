import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type ConversationHolder, type PlacedMessage, START } from '../domain/conversation.ts'
import { code } from './catalog.contract.ts'
import { answer, DAY, hashOf, newAccount, newPublication, type OpenPeople, question, type Stage, stage } from './people.contract.ts'

/** A message as a test knows it. */
interface Known {
  readonly id: string
  readonly parentId: string | undefined
  readonly role: string
  readonly text: string
}

export function branchesContract(name: string, open: OpenPeople): void {
  describe(`${name} keeps branches, feedback, links and words of Conversations`, () => {
    let it: Stage
    let accountId: string
    let publicationId: string
    let ann: ConversationHolder
    const visitor: ConversationHolder = { visitorId: 'v1' }
    beforeEach(async () => {
      it = await stage(open)
      accountId = (await it.here.accounts.createAccount(newAccount('ann@example.com'))).id
      ann = { accountId }
      publicationId = (await it.here.publications.createPublication(newPublication(accountId))).id
      await it.here.publications.createVisitor({ id: 'v1', publicationId, deleteAt: it.ruled.time + DAY })
    })
    afterEach(() => it.close())

    const begin = async (holder: ConversationHolder = ann, title = 'Title', publication: string | undefined = undefined) =>
      (await it.here.conversations.createConversation({ holder, publicationId: publication, databaseIds: ['db_1'], title, deleteAt: undefined })).id
    const turn = (id: string, asked: string, said: string, after?: string, holder = ann) =>
      it.here.conversations.addTurn(holder, id, [question(asked), answer(said)], undefined, after)
    /** As texts. */
    const told = async (id: string, place = {}) => (await it.there.conversations.messages(ann, id, place)).map(({ text }) => text)

    test('whatever is asked wherever, nothing is lost, and each branch is the chain of what it follows', async () => {
      const { here, there } = it
      const step = fc.record({ at: fc.oneof(fc.constant(undefined), fc.constant(START), fc.nat({ max: 30 })), asked: fc.constantFrom('a', 'b', 'c') })
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 14 }), async (steps) => {
          const id = await begin()
          const known: Known[] = []
          for (const [index, { at, asked }] of steps.entries()) {
            const answers = known.filter(({ role }) => role === 'assistant')
            const after = typeof at === 'number' ? (answers[at % Math.max(1, answers.length)]?.id ?? START) : at
            const parentId = after === undefined ? known.at(-1)?.id : after === START ? undefined : after
            const same = known.find((one) => one.role === 'user' && one.parentId === parentId && one.text === asked)
            const stored = await (index % 2 === 0 ? here : there).conversations.addTurn(ann, id, [question(asked), answer(`${index}`)], undefined, after)
            const [first, second] = stored
            if (first === undefined || second === undefined) throw new Error('a turn was not stored')
            expect(first).toMatchObject({ parentId, text: asked, ...(same === undefined ? {} : { id: same.id }) })
            expect(second).toMatchObject({ parentId: first.id, text: `${index}` })
            if (same === undefined) known.push(first)
            known.push(second)
            expect(await there.conversations.messages(ann, id)).toEqual(branch(known, second.id))
          }
          expect((await there.conversations.conversation(ann, id)).messages).toBe(known.length)
          for (const one of known) {
            expect(ids(await here.conversations.messages(ann, id, { upTo: one.id }))).toEqual(ids(branch(known, one.id)))
            const last = known.findLast((other) => ids(branch(known, other.id)).includes(one.id))
            expect(ids(await here.conversations.messages(ann, id, { through: one.id }))).toEqual(ids(branch(known, last?.id ?? '')))
          }
          await here.conversations.removeConversation(ann, id)
        }),
        { numRuns: 25 },
      )
    })

    test('a question stands after an answer of its own conversation, or nothing is kept', async () => {
      const { conversations } = it.here
      const [id, other] = [await begin(), await begin()]
      const [asked] = await turn(id, 'q', 'a')
      const [, foreign] = await turn(other, 'q', 'a')
      const [, theirs] = await turn(await begin(visitor), 'q', 'a', undefined, visitor)
      for (const after of ['msg_none', '', asked?.id, foreign?.id, theirs?.id]) {
        expect(await code(turn(id, 'x', 'y', after ?? 'undefined'))).toBe('message/not-found')
        if (after === asked?.id) continue
        for (const place of [{ upTo: after ?? '' }, { through: after ?? '' }])
          expect(await code(conversations.messages(ann, id, place))).toBe('message/not-found')
      }
      expect(await told(id)).toEqual(['q', 'a'])
      expect((await conversations.conversation(ann, id)).messages).toBe(2)
    })

    test('of a long branch the newest are given, and it is walked whole', async () => {
      const id = await begin()
      const [first] = await it.here.conversations.addTurn(
        ann,
        id,
        Array.from({ length: 1200 }, (_, index) => answer(`${index}`)),
        undefined,
      )
      expect(await told(id, { most: 3 })).toEqual(['1197', '1198', '1199'])
      expect(await told(id, { through: first?.id, most: 2 })).toEqual(['1198', '1199'])
      expect(await told(id, { upTo: first?.id, most: 2 })).toEqual(['0'])
      expect(await told(id, { most: 5000 })).toHaveLength(1000)
    })

    test('all that an answer was told with comes back', async () => {
      const id = await begin()
      const near = { databaseId: 'd', documentId: 'x', name: 'a.pdf', headingPath: ['H'], pages: [1, 2] as const, text: 'near \u{1f600}', start: 3, end: 9 }
      const said = { ...answer('no'), answered: false, nearest: [near], writer: 'openai:x', mode: { mode: 'hybrid' as const, model: 'm' } }
      await it.here.conversations.addTurn(ann, id, [question('q'), { ...said, usage: { inputTokens: 1, outputTokens: 2 } }], undefined)
      expect((await it.there.conversations.messages(ann, id))[1]).toMatchObject({ ...said, usage: { inputTokens: 1, outputTokens: 2 }, feedback: undefined })
    })

    test('feedback is given, changed and taken back, on answers alone; a published chat counts it, also when they are gone', async () => {
      const { conversations, publications } = it.here
      const id = await begin(visitor, 'Title', publicationId)
      const [asked, said] = await turn(id, 'q', 'a', undefined, visitor)
      const [, second] = await turn(id, 'q2', 'a2', undefined, visitor)
      const of = async () => (await it.there.conversations.messages(visitor, id)).map(({ feedback }) => feedback)
      const votes = async () => (await publications.publication(accountId, publicationId)).feedback
      const give = (rating: 'up' | 'down' | undefined, comment?: string, message = said?.id ?? '') =>
        conversations.setFeedback(visitor, id, message, rating === undefined ? undefined : { rating, comment })
      expect(await votes()).toEqual({ up: 0, down: 0 })
      await give('up', 'yes!')
      await give('up', 'yes')
      expect([await of(), await votes()]).toEqual([[undefined, { rating: 'up', comment: 'yes' }, undefined, undefined], { up: 1, down: 0 }])
      await give('down')
      await give('down', undefined, second?.id)
      expect([(await of())[1], await votes()]).toEqual([
        { rating: 'down', comment: undefined },
        { up: 0, down: 2 },
      ])
      await give(undefined)
      await give(undefined)
      expect([(await of())[1], await votes()]).toEqual([undefined, { up: 0, down: 1 }])
      for (const wrong of [asked?.id ?? '', 'msg_none']) expect(await code(give('up', undefined, wrong))).toBe('message/not-found')
      expect(await code(conversations.setFeedback(ann, id, said?.id ?? '', undefined))).toBe('conversation/not-found')
      await conversations.removeConversation(visitor, id)
      expect(await votes()).toEqual({ up: 0, down: 1 })
    })

    test('a link shows what was there when it was made, until it is renewed, taken back or over, or its conversation or holder is gone', async () => {
      const { conversations, accounts } = it.here
      const id = await begin()
      const [, said] = await turn(id, 'q', 'a')
      const link = (linkId: string, expiresAt?: number) => conversations.createLink(accountId, id, { id: linkId, secretHash: hashOf(linkId), expiresAt })
      const works = async (linkId: string) => (await it.there.conversations.link(linkId)) !== undefined
      expect((await conversations.conversation(ann, id)).link).toBeUndefined()
      const made = await link('l1', it.ruled.time + 100)
      expect(made).toEqual({
        id: 'l1',
        conversationId: id,
        accountId,
        title: 'Title',
        upTo: said?.id,
        createdAt: it.ruled.time,
        expiresAt: it.ruled.time + 100,
      })
      expect(await it.there.conversations.link('l1')).toEqual({ link: made, secretHash: hashOf('l1') })
      const { items } = await conversations.conversations(ann, { limit: 9 })
      expect(items[0]?.link).toEqual({ createdAt: made.createdAt, expiresAt: made.expiresAt })
      await turn(id, 'later', 'later')
      await conversations.renameConversation(ann, id, 'Later')
      expect((await it.there.conversations.link('l1'))?.link).toEqual(made)
      it.ruled.time += 100
      expect([await works('l1'), (await conversations.conversation(ann, id)).link]).toEqual([false, undefined])
      await link('l2')
      await link('l3')
      expect([await works('l2'), await works('l3'), (await it.there.conversations.link('l3'))?.link.title]).toEqual([false, true, 'Later'])
      for (const [state, open] of [
        ['suspended', false],
        ['active', true],
      ] as const) {
        await accounts.updateAccount(accountId, { state })
        expect(await works('l3')).toBe(open)
      }
      expect([await conversations.removeLink(accountId, id), await conversations.removeLink(accountId, id), await works('l3')]).toEqual([true, false, false])
      await link('l4')
      await conversations.removeConversation(ann, id)
      expect(await works('l4')).toBe(false)
      const other = await begin()
      const { id: bob } = await accounts.createAccount(newAccount('bob@example.com'))
      for (const unknown of [other, 'conv_none', await begin(visitor)]) {
        const calls = [conversations.createLink(bob, unknown, { id: 'l5', secretHash: '', expiresAt: undefined }), conversations.removeLink(bob, unknown)]
        expect(await Promise.all(calls.map(code))).toEqual(['conversation/not-found', 'conversation/not-found'])
      }
      await conversations.createLink(accountId, other, { id: 'l6', secretHash: '', expiresAt: undefined })
      await accounts.removeAccount(accountId)
      expect(await works('l6')).toBe(false)
    })

    test('words are found in titles and in messages of any branch, in any case, as they are; over all pages each once', async () => {
      const { conversations } = it.here
      const [title, spoken, both] = [await begin(ann, 'ÜBER 100% Leave_1'), await begin(ann, 'x'), await begin(ann, 'Leave')]
      await turn(spoken, 'What about ПРИВЕТ?', "it's 'quoted' \\ 5 %")
      await turn(spoken, 'other branch', 'y', START)
      await turn(both, 'über', 'z')
      const foreign = await begin(visitor, 'Leave')
      const found = async (...words: string[]) => (await it.there.conversations.conversations(ann, { limit: 99, words })).items.map(({ id }) => id).sort()
      const are = (...expected: string[]) => expected.sort()
      expect(await found('leave')).toEqual(are(title, both))
      expect(await found('LEAVE', 'über')).toEqual(are(title, both))
      expect(await found('привет')).toEqual(are(spoken))
      expect(await found('привет', 'OTHER', 'x')).toEqual(are(spoken))
      expect(await found("'quoted'", '\\', '%')).toEqual(are(spoken))
      expect(await found('%')).toEqual(are(title, spoken))
      expect(await found('_')).toEqual(are(title))
      expect(await found('leave', 'nothing')).toEqual([])
      await conversations.renameConversation(ann, title, 'renamed')
      expect(await found('leave')).toEqual(are(both))
      expect((await conversations.conversations(visitor, { limit: 9, words: ['leave'] })).items.map(({ id }) => id)).toEqual([foreign])
      for (let index = 0; index < 520; index += 1) await begin(ann, index % 100 === 0 ? `needle ${index}` : 'hay')
      const seen: string[] = []
      for (let cursor: string | undefined, pages = 0; ; pages += 1) {
        expect(pages).toBeLessThan(20)
        const page = await conversations.conversations(ann, { limit: 2, words: ['NEEDLE'], ...(cursor === undefined ? {} : { cursor }) })
        seen.push(...page.items.map((one) => one.title))
        if (page.nextCursor === undefined) break
        cursor = page.nextCursor
      }
      expect(seen.sort()).toEqual([0, 100, 200, 300, 400, 500].map((index) => `needle ${index}`))
    })

    test('a conversation is found when each of the words, however many, stands in its title or in one of its messages', async () => {
      const word = fc.string({ unit: fc.constantFrom('a', 'B', 'ß', 'ﬁ', '%'), minLength: 1, maxLength: 3 })
      const text = fc.array(word, { maxLength: 6 }).map((words) => words.join(' '))
      const fold = (one: string) => one.normalize('NFKC').toLowerCase()
      await fc.assert(
        fc.asyncProperty(
          text,
          fc.array(fc.tuple(text, text), { maxLength: 3 }),
          fc.array(word, { minLength: 1, maxLength: 12 }),
          async (title, turns, words) => {
            const id = await begin(ann, title)
            for (const [asked, said] of turns) await turn(id, asked, said)
            const texts = [title, ...turns.flat()].map(fold)
            const isThere = words.every((one) => texts.some((each) => each.includes(fold(one))))
            const { items } = await it.there.conversations.conversations(ann, { limit: 9, words })
            expect(items.map((one) => one.id)).toEqual(isThere ? [id] : [])
            await it.here.conversations.removeConversation(ann, id)
          },
        ),
        { numRuns: 60 },
      )
    })

    test('what has no messages yet is left out where that is asked for, and pages hold the others once', async () => {
      const { conversations } = it.here
      const begun = await Promise.all(Array.from({ length: 9 }, (_, index) => begin(ann, `leave ${index}`)))
      const talked = begun.filter((_, index) => index % 3 === 1)
      for (const id of talked) await turn(id, 'q', 'a')
      for (const words of [[], ['leave']]) {
        const seen: string[] = []
        for (let cursor: string | undefined, pages = 0; pages < 9; pages += 1) {
          const page = await conversations.conversations(ann, { limit: 2, words, told: true, ...(cursor === undefined ? {} : { cursor }) })
          seen.push(...page.items.map(({ id }) => id))
          cursor = page.nextCursor
          if (cursor === undefined) break
        }
        expect(seen.sort()).toEqual([...talked].sort())
        expect((await conversations.conversations(ann, { limit: 99, words })).items).toHaveLength(9)
      }
    })
  })
}

function branch(known: readonly Known[], last: string): readonly (Known & Pick<PlacedMessage, 'versions'>)[] {
  const chain: Known[] = []
  for (let at = known.find(({ id }) => id === last); at !== undefined; ) {
    chain.unshift(at)
    const { parentId } = at
    at = known.find(({ id }) => id === parentId)
  }
  return chain.map((one) => ({ ...one, versions: known.filter(({ parentId }) => parentId === one.parentId).map(({ id }) => id) }))
}

const ids = (messages: readonly { readonly id?: string }[]) => messages.map(({ id }) => id)
