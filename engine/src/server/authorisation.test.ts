import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Cast, castOf, PRINCIPALS, type Principal } from '../../test/cast.ts'
import { bodyIds, contentFor, ODD_IDS, PARAMETER_KINDS, pathFor, UNKNOWN } from '../../test/matrix-requests.ts'
import { GUARDED } from '../../test/route-requests.ts'
import { serverForTest, type TestServer } from '../../test/server-fixture.ts'
import type { Belongings } from '../../test/tenants.ts'
import { type Allow, parametersOf, type RouteShape, SCOPES_OF_ROUTES } from '../api/route.ts'
import { LEVELS, type Level, type Scope, scopesOfLevel, scopesOfRole } from '../domain/caller.ts'

// Every route, with every id that it takes, asked by everybody that there is. What should happen is worked out here from the
// roles, levels and scopes alone, not by the code that is tested. A new route is in it by itself; a new parameter, or a new
// field that could name something, fails the test until it is described in `matrix-requests.ts`.

let server: TestServer
beforeAll(async () => {
  server = await serverForTest()
})
afterAll(() => server.stop())

type Verdict = 401 | 403 | 404 | 'inside'
const counted = { cells: 0, unauthenticated: 0, forbidden: 0, hidden: 0, inside: 0 }

/** How a principal sees the database of the one whose things are asked for. */
function levelOf({ relation }: Principal): Level | undefined {
  return LEVELS.find((level) => level === relation)
}

function scopesOf({ role, keyScopes }: Principal): ReadonlySet<Scope> {
  return keyScopes === undefined ? scopesOfRole(role) : new Set([...scopesOfRole(role)].filter((scope) => keyScopes.includes(scope)))
}

const isScope = (allow: Allow): allow is Scope => SCOPES_OF_ROUTES.includes(allow)

/** What happens when `who` asks for things of another tenant (or of its own account, when it is that tenant). */
function verdictOf(name: string, route: RouteShape, who: Principal): Verdict {
  const { allow } = route
  const parameters = parametersOf(route.path)
  if (!who.valid) return 401
  if (allow === 'visitor') return who.kind !== 'visitor' ? 403 : who.relation === 'visits' ? 'inside' : 404
  if (who.kind === 'visitor') return 403
  if (who.bound && route.bound !== true && allow !== 'caller') return 403
  if ((allow === 'person' || allow === 'owner') && who.kind === 'key') return 403
  if (allow === 'owner') {
    if (who.role !== 'owner') return 403
    return name === 'claimTicket' && who.kind !== 'operator' ? 403 : 'inside'
  }
  if (isScope(allow)) {
    if (!scopesOf(who).has(allow)) return 403
    const names = [...parameters, ...bodyIds(route).map(({ kind }) => kind)]
    const ofDatabase = names.some((one) => ['database', 'id', 'databases', 'job'].includes(one))
    if (!ofDatabase) return allow === 'manage' && who.limited ? 403 : 'inside'
    const level = levelOf(who)
    if (level === undefined) return 404
    if (!scopesOfLevel(level).has(allow)) return 403
    // A piece of an upload is taken from who began it, and from nobody else who may write.
    if (parameters.includes('upload') && who.account !== 'maker') return 404
    // Conversations are their holder's alone; a key bound to a part of the documents does not see those outside of it.
    if (who.bound && (parameters.includes('document') || name === 'why')) return 404
    if (name === 'goldenFromAnswer' && who.kind === 'key') return 403 // what somebody asked is for people
    if (name === 'goldenFromAnswer' && who.account !== 'maker') return 404
    return 'inside'
  }
  if (name === 'invite' && who.role === 'viewer') return 403
  // A stream is read again by what it was asked with: the maker's keys did not ask.
  if (parameters.includes('stream') && !(who.account === 'maker' && who.kind === 'user')) return 404
  const owned = [...parameters, ...bodyIds(route).map(({ kind }) => kind)].some((one) =>
    ['session', 'key', 'publication', 'conversation', 'trace'].includes(one),
  )
  if (owned && who.account !== 'maker') return 404
  if (parameters.includes('invitation') && who.account !== 'maker' && who.role !== 'owner') return 404
  const named = bodyIds(route).some(({ kind }) => kind === 'databases' || kind === 'database')
  if (named && allow === 'person') {
    const level = levelOf(who)
    if (level === undefined) return 404
    if (route.path.startsWith('/api/v1/publications') && level !== 'manage') return 403
  }
  return 'inside'
}

interface Told {
  readonly status: number
  readonly code: string | undefined
  readonly text: string
}

async function ask(route: RouteShape, who: Principal, cast: Cast, path: string, content: RequestInit): Promise<Told> {
  const reply = await fetch(server.address + path, {
    method: route.method,
    ...content,
    headers: { ...cast.headers(who), ...content.headers },
    redirect: 'manual',
    signal: AbortSignal.timeout(20_000),
  })
  const isStream = reply.headers.get('content-type')?.startsWith('text/event-stream') === true
  const text = isStream ? '' : await reply.text()
  if (isStream) await reply.body?.cancel()
  const code = text.startsWith('{"error"') ? (JSON.parse(text).error.code as string) : undefined
  counted.cells += 1
  return { status: reply.status, code, text }
}

/** Without what differs between any two requests. */
function bare({ status, text }: Told, ids: readonly string[]): string {
  return ids
    .filter((id) => id.length > 3)
    .reduce((so, id) => so.replaceAll(id, 'ID'), `${status} ${text}`)
    .replace(/req_[\w-]+/, 'REQ')
}

/** Errors of handlers that were reached: the request was let in, and what it asked for could not be done. */
const REACHED_CODES: Readonly<Record<string, readonly string[]>> = {
  switchVersion: ['version/not-found'], // it is live already
  share: ['account/not-found'], // nobody has the address of the example
  unshare: ['share/not-found'],
  readText: ['document/not-found', 'blob/not-found'], // it was never read
  listChunks: [],
  changePassword: ['auth/wrong-password'],
  removeMe: ['auth/wrong-password'],
  updateMe: [],
  claimVisitor: ['visitor/not-found'],
  setKeyPlan: [],
  publicText: ['document/not-found'],
  endSession: ['account/not-found'],
  claimTicket: [],
}

function expectInside(name: string, told: Told, where: string): void {
  counted.inside += 1
  if (told.code === undefined || REACHED_CODES[name]?.includes(told.code) === true) return
  expect(`${where}: ${told.status} ${told.code}`).not.toMatch(/: (?:401|403|404) /)
  expect(told.status, where).toBeLessThan(500)
}

function expectRefused(verdict: Exclude<Verdict, 'inside'>, told: Told, mark: string, where: string): void {
  expect(`${where}: ${told.status}`).toBe(`${where}: ${verdict}`)
  expect(told.code, where).toMatch(verdict === 401 ? /^auth\/(required|invalid)$/ : verdict === 403 ? /^auth\/(forbidden|person-needed)$/ : /\/not-found$/)
  expect(told.text, where).not.toContain(mark)
  if (verdict === 401) counted.unauthenticated += 1
  else if (verdict === 403) counted.forbidden += 1
  else counted.hidden += 1
}

describe('the matrix', () => {
  let shared: Cast
  beforeAll(async () => {
    shared = await castOf(server.world)
  })

  test.each(GUARDED)('%s', { timeout: 120_000 }, async (name, route) => {
    const changes = route.method !== 'GET'
    const cast = changes ? await castOf(server.world) : shared
    const places = [
      ...parametersOf(route.path).map((parameter) => ({ place: 'path', name: parameter })),
      ...bodyIds(route).map(({ field }) => ({ place: 'field', name: field })),
    ]
    for (const who of PRINCIPALS) {
      const verdict = verdictOf(name, route, who)
      // What is let in may change things: it gets things of its own.
      const fresh = changes && verdict === 'inside' ? await (name === 'removeUser' ? castOf(server.world) : cast.again()) : cast
      const theirs = fresh.maker
      const where = `${name} as ${who.name}`
      let alike = 0
      const told = await ask(route, who, fresh, pathFor(route, theirs), contentFor(route, theirs))
      if (verdict === 'inside') expectInside(name, told, where)
      else expectRefused(verdict, told, theirs.mark, where)
      // Who has nothing to do with the maker never hears of what is the maker's, whatever the route lists.
      if (levelOf(who) === undefined && who.account !== 'maker' && who.relation !== 'visits') expect(told.text, where).not.toContain(theirs.mark)

      for (const { place, name: one } of places) {
        for (const unknown of [UNKNOWN, ...ODD_IDS]) {
          const changed = { [one]: unknown }
          const missed = await ask(route, who, fresh, pathFor(route, theirs, changed), contentFor(route, theirs, place === 'path' ? {} : changed))
          const label = `${where}, ${one} = ${JSON.stringify(unknown)}`
          expect(missed.status, label).toBeLessThan(500)
          if (verdict === 401 || (verdict === 403 && missed.status !== 404)) expect(missed.status, label).toBe(verdict)
          else if (missed.status < 300) expect(mayIgnore(name, one), label).toBe(true)
          expect(missed.text, label).not.toContain(theirs.mark)
          // One that is not mine and one that is not there are told apart by nothing.
          if (verdict === 404 && unknown === UNKNOWN && missed.code === told.code) {
            expect(bare(missed, [unknown, ...idsOf(theirs)]), label).toBe(bare(told, idsOf(theirs)))
            alike += 1
          }
        }
      }
      if (verdict === 404) expect(alike, `${where}: none of the ids, when unknown, is answered like the other's`).toBeGreaterThan(0)
      await crossed(name, route, who, cast, theirs)
    }
  })

  /** My database with the other's document, version, upload or job in it. */
  async function crossed(name: string, route: RouteShape, who: Principal, cast: Cast, theirs: Belongings): Promise<void> {
    const [first, ...inner] = parametersOf(route.path)
    const own = cast.own(who)
    if (first === undefined || inner.length === 0 || own === undefined || !who.valid) return
    for (const one of inner) {
      const kinds = PARAMETER_KINDS[one]
      if (kinds === undefined) throw new Error(`${one} is not described`)
      const told = await ask(route, who, cast, pathFor(route, own, { [one]: kinds(theirs) }), contentFor(route, own))
      const where = `${name} as ${who.name}, ${one} of another tenant in a place of its own`
      expect(told.status, where).toBeLessThan(500)
      if (!mayIgnore(name, one)) expect(told.status, where).toBeGreaterThanOrEqual(400)
      if (who.account !== 'maker') expect(told.text, where).not.toContain(theirs.mark)
    }
  }

  test('has at least 5,000 cells, of every kind', () => {
    console.log(`matrix: ${JSON.stringify(counted)}, ${GUARDED.length} routes, ${PRINCIPALS.length} principals`)
    expect(counted.cells).toBeGreaterThanOrEqual(5000)
    for (const count of Object.values(counted)) expect(count).toBeGreaterThan(100)
  })
})

/** Fields that only narrow a list down, and names that may be anything: nothing is found, and nothing is told. */
function mayIgnore(name: string, one: string): boolean {
  return (
    (['usage', 'usageCsv'].includes(name) && one === 'database') ||
    (name === 'audit' && one === 'actor') ||
    (name === 'listTraces' && one === 'conversation') ||
    name === 'validateKey' ||
    (/UiMessages$/i.test(name) && /^(?:id|chat|messageId)$/.test(one))
  )
}

function idsOf(theirs: Belongings): readonly string[] {
  return Object.values(theirs).filter((value): value is string => typeof value === 'string')
}
