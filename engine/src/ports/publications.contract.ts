import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { NO_GUARD } from '../domain/answering.ts'
import { code } from './catalog.contract.ts'
import {
  answer,
  DAY,
  newAccount,
  newKey,
  newPublication,
  newSession,
  newTicket,
  type OpenPeople,
  outcomes,
  question,
  type Stage,
  stage,
} from './people.contract.ts'

export function publicationsContract(name: string, open: OpenPeople): void {
  describe(`${name} keeps the promises of Publications`, () => {
    let it: Stage
    let [ann, bob] = ['', '']
    beforeEach(async () => {
      it = await stage(open)
      ann = (await it.here.accounts.createAccount(newAccount('ann@example.com'))).id
      bob = (await it.here.accounts.createAccount(newAccount('bob@example.com'))).id
    })
    afterEach(() => it.close())

    const visit = async (publicationId: string, id: string, conversations: number, deleteAt = it.ruled.time + DAY) => {
      await it.here.publications.createVisitor({ id, publicationId, deleteAt })
      const made: string[] = []
      for (let index = 0; index < conversations; index += 1) {
        const holder = { visitorId: id }
        const conversation = await it.here.conversations.createConversation({ holder, publicationId, databaseIds: ['db_1'], title: 't', deleteAt })
        await it.here.conversations.addTurn(holder, conversation.id, [question('q'), answer('a')], deleteAt)
        made.push(conversation.id)
      }
      return made
    }

    test('a publication comes back as it was made, and changes as it is told', async () => {
      const { publications } = it.here
      const input = newPublication(ann, {
        greeting: 'Hello',
        origins: ['https://a.example.com'],
        sources: 'documents',
        guard: { ...NO_GUARD, medical: 'refuse', legal: 'disclaimer' },
        voice: 'Kindly\u00fc',
        strictness: 'withhold',
        planId: 'plan_visitors',
        expiresAt: 9e12,
      })
      const first = await publications.createPublication(input)
      expect(first).toEqual({ ...input, createdAt: it.ruled.time, revokedAt: undefined, feedback: { up: 0, down: 0 } })
      expect(await it.there.publications.openPublication(first.id)).toEqual(first)
      it.ruled.time += 1
      const second = await publications.createPublication(newPublication(ann))
      expect(await publications.publications(ann)).toEqual([second, first])
      expect(await publications.updatePublication(ann, first.id, {})).toEqual(first)
      const change = { title: 'T', databaseIds: ['db_2', 'db_3'], origins: [], sources: 'quotes', keepDays: 2 } as const
      const guard = { ...NO_GUARD, harmful: 'refuse' } as const
      expect(await publications.updatePublication(ann, first.id, { guard, voice: 'v', strictness: 'remove' })).toEqual({
        ...first,
        guard,
        voice: 'v',
        strictness: 'remove',
      })
      const none = { greeting: null, planId: null, expiresAt: null, voice: null, strictness: null }
      expect(await publications.updatePublication(ann, first.id, { ...change, ...none })).toEqual({
        ...first,
        ...change,
        guard,
        voice: undefined,
        strictness: undefined,
        greeting: undefined,
        planId: undefined,
        expiresAt: undefined,
      })
      expect(await code(publications.createPublication(newPublication('usr_none')))).toBe('account/not-found')
      expect(await code(publications.createPublication(newPublication(ann, { planId: 'plan_none' })))).toBe('plan/not-found')
      expect(await code(publications.updatePublication(ann, first.id, { planId: 'plan_none' }))).toBe('plan/not-found')
    })

    test('a foreign publication is answered like an unknown one, by every method that takes an account', async () => {
      const { publications } = it.here
      const { id } = await publications.createPublication(newPublication(ann))
      const calls = (of: string) => [
        publications.publication(bob, of),
        publications.updatePublication(bob, of, { title: 'x' }),
        publications.revokePublication(bob, of),
      ]
      const foreign = await Promise.all(calls(id).map(code))
      expect(foreign).toEqual(await Promise.all(calls('pub_none').map(code)))
      expect(new Set(foreign)).toEqual(new Set(['publication/not-found']))
      expect(await publications.publications(bob)).toEqual([])
      expect(await publications.openPublication(id)).toMatchObject({ title: 'Ask us' })
    })

    test('strangers get in until it is revoked, its time is over or its maker is not active', async () => {
      const { publications, accounts } = it.here
      const { id } = await publications.createPublication(newPublication(ann, { expiresAt: it.ruled.time + 10 }))
      const isOpen = async () => (await it.there.publications.openPublication(id)) !== undefined
      const enters = () => code(publications.createVisitor({ id: `v${it.ruled.time}`, publicationId: id, deleteAt: it.ruled.time + DAY }))
      expect([await isOpen(), await enters()]).toEqual([true, 'no error'])
      it.ruled.time += 10
      expect([await isOpen(), await enters()]).toEqual([false, 'publication/not-found'])
      await publications.updatePublication(ann, id, { expiresAt: null })
      expect(await isOpen()).toBe(true)
      await accounts.updateAccount(ann, { state: 'suspended' })
      expect([await isOpen(), await enters()]).toEqual([false, 'publication/not-found'])
      await accounts.updateAccount(ann, { state: 'active' })
      const revoked = await publications.revokePublication(ann, id)
      expect(revoked.revokedAt).toBe(it.ruled.time)
      it.ruled.time += 1
      expect(await publications.revokePublication(ann, id)).toEqual(revoked)
      await publications.updatePublication(ann, id, { title: 'again' })
      expect([await isOpen(), await enters()]).toEqual([false, 'publication/not-found'])
      expect(await publications.publication(ann, id)).toMatchObject({ title: 'again', revokedAt: revoked.revokedAt })
      expect(await code(publications.createVisitor({ id: 'v', publicationId: 'pub_none', deleteAt: 1 }))).toBe('publication/not-found')
    })

    test('a visitor is made once, and only for its own publication', async () => {
      const { publications } = it.here
      const [{ id }, other] = [await publications.createPublication(newPublication(ann)), await publications.createPublication(newPublication(ann))]
      expect(await publications.visitor('v1')).toBeUndefined()
      const made = await publications.createVisitor({ id: 'v1', publicationId: id, deleteAt: 5e12 })
      expect(made).toEqual({ id: 'v1', publicationId: id, createdAt: it.ruled.time, lastSeenAt: it.ruled.time, deleteAt: 5e12, claimedBy: undefined })
      it.ruled.time += 1
      expect(await it.there.publications.createVisitor({ id: 'v1', publicationId: id, deleteAt: 6e12 })).toEqual(made)
      expect(await code(publications.createVisitor({ id: 'v1', publicationId: other.id, deleteAt: 6e12 }))).toBe('visitor/not-found')
      const before = it.writes()
      await publications.seenVisitor('v1', 7e12)
      expect(it.writes()).toBe(before)
      it.ruled.time += 60_000
      await publications.seenVisitor('v1', 7e12)
      await publications.seenVisitor('v1', 8e12)
      expect(await publications.visitor('v1')).toMatchObject({ lastSeenAt: it.ruled.time, deleteAt: 7e12 })
    })

    test('a visitor who signs in takes the conversations along, once', async () => {
      const { here, there } = it
      const { id } = await here.publications.createPublication(newPublication(ann))
      const made = await visit(id, 'v1', 3)
      const [others] = await visit(id, 'v2', 1)
      const claims = Array.from({ length: 10 }, (_, index) => (index % 2 === 0 ? here : there).publications.claimVisitor('v1', index === 0 ? bob : ann))
      const counts = await Promise.all(claims)
      expect([...counts].sort()).toEqual([...Array.from({ length: 9 }, () => 0), 3])
      const winner = counts[0] === 3 ? bob : ann
      expect((await there.publications.visitor('v1'))?.claimedBy).toBe(winner)
      const moved = (await there.conversations.conversations({ accountId: winner }, { limit: 9 })).items
      expect(moved.map((each) => each.id).sort()).toEqual([...made].sort())
      expect(moved.every((each) => each.visitorId === undefined && each.deleteAt === undefined && each.messages === 2)).toBe(true)
      expect((await here.conversations.conversations({ visitorId: 'v1' }, { limit: 9 })).items).toEqual([])
      expect(await code(here.conversations.conversation({ visitorId: 'v1' }, made[0] ?? ''))).toBe('conversation/not-found')
      expect((await here.conversations.conversation({ visitorId: 'v2' }, others ?? '')).id).toBe(others)
      const again = { holder: { visitorId: 'v1' }, publicationId: id, databaseIds: [], title: 't', deleteAt: 1 }
      expect(await code(here.conversations.createConversation(again))).toBe('visitor/not-found') // its token no longer counts
      expect(await code(here.publications.claimVisitor('v0', ann))).toBe('visitor/not-found')
      expect(await code(here.publications.claimVisitor('v2', 'usr_none'))).toBe('account/not-found')
      it.ruled.time += 2 * DAY
      await here.publications.sweepVisitors()
      expect((await there.conversations.conversations({ accountId: winner }, { limit: 9 })).items.length).toBe(3)
      expect(await there.publications.visitor('v1')).toBeUndefined()
    })

    test('a visitor is removed with all conversations, unless an account has taken them', async () => {
      const { here, there } = it
      const { id } = await here.publications.createPublication(newPublication(ann))
      const [gone, kept] = [(await visit(id, 'v1', 1))[0] ?? '', (await visit(id, 'v2', 1))[0] ?? '']
      expect(await here.publications.removeVisitor('v0')).toBe(false)
      expect([await here.publications.removeVisitor('v1'), await there.publications.removeVisitor('v1')]).toEqual([true, false])
      expect(await there.publications.visitor('v1')).toBeUndefined()
      expect(await code(there.conversations.messages({ visitorId: 'v1' }, gone))).toBe('conversation/not-found')
      await here.publications.claimVisitor('v2', bob)
      expect(await here.publications.removeVisitor('v2')).toBe(false)
      expect((await there.conversations.messages({ accountId: bob }, kept)).length).toBe(2)
    })

    test('visitors and conversations are deleted when their date has come', async () => {
      const { here, there } = it
      const { id } = await here.publications.createPublication(newPublication(ann))
      const start = it.ruled.time
      const [old] = await visit(id, 'v1', 1, start + 10)
      const [kept] = await visit(id, 'v2', 1, start + 20)
      const early = await here.conversations.createConversation({
        holder: { visitorId: 'v2' },
        publicationId: id,
        databaseIds: [],
        title: 'e',
        deleteAt: start + 5,
      })
      const own = await here.conversations.createConversation({
        holder: { accountId: bob },
        publicationId: undefined,
        databaseIds: [],
        title: 'o',
        deleteAt: undefined,
      })
      expect(await here.publications.sweepVisitors()).toBe(0)
      it.ruled.time = start + 10
      expect(await here.publications.sweepVisitors()).toBe(1)
      expect(await there.publications.visitor('v1')).toBeUndefined()
      expect(await code(there.conversations.conversation({ visitorId: 'v1' }, old ?? ''))).toBe('conversation/not-found')
      expect((await there.conversations.conversations({ visitorId: 'v2' }, { limit: 9 })).items.map((each) => each.id)).toEqual([kept])
      expect(await code(there.conversations.messages({ visitorId: 'v2' }, early.id))).toBe('conversation/not-found')
      it.ruled.time = start + 1000 * DAY
      expect(await here.publications.sweepVisitors()).toBe(1)
      expect((await there.conversations.conversations({ accountId: bob }, { limit: 9 })).items.map((each) => each.id)).toEqual([own.id])
    })

    test('more visitors than one transaction takes are swept', async () => {
      const { publications } = it.here
      const { id } = await publications.createPublication(newPublication(ann))
      for (let index = 0; index < 450; index += 1)
        await publications.createVisitor({ id: `v${index}`, publicationId: id, deleteAt: it.ruled.time + (index % 9) })
      it.ruled.time += 7
      expect(await publications.sweepVisitors()).toBe(400)
      expect(await publications.sweepVisitors()).toBe(0)
    })

    test('an account that is removed is hidden at once with all that it handed out, and forgotten when told', async () => {
      const { here, there } = it
      const { accounts, keys, publications, catalog } = here
      const { id } = await publications.createPublication(newPublication(ann))
      const foreign = await publications.createPublication(newPublication(bob))
      await visit(id, 'v1', 2)
      await visit(foreign.id, 'v2', 1)
      const database = { description: undefined, weights: { dense: 0.5, lexical: 0.5 } }
      const settings = { embedder: 'none', dimensions: 0, chunkSize: 512, chunkOverlap: 64, analyzer: 'quarry-1' }
      const shared = (await catalog.createDatabase({ ...database, ownerId: bob, name: 'd', settings })).database.id
      const own = (await catalog.createDatabase({ ...database, ownerId: ann, name: 'd', settings })).database.id
      await catalog.share(bob, shared, ann, 'manage')
      const session = await accounts.createSession(newSession(ann, it.ruled.time + DAY))
      const key = await keys.createKey(newKey(ann, { origins: ['https://a.example.com'] }))
      const reset = await accounts.createTicket(newTicket('reset', ann, it.ruled.time + DAY))
      const invitation = await accounts.createTicket(newTicket('invitation', ann, it.ruled.time + DAY, { email: 'x@example.com', role: 'viewer' }))
      await here.conversations.createConversation({ holder: { accountId: ann }, publicationId: undefined, databaseIds: [], title: 't', deleteAt: undefined })
      const rights = await there.accounts.rights()
      await accounts.removeAccount(ann)
      expect(await there.accounts.rights()).toBeGreaterThan(rights)
      expect(await there.accounts.session(session.id)).toBeUndefined()
      expect(await there.accounts.sessions(ann)).toEqual([])
      for (const ticket of [reset, invitation]) expect(await there.accounts.ticket(ticket.id)).toBeUndefined()
      expect(await there.accounts.invitations(undefined)).toEqual([])
      expect(await there.keys.keyById(key.id)).toBeUndefined()
      expect(await there.keys.keys(ann)).toEqual([])
      expect(await there.publications.openPublication(id)).toBeUndefined()
      expect(await there.publications.publications(ann)).toEqual([])
      expect(await there.publications.visitor('v1')).toBeUndefined()
      expect(await there.publications.visitor('v2')).toBeDefined()
      expect(await there.catalog.level(ann, shared)).toBeUndefined()
      expect(await there.catalog.shares(bob, shared)).toEqual([])
      const hidden = [
        accounts.account(ann),
        accounts.updateAccount(ann, { name: 'x' }),
        accounts.setPassword(ann, '$'),
        accounts.endSessions(ann),
        accounts.removeAccount(ann),
        accounts.createSession(newSession(ann, it.ruled.time + DAY)),
        accounts.createTicket(newTicket('reset', ann, it.ruled.time + DAY)),
        keys.createKey(newKey(ann)),
        publications.createPublication(newPublication(ann)),
        publications.claimVisitor('v2', ann),
        catalog.share(bob, shared, ann, 'read'),
        catalog.createDatabase({ ...database, ownerId: ann, name: 'new', settings }),
        here.conversations.createConversation({ holder: { accountId: ann }, publicationId: undefined, databaseIds: [], title: 't', deleteAt: undefined }),
      ]
      expect(await outcomes(hidden)).toEqual({ done: 0, codes: hidden.map(() => 'account/not-found') })
      expect(await accounts.passwordHash(ann)).toBeUndefined()
      expect((await accounts.accounts({ limit: 9 })).items.map((each) => each.id)).not.toContain(ann)
      // What the flow purges is still there, and found by it alone.
      expect(await accounts.removedAccounts()).toEqual([ann])
      expect(await catalog.databasesOf(ann)).toEqual([own])
      expect(await here.conversations.removeConversations(ann)).toBe(1)
      await accounts.forgetAccount(bob) // is not removed
      await accounts.forgetAccount(ann)
      await accounts.forgetAccount(ann)
      expect(await accounts.removedAccounts()).toEqual([])
      expect((await accounts.account(bob)).id).toBe(bob)
      expect((await there.publications.openPublication(foreign.id))?.id).toBe(foreign.id)
      it.check()
    })
  })
}
