import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { FIRST_OWNER_ID, ROLES } from '../domain/account.ts'
import { AppError } from '../domain/errors.ts'
import type { Accounts } from './accounts.ts'
import { modelAccounts } from './accounts-model.contract.ts'
import { rule } from './catalog.contract.ts'
import { DAY, hashOf, newAccount, type OpenPeople } from './people.contract.ts'

/** Any call on people, with arguments that meet each other often. */
interface Step {
  readonly name: keyof typeof STEPS
  readonly wait: number
  /** Which of the two connections it comes over. */
  readonly there: boolean
  readonly a: number
  readonly b: number
  readonly c: number
}
interface Ids {
  readonly now: number
  person(index: number): string
  session(index: number): string
  ticket(index: number): string
  newSession(): string
  newTicket(): string
}

const pick = <T>(list: readonly T[], index: number): T => list[index % list.length] as T
const EMAILS = ['ann@example.com', 'Bob@example.com', 'jos\u00e9@example.com', 'JOSE\u0301@EXAMPLE.com', 'cem@example.com']
const secretOf = (id: string, wrong: boolean) => hashOf(wrong ? 'guess' : id)

const STEPS = {
  create: (accounts: Accounts, { a, b }: Step) => accounts.createAccount(newAccount(pick([...EMAILS, undefined], a), pick(ROLES, b))),
  email: (accounts: Accounts, { a, b }: Step, ids: Ids) => accounts.updateAccount(ids.person(a), { email: pick(EMAILS, b), name: pick(['N', null], b) }),
  role: (accounts: Accounts, { a, b }: Step, ids: Ids) => accounts.updateAccount(ids.person(a), { role: pick(ROLES, b) }),
  suspend: (accounts: Accounts, { a }: Step, ids: Ids) => accounts.updateAccount(ids.person(a), { state: 'suspended' }),
  resume: (accounts: Accounts, { a }: Step, ids: Ids) => accounts.updateAccount(ids.person(a), { state: 'active' }),
  setPassword: (accounts: Accounts, { a, b, c }: Step, ids: Ids) => accounts.setPassword(ids.person(a), `$${c}$`, c % 2 === 0 ? ids.session(b) : undefined),
  seen: (accounts: Accounts, { a }: Step, ids: Ids) => accounts.seen(ids.person(a)),
  remove: (accounts: Accounts, { a }: Step, ids: Ids) => accounts.removeAccount(ids.person(a)),
  forget: (accounts: Accounts, { a }: Step, ids: Ids) => accounts.forgetAccount(ids.person(a)),
  signIn: (accounts: Accounts, { a, b, c }: Step, ids: Ids) => {
    const [id, valid] = [ids.newSession(), c === 7 ? { validAfter: 1 } : {}]
    return accounts.createSession({
      id,
      accountId: ids.person(a),
      secretHash: hashOf(id),
      label: `l${b}`,
      expiresAt: ids.now + pick([50_000, DAY], b),
      ...valid,
    })
  },
  touch: (accounts: Accounts, { b, c }: Step, ids: Ids) => accounts.touchSession(ids.session(b), ids.now + c * 30_000),
  signOut: (accounts: Accounts, { a, b }: Step, ids: Ids) => accounts.endSession(ids.person(a), ids.session(b)),
  signOutAll: (accounts: Accounts, { a, b, c }: Step, ids: Ids) => accounts.endSessions(ids.person(a), c % 2 === 0 ? ids.session(b) : undefined),
  claimLink: (accounts: Accounts, { b }: Step, ids: Ids) => ticket(accounts, 'claim', FIRST_OWNER_ID, b, ids),
  resetLink: (accounts: Accounts, { a, b }: Step, ids: Ids) => ticket(accounts, 'reset', ids.person(a), b, ids),
  invite: (accounts: Accounts, { a, b, c }: Step, ids: Ids) =>
    ticket(accounts, 'invitation', ids.person(a), b, ids, { email: pick(EMAILS, c), role: pick(ROLES, c) }),
  uninvite: (accounts: Accounts, { a, b, c }: Step, ids: Ids) => accounts.revokeTicket(ids.ticket(b), c % 2 === 0 ? ids.person(a) : undefined),
  claim: (accounts: Accounts, { a, b, c }: Step, ids: Ids) =>
    accounts.redeemClaim(ids.ticket(b), secretOf(ids.ticket(b), c === 7), { email: pick(EMAILS, a), name: undefined, passwordHash: '$claim$' }),
  reset: (accounts: Accounts, { b, c }: Step, ids: Ids) => accounts.redeemReset(ids.ticket(b), secretOf(ids.ticket(b), c === 7), '$reset$'),
  join: (accounts: Accounts, { b, c }: Step, ids: Ids) =>
    accounts.redeemInvitation(ids.ticket(b), secretOf(ids.ticket(b), c === 7), { name: 'J', passwordHash: '$join$' }),
  sweep: (accounts: Accounts) => accounts.sweepAccounts(),
} as const

function ticket(
  accounts: Accounts,
  purpose: 'claim' | 'reset' | 'invitation',
  accountId: string,
  b: number,
  ids: Ids,
  invited: { email?: string; role?: 'owner' | 'member' | 'viewer' } = {},
) {
  const id = ids.newTicket()
  return accounts.createTicket({
    id,
    purpose,
    accountId,
    secretHash: hashOf(id),
    expiresAt: ids.now + pick([50_000, DAY], b),
    email: invited.email,
    role: invited.role,
  })
}

const NAMES = Object.keys(STEPS) as (keyof typeof STEPS)[]
const OFTEN: ReadonlySet<string> = new Set(['create', 'signIn', 'claimLink', 'resetLink', 'invite', 'claim', 'reset', 'join', 'role', 'suspend', 'resume'])
const name = fc.oneof(...NAMES.map((each) => ({ arbitrary: fc.constant(each), weight: OFTEN.has(each) ? 4 : 1 })))
const near = fc.oneof({ arbitrary: fc.constant(0), weight: 4 }, { arbitrary: fc.constant(1), weight: 2 }, { arbitrary: fc.nat({ max: 7 }), weight: 3 })
const wait = fc.constantFrom(0, 0, 1, 20_000, 61_000)
const history = fc.array(fc.record({ name, wait, there: fc.boolean(), a: near, b: near, c: near }), { minLength: 5, maxLength: 80, size: 'max' })

/** The same ids for subject and model; the newest for 0, the one before for 1 and so on. */
function idsOf(ruled: ReturnType<typeof rule>): Ids {
  const [sessions, tickets]: [string[], string[]] = [[], []]
  const back = (list: readonly string[], index: number) => list[list.length - 1 - (index % Math.max(1, list.length))] ?? 'none'
  const add = (list: string[], prefix: string) => {
    const id = `${prefix}${((list.length + 1) * 7919) % 10007}`
    list.push(id)
    return id
  }
  return {
    get now() {
      return ruled.time
    },
    person: (index) => (index === 7 ? FIRST_OWNER_ID : ruled.made('usr', index)),
    session: (index) => back(sessions, index),
    ticket: (index) => back(tickets, index),
    newSession: () => add(sessions, 's'),
    newTicket: () => add(tickets, 't'),
  }
}

async function outcome(accounts: Accounts, step: Step, ids: Ids): Promise<unknown> {
  try {
    return { value: await STEPS[step.name](accounts, step, ids) }
  } catch (error) {
    if (error instanceof AppError) return { error: error.code, facts: error.facts }
    throw error
  }
}

async function everything(accounts: Accounts, ruled: ReturnType<typeof rule>): Promise<unknown> {
  const { items } = await accounts.accounts({ limit: 100 })
  const seen: unknown[] = [await accounts.hasOwner(), await accounts.removedAccounts(), await accounts.invitations(undefined)]
  for (const account of items) {
    // When the first owner's row was made is no matter of the ruled clock.
    seen.push(account.id === FIRST_OWNER_ID ? { ...account, createdAt: 0 } : account)
    seen.push(await accounts.sessions(account.id), await accounts.invitations(account.id), await accounts.passwordHash(account.id))
    for (const session of await accounts.sessions(account.id)) {
      const found = await accounts.session(session.id)
      seen.push(found?.secretHash, found?.session)
    }
  }
  for (let index = 0; index < 30; index += 1) seen.push(await accounts.ticket(`t${((index + 1) * 7919) % 10007}`))
  for (const email of EMAILS) seen.push((await accounts.accountByEmail(email))?.id)
  for (const id of ruled.ids.get('usr') ?? []) seen.push(await accounts.passwordHash(id))
  return seen
}

/** The first owner was made by another clock: where it stands in a list is no matter. */
const sorted = (accounts: Accounts): Accounts => ({
  ...accounts,
  accounts: async (page) => {
    const found = await accounts.accounts(page)
    return { ...found, items: [...found.items].sort((a, b) => (a.id < b.id ? -1 : 1)) }
  },
})
const hidden = (value: unknown) => JSON.parse(JSON.stringify(value, (key, each) => (key === 'createdAt' && each > 1e12 ? 0 : each)) ?? 'null')

export function accountsHistoryContract(subjectName: string, open: OpenPeople, { runs }: { readonly runs: number }): void {
  describe(`${subjectName} and a plain model of people`, () => {
    test('give the same in any history, over whichever connection', async () => {
      const endings = new Map<string, number>()
      await fc.assert(
        fc.asyncProperty(history, async (steps) => {
          const [ruledSubject, ruledModel] = [rule(), rule()]
          const model = modelAccounts(ruledModel)
          const [subjectIds, modelIds] = [idsOf(ruledSubject), idsOf(ruledModel)]
          const subject = await open(ruledSubject)
          try {
            for (const step of steps) {
              ruledSubject.time += step.wait
              ruledModel.time += step.wait
              const { accounts, other } = step.there
                ? { accounts: subject.there.accounts, other: subject.here.accounts }
                : { accounts: subject.here.accounts, other: subject.there.accounts }
              const [before, modelBefore] = [await other.rights(), await model.rights()]
              const [got, wanted] = [await outcome(accounts, step, subjectIds), await outcome(model, step, modelIds)]
              expect(hidden(got), JSON.stringify(step)).toEqual(hidden(wanted))
              // Sessions whose time is over take no right with them, but may move the number when they are swept.
              if (step.name !== 'sweep') expect((await other.rights()) > before, JSON.stringify(step)).toBe((await model.rights()) > modelBefore)
              const ending = `${step.name} ${typeof wanted === 'object' && wanted !== null && 'error' in wanted ? wanted.error : 'done'}`
              endings.set(ending, (endings.get(ending) ?? 0) + 1)
            }
            expect(hidden(await everything(sorted(subject.there.accounts), ruledSubject))).toEqual(hidden(await everything(sorted(model), ruledModel)))
          } finally {
            await subject.close()
          }
        }),
        { numRuns: runs },
      )
      // The histories do reach what they are for.
      for (const each of ['claim done', 'reset done', 'join done', 'remove done', 'role account/last-owner', 'claim account/claimed', 'join ticket/invalid']) {
        expect(endings.get(each) ?? 0, each).toBeGreaterThan(0)
      }
    })
  })
}
