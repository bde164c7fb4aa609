import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Cast, castOf, PRINCIPALS } from '../../test/cast.ts'
import { contentFor, pathFor, UNKNOWN } from '../../test/matrix-requests.ts'
import { keyFor, PASSWORD, person } from '../../test/people-fixture.ts'
import { SIGNING_KEY } from '../../test/people-world.ts'
import { ALL } from '../../test/route-requests.ts'
import { serverForTest, type TestServer, TOKEN } from '../../test/server-fixture.ts'
import { changeModels } from '../flows/model-settings.ts'
import { readSettings, SETTINGS } from '../settings.ts'

// Secrets stay where they belong: every route is asked by everybody, well and badly, and what comes back, what is logged and
// what is stored is searched for every secret there is, in every form that it could take.

/** A value that each secret setting takes, found by trying: a new setting is in it by itself. */
function environmentOfCanaries(): { readonly environment: Record<string, string>; readonly canaries: readonly string[] } {
  const environment: Record<string, string> = { MAIL_FROM: 'quarry@example.com', PUBLIC_URL: 'http://127.0.0.1:8000' }
  const canaries: string[] = []
  for (const [name, { secret }] of Object.entries(SETTINGS)) {
    if (!secret) continue
    const canary = `canary-${name.toLowerCase().replaceAll('_', '-')}-3f9a7c51e2b84d60`
    const values = [canary, `authorization=${canary}`, `smtp://user:${canary}@127.0.0.1:9`, `redis://user:${canary}@127.0.0.1:9/0`]
    const taken = values.find((value) => isTaken({ MAIL_FROM: 'quarry@example.com', PUBLIC_URL: 'http://127.0.0.1:8000', [name]: value }))
    if (taken === undefined) throw new Error(`no canary fits ${name}`)
    environment[name] = taken
    canaries.push(canary)
  }
  return { environment, canaries }
}

function isTaken(environment: Record<string, string>): boolean {
  try {
    readSettings(environment)
    return true
  } catch {
    return false
  }
}

/** As it is, and as programs write such things down. */
function formsOf(secret: string): readonly string[] {
  const bytes = Buffer.from(secret)
  // Where it begins within something longer shifts what it looks like; the ends depend on what stands around it.
  const shifted = [0, 1, 2].flatMap((shift) =>
    (['base64', 'base64url'] as const).map((form) => {
      const text = Buffer.concat([Buffer.alloc(shift), bytes])
        .toString(form)
        .replace(/=+$/, '')
      return text.slice(shift === 0 ? 0 : 4, -2)
    }),
  )
  const all = [secret, bytes.toString('hex'), encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1), [...secret].reverse().join(''), ...shifted]
  return [...new Set(all)]
}

/** Anything that looks like one of ours. */
const LOOKS_SECRET = /q[klst]_[0-9a-f]{16}_[0-9a-f]{64}|qv_[\w-]+\.[\w-]+\.[\w-]+/g
const counted = { secrets: 0, forms: 0, requests: 0, replies: 0, made: 0, addresses: 0, storedBytes: 0 }

let server: TestServer
let shared: Cast
/** What is known when the crawl begins, with where it came from. */
const secrets = new Map<string, string>()
let needles: readonly (readonly [string, string])[] = []
/** By routes that show one once. */
const made = new Set<string>()

beforeAll(async () => {
  const { environment, canaries } = environmentOfCanaries()
  server = await serverForTest({ environment })
  for (const canary of canaries) secrets.set(canary, canary)
  shared = await castOf(server.world)
  for (const who of PRINCIPALS) {
    const token = shared.headers(who).authorization?.replace('Bearer ', '')
    if (token !== undefined) secrets.set(token, who.name)
  }
  secrets.set(TOKEN, 'operator token')
  secrets.set(SIGNING_KEY, 'signing key')
  secrets.set(PASSWORD, 'password')
  for (const table of ['sessions', 'tickets', 'api_keys']) {
    for (const row of server.file.all(`SELECT secret_hash FROM ${table}`)) secrets.set(String(row.secret_hash), `digest in ${table}`)
  }
  for (const row of server.file.all('SELECT password_hash FROM accounts WHERE password_hash IS NOT NULL'))
    secrets.set(String(row.password_hash), 'password hash')
  needles = [...secrets].flatMap(([secret, name]) => {
    const parts = /^q[klst]_[0-9a-f]{16}_([0-9a-f]{64})$/.exec(secret)
    return [...formsOf(secret), ...(parts?.[1] === undefined ? [] : formsOf(parts[1]))].map((form) => [form, name] as const)
  })
  counted.secrets = secrets.size
  counted.forms = needles.length
})
afterAll(() => server.stop())

function expectClean(text: string, where: string): void {
  const found = needles.filter(([form]) => text.includes(form)).map(([, name]) => name)
  expect(found, `${where} tells`).toEqual([])
}

async function textOf(reply: Response): Promise<string> {
  const head = `${reply.status} ${[...reply.headers].map((pair) => pair.join(': ')).join('\n')}`
  if (reply.headers.get('content-type')?.startsWith('text/event-stream') !== true) return `${head}\n${await reply.text()}`
  const reader = reply.body?.getReader()
  const first = await reader?.read()
  await reader?.cancel()
  return `${head}\n${new TextDecoder().decode(first?.value)}`
}

/** After these the people of a cast are not what they were. */
const TURNS_PEOPLE = /^\/api\/v1\/(?:sessions|me|users|claim|password-resets|invitations)/

const BAD_BODIES = ['{', '[]', 'null', '{"surprise":1}', '{"name":{"a":[1]}}', '{"query":[],"question":{},"email":1,"ticket":[],"key":{}}']

describe('no secret is told', () => {
  test.each(ALL)('by %s', { timeout: 120_000 }, async (name, route) => {
    const turns = route.method !== 'GET' && TURNS_PEOPLE.test(route.path)
    const asked = turns ? await castOf(server.world) : shared
    const theirs = asked.maker
    const unknown = { database: UNKNOWN, id: UNKNOWN, user: UNKNOWN, key: UNKNOWN, publication: UNKNOWN, job: UNKNOWN }
    const takesJson = route.method !== 'GET' && (route.form === undefined || route.body !== undefined)
    const heard: (readonly [string, string])[] = []
    let number = 0
    // A page is the same for everybody.
    for (const who of route.reply.kind === 'page' ? PRINCIPALS.slice(0, 2) : PRINCIPALS) {
      const bad = takesJson && who.valid ? [BAD_BODIES[number % BAD_BODIES.length] ?? '', BAD_BODIES[(number + 3) % BAD_BODIES.length] ?? ''] : []
      const tries: readonly (readonly [string, RequestInit])[] = [
        [pathFor(route, theirs), contentFor(route, theirs)],
        [pathFor(route, theirs, unknown), contentFor(route, theirs)],
        ...bad.map((body) => [pathFor(route, theirs), { headers: { 'content-type': 'application/json' }, body }] as const),
        ...(who.valid ? [[`${pathFor(route, theirs).split('?')[0]}?surprise=%ff%00`, {}] as const] : []),
      ]
      for (const [path, content] of tries) {
        number += 1
        const headers = { ...asked.headers(who), ...content.headers, 'idempotency-key': `${name}-${number}` }
        const reply = await fetch(server.address + path, { method: route.method, ...content, headers, redirect: 'manual', signal: AbortSignal.timeout(20_000) })
        heard.push([`${name} as ${who.name}, try ${number}`, await textOf(reply)])
        if (reply.ok) counted.replies += 1
      }
    }
    counted.requests += heard.length
    const all = heard.map(([, text]) => text).join('\n')
    if (needles.some(([form]) => all.includes(form))) for (const [where, text] of heard) expectClean(text, where)
    for (const [where, text] of heard) {
      const shown = text.match(LOOKS_SECRET) ?? []
      if (route.secret !== true) expect(shown, where).toEqual([])
      for (const one of shown) made.add(one)
    }
  })

  test('by the log, and what was made meanwhile is kept nowhere but with who asked', async () => {
    // Letters go out after the reply, and fail here.
    await new Promise((resolve) => setTimeout(resolve, 300))
    await server.world.ledger.flush()
    counted.made = made.size
    expect(made.size).toBeGreaterThan(10)
    const log = JSON.stringify(server.logged, (_, value: unknown) => (value instanceof Error ? [value.message, value.stack, String(value.cause)] : value))
    expect(log).toContain('letter-not-sent')
    expectClean(log, 'the log')
    expect(log.match(LOOKS_SECRET)).toBeNull()
    const rest = [...secrets.keys()].filter((secret) => !/digest|hash/.test(secrets.get(secret) ?? ''))
    const usable = [...rest, ...made].flatMap((secret) => [secret, /^q[klst]_\w{16}_(\w{64})$/.exec(secret)?.[1] ?? secret])
    const kept = readdirSync(server.folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile() && !/ballast/.test(entry.name))
    expect(kept.map(({ name }) => name)).toEqual(expect.arrayContaining(['quarry.sqlite', 'quarry.sqlite-wal']))
    for (const { parentPath, name } of kept) {
      const bytes = readFileSync(join(parentPath, name))
      counted.storedBytes += bytes.length
      for (const secret of usable) expect(bytes.includes(secret), `${name} holds ${secret.slice(0, 20)}`).toBe(false)
    }
  })

  test('by the refusal of a credential that is shown in another form', async () => {
    const mine = await person(server.world, 'owner')
    const { token: key } = await keyFor(server.world, mine.account.id)
    for (const credential of [key, mine.token, TOKEN, shared.maker.visitorToken]) {
      const shown: readonly Record<string, string>[] = [
        ...[`Token ${credential}`, credential, `Bearer ${credential} x`, `Bearer ${credential}x`, `Basic ${credential}`, `Bearer "${credential}"`].map(
          (authorization) => ({ authorization }),
        ),
        ...[{ 'x-api-key': `${credential}x` }, { 'x-api-key': credential, authorization: 'Bearer other' }, { 'x-api-key': `a ${credential}` }],
        ...[
          { cookie: `quarry_session=${credential}x` },
          { 'x-auth-token': credential },
          { authorization: `Bearer ${credential}`, origin: `https://${credential}.example`, 'x-api-key': 'x' },
        ],
      ]
      for (const headers of shown) {
        const reply = await fetch(`${server.address}/api/v1/me`, { headers })
        expect(reply.status).toBe(401)
        expect(await textOf(reply)).not.toContain(credential)
        counted.requests += 1
      }
      expect(JSON.stringify(server.logged)).not.toContain(credential)
    }
  })

  test('by an address: a secret in the query is refused, and neither answered back nor logged', async () => {
    const mine = await person(server.world, 'owner')
    const { token: key } = await keyFor(server.world, mine.account.id)
    for (const [name, route] of ALL) {
      const path = pathFor(route, shared.maker).split('?')[0]
      for (const [index, field] of ['key', 'api_key', 'apikey', 'token', 'access_token', 'authorization', 'session', 'X-API-Key'].entries()) {
        for (const credential of [[key, mine.token, TOKEN][index % 3] ?? key]) {
          // `key` narrows the usage down to one: the name of a key, not the key.
          if (field === 'key' && Object.hasOwn(route.query.shape, 'key')) continue
          const reply = await fetch(`${server.address}${path}?${field}=${credential}`, { method: route.method, redirect: 'manual' })
          const text = await textOf(reply)
          expect([400, 401, 415], `${name}?${field}`).toContain(reply.status)
          expect(text, `${name}?${field}`).not.toContain(credential)
          counted.addresses += 1
        }
      }
    }
    expect(JSON.stringify(server.logged)).not.toContain(key)
    console.log(`secrets: ${JSON.stringify(counted)}`)
  })
})

test('a key of a provider that an owner stored is told by no route, and stands in no file and no line of the log', { timeout: 120_000 }, async () => {
  const canary = 'sk-canary-stored-51d07c2b9a6e4f83'
  const own = await serverForTest()
  const theirs = await castOf(own.world)
  const stored = await changeModels(own.world, { CHAT_MODEL: 'openai:x', OPENAI_BASE_URL: 'http://127.0.0.1:9/v1', OPENAI_API_KEY: canary })
  expect(stored.keys.OPENAI_API_KEY.value).toBe(canary)
  const heard: string[] = []
  const asking = PRINCIPALS.filter(({ name }) => ['the maker', 'another owner of the server', 'the operator'].includes(name))
  expect(asking).toHaveLength(3)
  for (const [name, route] of ALL) {
    // It would replace the key; that a wrong one tells nothing is asked below.
    if (name === 'updateModelSettings' || (route.method !== 'GET' && TURNS_PEOPLE.test(route.path))) continue
    for (const who of asking) {
      const content = contentFor(route, theirs.maker)
      const reply = await fetch(own.address + pathFor(route, theirs.maker), {
        ...content,
        method: route.method,
        headers: { ...theirs.headers(who), ...content.headers },
        redirect: 'manual',
        signal: AbortSignal.timeout(20_000),
      })
      heard.push(`${name} as ${who.name}: ${await textOf(reply)}`)
    }
  }
  for (const body of [{ openai_api_key: [canary] }, { openai_api_key: canary, surprise: 1 }, { openai_api_key: ` ${canary} ${canary}` }]) {
    const headers = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' }
    const reply = await fetch(`${own.address}/api/v1/model-settings`, { method: 'PATCH', headers, body: JSON.stringify(body) })
    expect(reply.status).toBe(400)
    heard.push(`updateModelSettings: ${await textOf(reply)}`)
  }
  expect(heard.filter((text) => text.startsWith('modelSettings') && text.includes('4f83'))).toHaveLength(2)
  await own.world.ledger.flush()
  const places: [string, string | Buffer][] = [...heard.map((text): [string, string] => [text.slice(0, 60), text]), ['the log', JSON.stringify(own.logged)]]
  for (const entry of readdirSync(own.folder, { recursive: true, withFileTypes: true })) {
    if (entry.isFile() && !/ballast/.test(entry.name)) places.push([entry.name, readFileSync(join(entry.parentPath, entry.name))])
  }
  for (const form of formsOf(canary)) for (const [place, text] of places) expect(text.includes(form), `${place} tells it`).toBe(false)
  await own.stop()
})

test('the search would find them', () => {
  for (const form of [
    PASSWORD,
    Buffer.from(`"${TOKEN}"`).toString('base64'),
    Buffer.from(`x ${TOKEN} y`).toString('base64url'),
    Buffer.from(SIGNING_KEY).toString('hex'),
  ]) {
    expect(
      needles.some(([needle]) => `before ${form} after`.includes(needle)),
      form,
    ).toBe(true)
  }
})
