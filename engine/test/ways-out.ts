import type { Level } from '../src/domain/caller.ts'
import { providerToken, sharedSecretToken } from './outside-tokens.ts'
import { bearer, keyFor, PASSWORD, type Person, person, signedIn } from './people-fixture.ts'
import { type TestServer, TOKEN } from './server-fixture.ts'
import { type Belongings, belongingsOf } from './tenants.ts'

// Every way in which somebody who was let in may be put out again.

/** What it still may afterwards: nothing, or read. */
type Left = 'nothing' | 'reading'

export interface Way {
  readonly name: string
  readonly kind: 'user' | 'visitor'
  readonly left: Left
  /** What is asked is looked at when all of it has come. */
  readonly untilBody: boolean
  make(server: TestServer): Promise<Grip>
}

/** Somebody inside, with the database that he reads and writes. */
export interface Grip {
  readonly headers: Readonly<Record<string, string>>
  readonly things: Belongings
  /** Returns when the right was gone, in epoch ms. */
  takeAway(): Promise<number>
}

/** Ms until what ends by itself ends: long enough to open everything before. */
const SOON_MS = 2000

interface Scene {
  readonly server: TestServer
  readonly who: Person
  readonly things: Belongings
  /** As somebody who may: the same person from elsewhere unless told. */
  act(method: string, path: string, body?: object, token?: string): Promise<void>
}

type Make = (scene: Scene) => Promise<{ readonly headers: Readonly<Record<string, string>>; readonly takeAway: () => Promise<unknown> }>

function way(name: string, make: Make, { kind = 'user', left = 'nothing', untilBody = false }: Partial<Pick<Way, 'kind' | 'left' | 'untilBody'>> = {}): Way {
  return {
    ...{ name, kind, left, untilBody },
    async make(server) {
      const { world, address } = server
      const who = await person(world, 'member')
      const things = await belongingsOf(world, who)
      const elsewhere = await signedIn(world, who.account)
      const act: Scene['act'] = async (method, path, body, token = elsewhere.token) => {
        const content = body === undefined ? {} : { body: JSON.stringify(body) }
        const headers = { ...bearer(token), ...(body === undefined ? {} : { 'content-type': 'application/json' }) }
        const reply = await fetch(address + path, { method, headers, ...content })
        if (!reply.ok) throw new Error(`${name}: ${method} ${path}: ${reply.status} ${await reply.text()}`)
      }
      const { headers, takeAway } = await make({ server, who, things, act })
      return {
        headers,
        things,
        async takeAway() {
          const moment = await takeAway()
          return typeof moment === 'number' ? moment : Date.now()
        },
      }
    },
  }
}

/** What ends at a moment is taken away by waiting for it. */
function until(moment: number): Promise<number> {
  return new Promise((resolve) => setTimeout(() => resolve(moment), moment - Date.now()))
}

/** Somebody else with whom the database is shared. */
async function guest({ server, things }: Scene, level: Level): Promise<Person> {
  const one = await person(server.world, 'member')
  await server.world.catalog.share(things.account.id, things.databaseId, one.account.id, level)
  return one
}

const users = ({ who }: Scene) => `/api/v1/users/${who.account.id}`
const access = ({ things }: Scene, grantee: string) => `/api/v1/databases/${things.databaseId}/access/${grantee}`
const suspend = (scene: Scene) => scene.act('PATCH', users(scene), { state: 'suspended' }, TOKEN)
const demote = (scene: Scene) => scene.act('PATCH', users(scene), { role: 'viewer' }, TOKEN)
const signOut = (scene: Scene) => scene.act('DELETE', '/api/v1/sessions')

/** Its own credential, and what is done. */
const session =
  (take: (scene: Scene) => Promise<void>): Make =>
  async (scene) => ({ headers: bearer(scene.who.token), takeAway: () => take(scene) })
const key =
  (take: (scene: Scene, id: string) => Promise<void>): Make =>
  async (scene) => {
    const made = await keyFor(scene.server.world, scene.who.account.id)
    return { headers: { 'x-api-key': made.token }, takeAway: () => take(scene, made.key.id) }
  }
const outside =
  (make: (scene: Scene, now: number) => string, take: (scene: Scene) => Promise<void>): Make =>
  async (scene) => {
    const now = Date.now()
    return { headers: bearer(make(scene, now)), takeAway: () => take(scene) }
  }
const visitor =
  (take: (scene: Scene) => Promise<void>): Make =>
  async (scene) => ({ headers: bearer(scene.things.visitorToken), takeAway: () => take(scene) })
const shared =
  (take: (scene: Scene, one: Person) => Promise<void>): Make =>
  async (scene) => {
    const one = await guest(scene, 'write')
    return { headers: bearer(one.token), takeAway: () => take(scene, one) }
  }

const ofProvider = async (scene: Scene, expiresAt: number): Promise<string> => {
  const { account } = scene.who
  const email = account.email ?? ''
  await scene.server.world.accounts.updateAccount(account.id, { provider: { issuer: 'https://provider.example', subject: email } })
  return providerToken(email, Date.now(), expiresAt)
}
/** Of tokens from elsewhere a minute is allowed for clocks that differ. */
const SKEW_MS = 60_000
const HOUR_MS = 3_600_000

export const WAYS_OUT: readonly Way[] = [
  way(
    'session that is ended',
    session(({ who, act }) => act('DELETE', `/api/v1/sessions/${who.sessionId}`)),
  ),
  way('session in a cookie that signs out', async ({ server, who }) => {
    const headers = { cookie: `quarry_session=${who.token}`, origin: 'http://127.0.0.1' }
    return { headers, takeAway: () => server.world.accounts.endSession(who.account.id, who.sessionId) }
  }),
  way('session, signed out everywhere', session(signOut)),
  way(
    'session, password changed elsewhere',
    session(({ act }) => act('POST', '/api/v1/me/password', { current: PASSWORD, password: 'four more words please' })),
  ),
  way('session of who is suspended', session(suspend)),
  way(
    'session of who is deleted',
    session((scene) => scene.act('DELETE', users(scene), undefined, TOKEN)),
  ),
  way('session whose time is over', async ({ server, who }) => {
    const moment = Date.now() + SOON_MS
    const made = server.world.secrets.make('qs')
    await server.world.accounts.createSession({ id: made.id, accountId: who.account.id, secretHash: made.secretHash, label: 'short', expiresAt: moment })
    return { headers: bearer(made.text), takeAway: () => until(moment) }
  }),
  way('session of who becomes a viewer', session(demote), { left: 'reading' }),
  way(
    'key that is revoked',
    key(({ act }, id) => act('DELETE', `/api/v1/keys/${id}`)),
  ),
  way(
    'key that is rotated at once',
    key(({ act }, id) => act('POST', `/api/v1/keys/${id}/rotate`, { overlap_seconds: 0 })),
  ),
  way('key that was rotated, as its overlap ends', async ({ server, who }) => {
    const { keys, secrets } = server.world
    const made = await keyFor(server.world, who.account.id)
    const moment = Date.now() + SOON_MS
    await keys.rotateKey(who.account.id, made.key.id, secrets.make('qk', made.key.id).secretHash, moment)
    return { headers: bearer(made.token), takeAway: () => until(moment) }
  }),
  way('key whose time is over', async ({ server, who }) => {
    const moment = Date.now() + SOON_MS
    return { headers: bearer((await keyFor(server.world, who.account.id, { expiresAt: moment })).token), takeAway: () => until(moment) }
  }),
  way(
    'key that is given an end',
    key(({ server, who }, id) => server.world.keys.updateKey(who.account.id, id, { expiresAt: Date.now() - 1 }).then(() => undefined)),
  ),
  way(
    'key that is bound to other addresses',
    key(({ act }, id) => act('PATCH', `/api/v1/keys/${id}`, { addresses: ['192.0.2.1'] })),
  ),
  way('key of who is suspended', key(suspend)),
  way('key of who becomes a viewer', key(demote), { left: 'reading' }),
  way('token of a provider, signed out everywhere', async (scene) => {
    const token = await ofProvider(scene, Date.now() + HOUR_MS)
    return { headers: bearer(token), takeAway: () => signOut(scene) }
  }),
  way('token of a provider, suspended', async (scene) => {
    const token = await ofProvider(scene, Date.now() + HOUR_MS)
    return { headers: bearer(token), takeAway: () => suspend(scene) }
  }),
  way('token of a provider whose time is over', async (scene) => {
    const moment = Date.now() + SOON_MS
    return { headers: bearer(await ofProvider(scene, moment - SKEW_MS)), takeAway: () => until(moment) }
  }),
  way(
    'token of a machine, signed out everywhere',
    outside(({ who }, now) => sharedSecretToken(who.account.id, now, now + HOUR_MS), signOut),
  ),
  way(
    'token of a machine whose account is suspended',
    outside(({ who }, now) => sharedSecretToken(who.account.email ?? '', now, now + HOUR_MS), suspend),
  ),
  way(
    'guest whose share ends',
    shared((scene, { account }) => scene.act('DELETE', access(scene, account.id))),
  ),
  way(
    'guest whose share is lowered',
    shared((scene, { account }) => scene.act('POST', access(scene, '').slice(0, -1), { with: account.email, level: 'read' })),
    { left: 'reading' },
  ),
  way('guest of a database that was open to everyone', async (scene) => {
    const { server, things } = scene
    const one = await person(server.world, 'member')
    await server.world.catalog.share(things.account.id, things.databaseId, 'everyone', 'write')
    return { headers: bearer(one.token), takeAway: () => scene.act('DELETE', access(scene, 'everyone')) }
  }),
  way(
    'guest of a database that is deleted',
    shared(({ things, act }) => act('DELETE', `/api/v1/databases/${things.databaseId}`)),
  ),
  way(
    'visitor of a chat that is closed',
    visitor(({ things, act }) => act('DELETE', `/api/v1/publications/${things.publicationId}`)),
    { kind: 'visitor' },
  ),
  way('visitor of who is suspended', visitor(suspend), { kind: 'visitor' }),
  way('visitor of who may publish no more', visitor(demote), { kind: 'visitor', untilBody: true }),
  way(
    'visitor who became a person',
    visitor(({ things, act }) => act('POST', '/api/v1/me/visitor', { token: things.visitorToken })),
    { kind: 'visitor' },
  ),
  way(
    'visitor of a chat whose time is over',
    async ({ server, things }) => {
      const moment = Date.now() + SOON_MS
      await server.world.publications.updatePublication(things.account.id, things.publicationId, { expiresAt: moment })
      return { headers: bearer(things.visitorToken), takeAway: () => until(moment) }
    },
    { kind: 'visitor' },
  ),
  way(
    'visitor whose time is over',
    async ({ server, things }) => {
      const moment = Math.ceil((Date.now() + SOON_MS) / 1000) * 1000
      const token = await server.world.secrets.signVisitor({
        visitorId: things.visitorId,
        publicationId: things.publicationId,
        issuedAt: Date.now(),
        expiresAt: moment,
      })
      return { headers: bearer(token), takeAway: () => until(moment) }
    },
    { kind: 'visitor' },
  ),
]
