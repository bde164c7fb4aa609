import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { FIRST_OWNER_ID } from '../domain/account.ts'
import { code } from './catalog.contract.ts'
import { DAY, hashOf, newAccount, newSession, newTicket, type OpenPeople, outcomes, type Stage, stage } from './people.contract.ts'

export function accountsContract(name: string, open: OpenPeople): void {
  describe(`${name} keeps the promises of Accounts`, () => {
    let it: Stage
    beforeEach(async () => {
      it = await stage(open)
    })
    afterEach(() => it.close())

    const person = (email: string) => ({ email, name: 'Ann', passwordHash: '$hash$' })
    const claim = async (email = 'ann@example.com') => {
      const ticket = newTicket('claim', FIRST_OWNER_ID, it.ruled.time + DAY)
      await it.here.accounts.createTicket(ticket)
      return it.here.accounts.redeemClaim(ticket.id, ticket.secretHash, person(email))
    }

    test('before the claim there is one account, the first owner, which nobody is', async () => {
      const { accounts } = it.here
      expect(await accounts.hasOwner()).toBe(false)
      const first = await accounts.account(FIRST_OWNER_ID)
      expect(first).toMatchObject({ role: 'owner', state: 'unclaimed', email: undefined, hasPassword: false })
      expect((await accounts.accounts({ limit: 10 })).items).toEqual([first])
      for (const change of [{ state: 'active' }, { state: 'suspended' }, { role: 'member' }] as const) {
        expect(await code(accounts.updateAccount(FIRST_OWNER_ID, change))).toBe('account/last-owner')
      }
      expect(await code(accounts.removeAccount(FIRST_OWNER_ID))).toBe('account/last-owner')
      expect(await code(accounts.createSession(newSession(FIRST_OWNER_ID, it.ruled.time + DAY)))).toBe('account/not-found')
    })

    test('of 50 claims at the same time over two connections one makes the owner', async () => {
      const { here, there } = it
      const ticket = newTicket('claim', FIRST_OWNER_ID, it.ruled.time + DAY)
      await here.accounts.createTicket(ticket)
      const calls = Array.from({ length: 50 }, (_, index) =>
        (index % 2 === 0 ? here : there).accounts.redeemClaim(ticket.id, ticket.secretHash, person(`p${index}@example.com`)),
      )
      const { done, codes } = await outcomes(calls)
      expect([done, codes.length]).toEqual([1, 49])
      expect(codes.filter((each) => each !== 'account/claimed' && each !== 'ticket/invalid')).toEqual([])
      expect(await there.accounts.hasOwner()).toBe(true)
      expect((await here.accounts.account(FIRST_OWNER_ID)).state).toBe('active')
      expect((await here.accounts.accounts({ limit: 10 })).items.length).toBe(1)
      const late = newTicket('claim', FIRST_OWNER_ID, it.ruled.time + DAY)
      await here.accounts.createTicket(late)
      expect(await here.accounts.ticket(late.id)).toBeUndefined()
      expect(await code(here.accounts.redeemClaim(late.id, late.secretHash, person('x@example.com')))).toBe('account/claimed')
    })

    test('a new claim link replaces the one before, and an address that is taken does not use it up', async () => {
      const { accounts } = it.here
      const [first, second] = [newTicket('claim', FIRST_OWNER_ID, it.ruled.time + DAY), newTicket('claim', FIRST_OWNER_ID, it.ruled.time + DAY)]
      await accounts.createTicket(first)
      await accounts.createTicket(second)
      await accounts.createAccount(newAccount('bob@example.com'))
      expect(await code(accounts.redeemClaim(first.id, first.secretHash, person('a@example.com')))).toBe('ticket/invalid')
      expect(await code(accounts.redeemClaim(second.id, second.secretHash, person('BOB@example.com')))).toBe('account/exists')
      expect((await accounts.redeemClaim(second.id, second.secretHash, person('A@example.com'))).email).toBe('a@example.com')
    })

    test('a ticket works once, for its purpose, in its time, and is not used up by a wrong secret', async () => {
      const { here, there } = it
      await claim()
      const { id } = await here.accounts.createAccount(newAccount('bob@example.com'))
      const tickets = {
        reset: newTicket('reset', id, it.ruled.time + DAY),
        invitation: newTicket('invitation', FIRST_OWNER_ID, it.ruled.time + DAY, { email: 'Cem@Example.com', role: 'viewer' }),
      }
      const redeem = {
        reset: (ticketId: string, hash: string, stores = here) => stores.accounts.redeemReset(ticketId, hash, '$new$'),
        invitation: (ticketId: string, hash: string, stores = here) =>
          stores.accounts.redeemInvitation(ticketId, hash, { name: 'Cem', passwordHash: '$hash$' }),
      }
      for (const purpose of ['reset', 'invitation'] as const) {
        const ticket = tickets[purpose]
        const { secretHash, ...shown } = ticket
        const email = purpose === 'invitation' ? 'cem@example.com' : undefined
        expect(await here.accounts.createTicket(ticket)).toEqual({ ...shown, email, createdAt: it.ruled.time })
        for (const wrong of ['', hashOf('guess'), secretHash.slice(1), secretHash.toUpperCase(), `${secretHash}0`]) {
          expect(await code(redeem[purpose](ticket.id, wrong))).toBe('ticket/invalid')
        }
        const others = [redeem.reset, redeem.invitation].filter((each) => each !== redeem[purpose])
        for (const other of others) expect(await code(other(ticket.id, secretHash))).toBe('ticket/invalid')
        expect(await there.accounts.ticket(ticket.id)).toMatchObject({ ticket: { ...shown, email }, secretHash })
        it.ruled.time += DAY
        expect(await code(redeem[purpose](ticket.id, secretHash))).toBe('ticket/invalid')
        expect(await there.accounts.ticket(ticket.id)).toBeUndefined()
        it.ruled.time -= DAY
        const calls = Array.from({ length: 12 }, (_, index) => redeem[purpose](ticket.id, secretHash, index % 2 === 0 ? here : there))
        expect(await outcomes(calls)).toEqual({ done: 1, codes: Array.from({ length: 11 }, () => 'ticket/invalid') })
        expect(await there.accounts.ticket(ticket.id)).toBeUndefined()
      }
      expect(await here.accounts.accountByEmail('cem@example.com')).toMatchObject({ role: 'viewer', state: 'active', name: 'Cem', hasPassword: true })
      expect(await here.accounts.passwordHash(id)).toBe('$new$')
      expect(await code(redeem.reset('0000000000000000', hashOf('x')))).toBe('ticket/invalid')
    })

    test('an invitation hands over no more than its inviter still has', async () => {
      const { accounts } = it.here
      await claim()
      const inviter = await accounts.createAccount(newAccount('bob@example.com', 'owner'))
      const invite = async (role: 'owner' | 'member', email: string) => {
        const ticket = newTicket('invitation', inviter.id, it.ruled.time + DAY, { email, role })
        await accounts.createTicket(ticket)
        return ticket
      }
      const [high, low] = [await invite('owner', 'c@example.com'), await invite('member', 'd@example.com')]
      const redeem = (ticket: typeof high) => code(accounts.redeemInvitation(ticket.id, ticket.secretHash, { name: undefined, passwordHash: '$' }))
      const listed = async (of: string | undefined) => (await accounts.invitations(of)).map((each) => each.id).sort()
      expect(await listed(inviter.id)).toEqual([high.id, low.id].sort())
      await accounts.updateAccount(inviter.id, { role: 'member' })
      expect(await redeem(high)).toBe('ticket/invalid')
      expect(await listed(undefined)).toEqual([low.id])
      await accounts.updateAccount(inviter.id, { state: 'suspended' })
      expect(await redeem(low)).toBe('ticket/invalid')
      await accounts.updateAccount(inviter.id, { state: 'active' })
      expect(await accounts.revokeTicket(low.id, FIRST_OWNER_ID)).toBe(false)
      expect(await accounts.revokeTicket(low.id, inviter.id)).toBe(true)
      expect(await accounts.revokeTicket(low.id, inviter.id)).toBe(false)
      expect(await redeem(low)).toBe('ticket/invalid')
      const reset = newTicket('reset', inviter.id, it.ruled.time + DAY)
      await accounts.createTicket(reset)
      expect(await accounts.revokeTicket(reset.id, undefined)).toBe(false) // it is no invitation
      const again = await invite('member', 'e@example.com')
      await accounts.removeAccount(inviter.id)
      expect(await redeem(again)).toBe('ticket/invalid')
    })

    test('an e-mail address is one however it is spelled', async () => {
      const { accounts } = it.here
      const { id } = await accounts.createAccount(newAccount('Jos\u00e9@Example.COM'))
      const other = await accounts.createAccount(newAccount('other@example.com'))
      for (const spelling of ['jos\u00e9@example.com', 'JOSE\u0301@EXAMPLE.com', 'jose\u0301@example.com']) {
        expect((await accounts.accountByEmail(spelling))?.id).toBe(id)
        expect(await code(accounts.createAccount(newAccount(spelling)))).toBe('account/exists')
        expect(await code(accounts.updateAccount(other.id, { email: spelling }))).toBe('account/exists')
        const ticket = newTicket('invitation', other.id, it.ruled.time + DAY, { email: spelling, role: 'viewer' })
        await accounts.createTicket(ticket)
        expect(await code(accounts.redeemInvitation(ticket.id, ticket.secretHash, { name: undefined, passwordHash: '$' }))).toBe('account/exists')
        expect(await accounts.ticket(ticket.id)).toBeDefined()
      }
      expect((await accounts.updateAccount(id, { email: 'JOSE\u0301@example.com' })).email).toBe('jos\u00e9@example.com')
      expect(await accounts.accountByEmail('jose@example.com')).toBeUndefined()
      await accounts.removeAccount(id)
      expect(await accounts.accountByEmail('jos\u00e9@example.com')).toBeUndefined()
      expect((await accounts.createAccount(newAccount('JOS\u00c9@example.com'))).id).not.toBe(id)
    })

    test('an account of a provider is found by issuer and subject, each once', async () => {
      const { accounts } = it.here
      const provider = { issuer: 'https://id.example.com', subject: 'S1' }
      const { id } = await accounts.createAccount(newAccount(undefined, 'owner', { provider, roleSetAt: 5 }))
      expect(await accounts.account(id)).toMatchObject({ provider, email: undefined, validAfter: 0, roleSetAt: 5, hasPassword: false })
      expect((await accounts.accountByProvider(provider))?.id).toBe(id)
      for (const other of [
        { ...provider, subject: 's1' },
        { ...provider, issuer: 'https://id.example.com/' },
      ]) {
        expect(await accounts.accountByProvider(other)).toBeUndefined()
      }
      expect(await code(accounts.createAccount(newAccount('x@example.com', 'member', { provider })))).toBe('account/exists')
      expect(await accounts.accountByEmail('x@example.com')).toBeUndefined()
      expect(await accounts.hasOwner()).toBe(true)
      expect(await accounts.updateAccount(id, { name: 'N', roleSetAt: 7 })).toMatchObject({ name: 'N', roleSetAt: 7 })
      await accounts.createAccount(newAccount('boss@example.com', 'owner'))
      expect(await accounts.updateAccount(id, { role: 'member' })).toMatchObject({ role: 'member', roleSetAt: undefined })
      expect(await accounts.updateAccount(id, { role: 'viewer', roleSetAt: 9, name: null })).toMatchObject({ roleSetAt: 9, name: undefined })
      expect(await code(accounts.updateAccount(id, { planId: 'plan_none' }))).toBe('plan/not-found')
      expect((await accounts.updateAccount(id, { planId: 'plan_people' })).planId).toBe('plan_people')
      expect((await accounts.updateAccount(id, { planId: null })).planId).toBeUndefined()
    })

    test('the last active owner stays one, whatever happens at the same time', async () => {
      const { here, there } = it
      await claim()
      const owners = [FIRST_OWNER_ID]
      for (const each of ['b', 'c', 'd']) owners.push((await here.accounts.createAccount(newAccount(`${each}@example.com`, 'owner'))).id)
      await here.accounts.createAccount(newAccount('m@example.com'))
      const take = [
        (id: string, stores: typeof here) => stores.accounts.updateAccount(id, { role: 'member' }),
        (id: string, stores: typeof here) => stores.accounts.updateAccount(id, { state: 'suspended' }),
        (id: string, stores: typeof here) => stores.accounts.removeAccount(id),
        (id: string, stores: typeof here) => stores.accounts.updateAccount(id, { role: 'viewer' }),
      ]
      const calls = [3, 2, 1, 0].map((index) => take[(index + 2) % 4]?.(owners[index] ?? '', index % 2 === 0 ? here : there))
      expect(await outcomes(calls.filter((each) => each !== undefined))).toMatchObject({ done: 3, codes: ['account/last-owner'] })
      const left = (await there.accounts.accounts({ limit: 10 })).items.filter((each) => each.role === 'owner' && each.state === 'active')
      expect(left.length).toBe(1)
      for (const one of take) expect(await code(one(left[0]?.id ?? '', there))).toBe('account/last-owner')
      expect(await code(here.accounts.updateAccount(left[0]?.id ?? '', { email: 'new@example.com', name: 'N' }))).toBe('no error')
      expect(await code(here.accounts.removeAccount(FIRST_OWNER_ID))).toBe('account/last-owner')
    })

    test('a session counts until it ends, its time is over or its account is not active', async () => {
      const { here, there } = it
      const { id } = await here.accounts.createAccount(newAccount('bob@example.com'))
      const input = newSession(id, it.ruled.time + DAY)
      const made = await here.accounts.createSession(input)
      expect(await there.accounts.session(input.id)).toMatchObject({ session: made, secretHash: input.secretHash, account: { id } })
      await here.accounts.updateAccount(id, { state: 'suspended' })
      expect(await there.accounts.session(input.id)).toBeUndefined()
      expect(await code(here.accounts.createSession(newSession(id, it.ruled.time + DAY)))).toBe('account/not-found')
      await here.accounts.updateAccount(id, { state: 'active' })
      expect(await there.accounts.session(input.id)).toBeDefined()
      const foreign = await here.accounts.createAccount(newAccount('eve@example.com'))
      expect(await here.accounts.endSession(foreign.id, input.id)).toBe(false)
      it.ruled.time += DAY
      expect(await there.accounts.session(input.id)).toBeUndefined()
      expect(await here.accounts.sessions(id)).toEqual([])
      expect(await here.accounts.endSession(id, input.id)).toBe(false)
      await here.accounts.touchSession(input.id, it.ruled.time + DAY) // too late
      expect(await there.accounts.session(input.id)).toBeUndefined()
      expect(await code(here.accounts.createSession(newSession('usr_none', it.ruled.time + DAY)))).toBe('account/not-found')
    })

    test('a new password and a sign-out everywhere end all sessions but the one that is kept', async () => {
      const { accounts } = it.here
      const { id, validAfter } = await accounts.createAccount(newAccount('bob@example.com', 'member', { passwordHash: '$old$' }))
      const sign = async () => (await accounts.createSession(newSession(id, it.ruled.time + DAY))).id
      const listed = async () => (await accounts.sessions(id)).map((each) => each.id).sort()
      const [a, b] = [await sign(), await sign()]
      const reset = newTicket('reset', id, it.ruled.time + DAY)
      await accounts.createTicket(reset)
      await accounts.setPassword(id, '$new$', a)
      expect(await listed()).toEqual([a])
      expect(await accounts.session(b)).toBeUndefined()
      expect(await accounts.session(a)).toBeDefined()
      expect(await accounts.passwordHash(id)).toBe('$new$')
      expect(await code(accounts.redeemReset(reset.id, reset.secretHash, '$'))).toBe('ticket/invalid')
      const first = (await accounts.account(id)).validAfter
      expect(first).toBeGreaterThanOrEqual(it.ruled.time)
      // Who was checked before the password changed does not come in after it.
      expect(await code(accounts.createSession({ ...newSession(id, it.ruled.time + DAY), validAfter }))).toBe('account/not-found')
      const c = (await accounts.createSession({ ...newSession(id, it.ruled.time + DAY), validAfter: first })).id
      await accounts.endSessions(id, c)
      expect(await listed()).toEqual([c])
      expect((await accounts.account(id)).validAfter).toBeGreaterThan(first)
      await accounts.endSessions(id)
      expect(await listed()).toEqual([])
      await sign()
      const again = newTicket('reset', id, it.ruled.time + DAY)
      await accounts.createTicket(again)
      await accounts.redeemReset(again.id, again.secretHash, '$third$')
      expect([await listed(), await accounts.passwordHash(id)]).toEqual([[], '$third$'])
      for (const call of [accounts.setPassword('usr_none', '$'), accounts.endSessions('usr_none')]) expect(await code(call)).toBe('account/not-found')
      // A link that went to the former address.
      const old = newTicket('reset', id, it.ruled.time + DAY)
      await accounts.createTicket(old)
      await accounts.updateAccount(id, { email: 'robert@example.com' })
      expect(await accounts.ticket(old.id)).toBeUndefined()
    })

    test('that somebody was here is written once a minute', async () => {
      const { accounts } = it.here
      const { id } = await accounts.createAccount(newAccount('bob@example.com'))
      const { id: session } = await accounts.createSession(newSession(id, it.ruled.time + DAY))
      const note = async () => {
        const before = it.writes()
        await accounts.seen(id)
        await accounts.touchSession(session, it.ruled.time + DAY)
        return it.writes() - before
      }
      await accounts.seen(id)
      expect((await accounts.account(id)).lastSeenAt).toBe(it.ruled.time)
      it.ruled.time += 59_999
      expect(await note()).toBe(0)
      it.ruled.time += 1
      expect(await note()).toBe(2)
      expect(await note()).toBe(0)
      expect((await accounts.account(id)).lastSeenAt).toBe(it.ruled.time)
      expect((await accounts.session(session))?.session).toMatchObject({ lastSeenAt: it.ruled.time, expiresAt: it.ruled.time + DAY })
      it.ruled.time += 60_000
      await accounts.touchSession(session, it.ruled.time + 1)
      expect((await accounts.session(session))?.session.expiresAt).toBe(it.ruled.time - 60_000 + DAY) // never shorter
    })

    test('pages of people hold everyone once, newest first, and search in address and name', async () => {
      const { accounts } = it.here
      for (let index = 0; index < 17; index += 1) {
        it.ruled.time += index % 3 === 0 ? 1 : 0
        await accounts.createAccount(newAccount(`p${index}@example.com`, 'member', { name: index % 2 === 0 ? `\u00c4nne ${index}` : undefined }))
      }
      const walk = async (limit: number, search?: string) => {
        const ids: string[] = []
        for (let cursor: string | undefined, pages = 0; ; pages += 1) {
          expect(pages).toBeLessThan(200)
          const page = await accounts.accounts({ limit, ...(cursor === undefined ? {} : { cursor }), ...(search === undefined ? {} : { search }) })
          ids.push(...page.items.map((each) => each.id))
          if (page.nextCursor === undefined) return ids
          cursor = page.nextCursor
        }
      }
      const all = await walk(100)
      expect(new Set(all).size).toBe(18)
      for (const limit of [1, 4, 18]) expect(await walk(limit)).toEqual(all)
      expect((await walk(2, 'A\u0308NNE')).length).toBe(9)
      expect((await walk(5, 'P1')).length).toBe(8)
      expect(await walk(5, '%')).toEqual([])
    })

    test('sweeping takes what is over and nothing else', async () => {
      const { accounts } = it.here
      await claim()
      const { id } = await accounts.createAccount(newAccount('bob@example.com'))
      const [short, long] = [newSession(id, it.ruled.time + 10), newSession(id, it.ruled.time + DAY)]
      for (const each of [short, long]) await accounts.createSession(each)
      const tickets = [10, DAY].map((wait) => newTicket('invitation', FIRST_OWNER_ID, it.ruled.time + wait, { email: `${wait}@example.com`, role: 'member' }))
      for (const each of tickets) await accounts.createTicket(each)
      it.ruled.time += 10
      await accounts.sweepAccounts()
      it.ruled.time -= 10
      expect((await accounts.sessions(id)).map((each) => each.id)).toEqual([long.id])
      expect((await accounts.invitations(undefined)).map((each) => each.id)).toEqual([tickets[1]?.id])
    })
  })
}
