import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { FIRST_OWNER_ID, type Ticket } from '../domain/account.ts'
import type { Accounts } from './accounts.ts'
import { newDatabase } from './catalog.contract.ts'
import type { Catalog } from './catalog.ts'
import type { Conversations } from './conversations.ts'
import type { Keys } from './keys.ts'
import {
  answer,
  DAY,
  hashOf,
  newAccount,
  newKey,
  newPublication,
  newSession,
  newTicket,
  type OpenPeople,
  question,
  type Stage,
  stage,
} from './people.contract.ts'
import type { Publications } from './publications.ts'

/** Everything that a right can hang on, once. */
interface Scene extends Stage {
  readonly owner: string
  readonly member: string
  readonly removed: string
  readonly session: string
  readonly key: string
  readonly publication: string
  readonly visitor: string
  readonly conversation: string
  readonly database: string
  readonly claim: Redeemable
  readonly reset: Redeemable
  readonly invitation: Redeemable
}
type Redeemable = Ticket & { readonly secretHash: string }

/** `takes`: takes a right away, so that `rights()` moves; `keeps`: does not, and `rights()` stays as it is. */
type Case = readonly [ending: 'takes' | 'keeps', what: string, call: (scene: Scene) => Promise<unknown>]
type Cases<Port> = { readonly [Method in keyof Port]: readonly Case[] }
const keeps = (call: (scene: Scene) => Promise<unknown>): readonly Case[] => [['keeps', '', call]]
const takes = (call: (scene: Scene) => Promise<unknown>): readonly Case[] => [['takes', '', call]]

const MINUTE = 60_000
const later = (scene: Scene) => scene.ruled.time + 9 * DAY

const ACCOUNTS: Cases<Accounts> = {
  hasOwner: keeps(({ here }) => here.accounts.hasOwner()),
  account: keeps(({ here, member }) => here.accounts.account(member)),
  accountByEmail: keeps(({ here }) => here.accounts.accountByEmail('member@example.com')),
  accountByProvider: keeps(({ here }) => here.accounts.accountByProvider({ issuer: 'i', subject: 's' })),
  accounts: keeps(({ here }) => here.accounts.accounts({ limit: 9 })),
  createAccount: keeps(({ here }) => here.accounts.createAccount(newAccount('new@example.com'))),
  updateAccount: [
    ['takes', 'role', ({ here, member }) => here.accounts.updateAccount(member, { role: 'viewer' })],
    ['takes', 'state', ({ here, member }) => here.accounts.updateAccount(member, { state: 'suspended' })],
    ['keeps', 'the same role and state', ({ here, member }) => here.accounts.updateAccount(member, { role: 'member', state: 'active', roleSetAt: 5 })],
    [
      'keeps',
      'name, address, plan, provider',
      ({ here, member }) =>
        here.accounts.updateAccount(member, { name: 'x', email: 'y@example.com', planId: 'plan_keys', provider: { issuer: 'i', subject: 's' } }),
    ],
  ],
  passwordHash: keeps(({ here, member }) => here.accounts.passwordHash(member)),
  setPassword: [
    ['takes', 'all sessions', ({ here, member }) => here.accounts.setPassword(member, '$')],
    ['takes', 'all but one', ({ here, member, session }) => here.accounts.setPassword(member, '$', session)],
  ],
  seen: keeps(({ here, member }) => here.accounts.seen(member)),
  removeAccount: takes(({ here, member }) => here.accounts.removeAccount(member)),
  removedAccounts: keeps(({ here }) => here.accounts.removedAccounts()),
  forgetAccount: keeps(({ here, removed }) => here.accounts.forgetAccount(removed)),
  createSession: keeps((scene) => scene.here.accounts.createSession(newSession(scene.member, later(scene)))),
  session: keeps(({ here, session }) => here.accounts.session(session)),
  sessions: keeps(({ here, member }) => here.accounts.sessions(member)),
  touchSession: keeps((scene) => scene.here.accounts.touchSession(scene.session, later(scene))),
  endSession: [
    ['takes', '', ({ here, member, session }) => here.accounts.endSession(member, session)],
    ['keeps', 'of somebody else', ({ here, owner, session }) => here.accounts.endSession(owner, session)],
  ],
  endSessions: [
    ['takes', 'all', ({ here, member }) => here.accounts.endSessions(member)],
    ['takes', 'tokens from outside, where there is no session', ({ here, owner }) => here.accounts.endSessions(owner)],
  ],
  createTicket: keeps((scene) => scene.here.accounts.createTicket(newTicket('reset', scene.member, later(scene)))),
  ticket: keeps(({ here, reset }) => here.accounts.ticket(reset.id)),
  invitations: keeps(({ here }) => here.accounts.invitations(undefined)),
  revokeTicket: keeps(({ here, invitation }) => here.accounts.revokeTicket(invitation.id, undefined)),
  redeemClaim: takes(({ here, claim }) =>
    here.accounts.redeemClaim(claim.id, claim.secretHash, { email: 'o@example.com', name: undefined, passwordHash: '$' }),
  ),
  redeemReset: takes(({ here, reset }) => here.accounts.redeemReset(reset.id, reset.secretHash, '$')),
  redeemInvitation: keeps(({ here, invitation }) =>
    here.accounts.redeemInvitation(invitation.id, invitation.secretHash, { name: undefined, passwordHash: '$' }),
  ),
  rights: keeps(({ here }) => here.accounts.rights()),
  sweepAccounts: keeps(({ here }) => here.accounts.sweepAccounts()),
}

const KEYS: Cases<Keys> = {
  createKey: keeps(({ here, member }) => here.keys.createKey(newKey(member, { origins: ['https://a'] }))),
  keyById: keeps(({ here, key }) => here.keys.keyById(key)),
  key: keeps(({ here, member, key }) => here.keys.key(member, key)),
  keys: keeps(({ here, member }) => here.keys.keys(member)),
  updateKey: [
    ['takes', 'expiry', ({ here, member, key }) => here.keys.updateKey(member, key, { expiresAt: 5 })],
    ['takes', 'origins', ({ here, member, key }) => here.keys.updateKey(member, key, { origins: [] })],
    ['takes', 'addresses', ({ here, member, key }) => here.keys.updateKey(member, key, { addresses: ['::1'] })],
    ['keeps', 'name and plan', ({ here, member, key }) => here.keys.updateKey(member, key, { name: 'x', planId: 'plan_keys' })],
  ],
  rotateKey: takes((scene) => scene.here.keys.rotateKey(scene.member, scene.key, hashOf('new'), later(scene))),
  revokeKey: takes(({ here, member, key }) => here.keys.revokeKey(member, key)),
  originListed: keeps(({ here }) => here.keys.originListed('https://a')),
  keyUsed: keeps(({ here, key }) => here.keys.keyUsed(key)),
}

const PUBLICATIONS: Cases<Publications> = {
  createPublication: keeps(({ here, member }) => here.publications.createPublication(newPublication(member))),
  publication: keeps(({ here, member, publication }) => here.publications.publication(member, publication)),
  publications: keeps(({ here, member }) => here.publications.publications(member)),
  openPublication: keeps(({ here, publication }) => here.publications.openPublication(publication)),
  updatePublication: [
    ['takes', 'databases', ({ here, member, publication }) => here.publications.updatePublication(member, publication, { databaseIds: [] })],
    ['takes', 'origins', ({ here, member, publication }) => here.publications.updatePublication(member, publication, { origins: ['https://b'] })],
    ['takes', 'sources', ({ here, member, publication }) => here.publications.updatePublication(member, publication, { sources: 'documents' })],
    ['takes', 'expiry', ({ here, member, publication }) => here.publications.updatePublication(member, publication, { expiresAt: 5 })],
    ['keeps', 'title', ({ here, member, publication }) => here.publications.updatePublication(member, publication, { title: 'x', keepDays: 3, greeting: 'y' })],
  ],
  revokePublication: takes(({ here, member, publication }) => here.publications.revokePublication(member, publication)),
  createVisitor: keeps((scene) => scene.here.publications.createVisitor({ id: 'v9', publicationId: scene.publication, deleteAt: later(scene) })),
  visitor: keeps(({ here, visitor }) => here.publications.visitor(visitor)),
  seenVisitor: keeps((scene) => scene.here.publications.seenVisitor(scene.visitor, later(scene))),
  claimVisitor: takes(({ here, visitor, owner }) => here.publications.claimVisitor(visitor, owner)),
  removeVisitor: takes(({ here, visitor }) => here.publications.removeVisitor(visitor)),
  sweepVisitors: [
    ['keeps', 'nobody', ({ here }) => here.publications.sweepVisitors()],
    [
      'takes',
      'one',
      (scene) => {
        scene.ruled.time += 99 * DAY
        return scene.here.publications.sweepVisitors()
      },
    ],
  ],
}

const NEW_LINK = { id: 'link', secretHash: hashOf('link'), expiresAt: undefined }
const mine = ({ member }: Scene) => ({ accountId: member })
const CONVERSATIONS: Cases<Conversations> = {
  createConversation: keeps((scene) =>
    scene.here.conversations.createConversation({ holder: mine(scene), publicationId: undefined, databaseIds: [], title: 't', deleteAt: undefined }),
  ),
  conversation: keeps((scene) => scene.here.conversations.conversation(mine(scene), scene.conversation)),
  conversations: keeps((scene) => scene.here.conversations.conversations(mine(scene), { limit: 9 })),
  messages: keeps((scene) => scene.here.conversations.messages(mine(scene), scene.conversation)),
  addTurn: keeps((scene) => scene.here.conversations.addTurn(mine(scene), scene.conversation, [question('q'), answer('a')], undefined)),
  setFeedback: keeps(async (scene) => {
    const [, said] = await scene.here.conversations.addTurn(mine(scene), scene.conversation, [question('q'), answer('a')], undefined)
    await scene.here.conversations.setFeedback(mine(scene), scene.conversation, said?.id ?? '', { rating: 'up', comment: undefined })
  }),
  setSummary: keeps(async (scene) => {
    const [, said] = await scene.here.conversations.addTurn(mine(scene), scene.conversation, [question('q'), answer('a')], undefined)
    await scene.here.conversations.setSummary(mine(scene), scene.conversation, said?.id ?? '', 's')
  }),
  createLink: keeps(({ here, member, conversation }) => here.conversations.createLink(member, conversation, NEW_LINK)),
  // What it opened was shown at once: no stream goes on behind it.
  removeLink: keeps(async ({ here, member, conversation }) => {
    await here.conversations.createLink(member, conversation, NEW_LINK)
    await here.conversations.removeLink(member, conversation)
  }),
  link: keeps(({ here }) => here.conversations.link(NEW_LINK.id)),
  renameConversation: keeps((scene) => scene.here.conversations.renameConversation(mine(scene), scene.conversation, 'x')),
  removeConversation: keeps((scene) => scene.here.conversations.removeConversation(mine(scene), scene.conversation)),
  removeConversations: keeps(({ here, member }) => here.conversations.removeConversations(member)),
}

type Sharing = Pick<
  Catalog,
  'createDatabase' | 'access' | 'level' | 'visible' | 'databasesOf' | 'share' | 'unshare' | 'shares' | 'updateDatabase' | 'removeDatabase'
>
const SHARING: Cases<Sharing> = {
  createDatabase: keeps(({ here, member }) => here.catalog.createDatabase(newDatabase(member, 'other'))),
  access: keeps(({ here, owner, database }) => here.catalog.access(owner, database)),
  level: keeps(({ here, owner, database }) => here.catalog.level(owner, database)),
  visible: keeps(({ here, owner }) => here.catalog.visible(owner, { limit: 9 })),
  databasesOf: keeps(({ here, member }) => here.catalog.databasesOf(member)),
  share: [
    ['takes', 'to less', ({ here, member, owner, database }) => here.catalog.share(member, database, owner, 'read')],
    ['keeps', 'anew', ({ here, member, database }) => here.catalog.share(member, database, 'everyone', 'read')],
    ['keeps', 'the same', ({ here, member, owner, database }) => here.catalog.share(member, database, owner, 'write')],
  ],
  unshare: takes(({ here, member, owner, database }) => here.catalog.unshare(member, database, owner)),
  shares: keeps(({ here, member, database }) => here.catalog.shares(member, database)),
  updateDatabase: keeps(({ here, member, database }) => here.catalog.updateDatabase(member, database, { name: 'new' })),
  removeDatabase: takes(({ here, member, database }) => here.catalog.removeDatabase(member, database)),
}

/** The table is complete by its types: a new method has no test until somebody has said whether it takes a right away. */
export function rightsContract(name: string, open: OpenPeople): void {
  describe(`${name} moves the number of rights when one is taken away, and only then`, () => {
    let scene: Scene
    beforeEach(async () => {
      scene = await build(open)
    })
    afterEach(() => scene.close())

    const ports = { accounts: ACCOUNTS, keys: KEYS, publications: PUBLICATIONS, conversations: CONVERSATIONS, catalog: SHARING }
    const table = Object.entries(ports).flatMap(([port, methods]) =>
      Object.entries<readonly Case[]>(methods).flatMap(([method, cases]) =>
        cases.map(([ending, what, call]) => ({ title: `${port}.${method} ${what}`, ending, call })),
      ),
    )
    test.each(table)('$title $ending', async ({ ending, call }) => {
      const before = await scene.there.accounts.rights()
      await call(scene)
      const after = await scene.there.accounts.rights()
      expect(await scene.here.accounts.rights()).toBe(after)
      if (ending === 'takes') expect(after).toBeGreaterThan(before)
      else expect(after).toBe(before)
    })

    test('no method of the ports is without a case', () => {
      for (const port of ['accounts', 'keys', 'publications', 'conversations'] as const) {
        expect(Object.keys(ports[port]).sort()).toEqual(Object.keys(scene.here[port]).sort())
      }
    })
  })
}

async function build(open: OpenPeople): Promise<Scene> {
  const store = await stage(open)
  const { accounts, keys, publications, conversations, catalog } = store.here
  const until = store.ruled.time + 9 * DAY
  const { id: owner } = await accounts.createAccount(newAccount('owner@example.com', 'owner'))
  const { id: member } = await accounts.createAccount(newAccount('member@example.com', 'member', { passwordHash: '$' }))
  const { id: removed } = await accounts.createAccount(newAccount('removed@example.com'))
  await accounts.removeAccount(removed)
  const { id: session } = await accounts.createSession(newSession(member, until))
  const { id: key } = await keys.createKey(newKey(member, { origins: ['https://a'] }))
  const { id: publication } = await publications.createPublication(newPublication(member))
  const { id: visitor } = await publications.createVisitor({ id: 'v1', publicationId: publication, deleteAt: until })
  const holder = { accountId: member }
  const { id: conversation } = await conversations.createConversation({ holder, publicationId: undefined, databaseIds: [], title: 't', deleteAt: undefined })
  const { database } = await catalog.createDatabase(newDatabase(member, 'd'))
  await catalog.share(member, database.id, owner, 'write')
  const ticket = async (purpose: Ticket['purpose'], accountId: string): Promise<Redeemable> => {
    const input = newTicket(purpose, accountId, until, purpose === 'invitation' ? { email: 'i@example.com', role: 'viewer' } : {})
    return { ...(await accounts.createTicket(input)), secretHash: input.secretHash }
  }
  const tickets = { claim: await ticket('claim', FIRST_OWNER_ID), reset: await ticket('reset', member), invitation: await ticket('invitation', owner) }
  store.ruled.time += 2 * MINUTE // what is noted once a minute is due again
  return { ...store, ...tickets, owner, member, removed, session, key, publication, visitor, conversation, database: database.id }
}
