import { createServer, type RequestListener, type Server } from 'node:http'
import { decodeJwt, exportJWK, generateKeyPair, type JWK } from 'jose'
import { type Configuration, Provider } from 'oidc-provider'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import type { IdentityProvider, PendingSignIn } from '../../ports/identity.ts'
import { type OidcOptions, oidcOptionsOf } from './options.ts'
import { type OidcWorld, oidcProvider } from './provider.ts'

// Against a provider that is the real thing, in this process, by the requests that a browser makes.

const CLIENT = 'quarry'
const API = 'https://api.example.com'
const BACK = 'http://127.0.0.1:1/api/v1/provider/callback'
const INVALID = { code: 'auth/invalid' }
const UNAVAILABLE = { code: 'provider/unavailable' }

let server: Server
let issuer: string
let answer: RequestListener
let keys: JWK[]
let isBroken = false
const asked: string[] = []

async function privateKey(kid: string): Promise<JWK> {
  const { privateKey: key } = await generateKeyPair('RS256', { extractable: true })
  return { ...(await exportJWK(key)), kid, alg: 'RS256', use: 'sig' }
}

/** The same provider with the keys of this moment; what it remembers outlives it. */
function restart(): void {
  const configuration: Configuration = {
    clients: [
      { client_id: CLIENT, redirect_uris: [BACK], token_endpoint_auth_method: 'none' },
      { client_id: 'other', redirect_uris: [BACK], token_endpoint_auth_method: 'none' },
      { client_id: 'machine', client_secret: 'machine-secret', redirect_uris: [], response_types: [], grant_types: ['client_credentials'] },
    ],
    jwks: { keys: keys as never },
    cookies: { keys: ['cookie-key'] },
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'], groups: ['groups'] },
    scopes: ['openid', 'email', 'profile', 'groups'],
    findAccount: (_, id) => ({
      accountId: id,
      claims: async () => ({ sub: id, email: `${id}@example.com`, email_verified: id !== 'unverified', name: `Name of ${id}`, groups: ['staff'] }),
    }),
    features: {
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: async (_, client) => (client.clientId === 'machine' ? API : []),
        getResourceServerInfo: () => ({ scope: 'read', audience: API, accessTokenFormat: 'jwt', jwt: { sign: { alg: 'RS256' } } }),
      },
    },
    ttl: { AccessToken: 600, IdToken: 600, Interaction: 600, Session: 600, Grant: 600, ClientCredentials: 600 },
  }
  // It warns that it keeps all in memory, which is what a test wants.
  const warned = vi.spyOn(console, 'warn').mockImplementation(() => undefined)
  const provider = new Provider(issuer, configuration)
  answer = provider.callback()
  warned.mockRestore()
}

beforeAll(async () => {
  keys = [await privateKey('first')]
  server = createServer((request, response) => {
    asked.push(request.url ?? '')
    if (isBroken) return void response.writeHead(503).end()
    return answer(request, response)
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  issuer = `http://127.0.0.1:${address.port}`
  restart()
})

afterAll(() => {
  server.closeAllConnections()
  server.close()
})

function open(change: Partial<OidcOptions> = {}, world: OidcWorld = {}): IdentityProvider {
  const options = oidcOptionsOf({
    OIDC_ISSUER: issuer,
    OIDC_CLIENT_ID: CLIENT,
    OIDC_CLIENT_SECRET: undefined,
    OIDC_AUDIENCE: undefined,
    OIDC_SCOPES: 'openid email profile groups',
    OIDC_GROUPS_CLAIM: 'groups',
    COGNITO_USER_POOL_ID: undefined,
    COGNITO_CLIENT_ID: undefined,
    COGNITO_ENDPOINT: undefined,
    AWS_REGION: undefined,
  })
  if (options === undefined) throw new Error('no options')
  return oidcProvider({ ...options, ...change }, world)
}

/** What a browser does between `begin` and `finish`: follows, keeps cookies, fills in the forms. */
async function browse(url: string, login: string): Promise<Readonly<Record<string, string>>> {
  const jar = new Map<string, string>()
  let next = url
  let form: URLSearchParams | undefined
  for (let steps = 0; steps < 20; steps += 1) {
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
    const reply: Response = await fetch(next, { redirect: 'manual', headers: { cookie }, ...(form === undefined ? {} : { method: 'POST', body: form }) })
    form = undefined
    for (const line of reply.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      if (value === '') jar.delete(name)
      else jar.set(name, value)
    }
    const location = reply.headers.get('location')
    if (location !== null) {
      next = new URL(location, next).href
      if (next.startsWith(BACK)) return Object.fromEntries(new URL(next).searchParams)
      continue
    }
    const page = await reply.text()
    const action = /<form[^>]*action="([^"]+)"/.exec(page)?.[1]
    if (action === undefined) throw new Error(`no form: ${reply.status} ${page.slice(0, 300)}`)
    next = new URL(action, next).href
    form = new URLSearchParams(page.includes('name="login"') ? { prompt: 'login', login, password: 'any' } : { prompt: 'consent' })
  }
  throw new Error('the sign-in does not end')
}

interface SignIn {
  readonly query: Readonly<Record<string, string>>
  readonly pending: PendingSignIn
}

async function signInUntil(provider: IdentityProvider, login: string): Promise<SignIn> {
  const { url, pending } = await provider.begin(BACK)
  return { query: await browse(url, login), pending }
}

/** An id token as a program would show it; read on its way to the adapter. */
async function idToken(login: string): Promise<string> {
  let seen = ''
  const fetched: typeof fetch = async (input, init) => {
    const reply = await fetch(input, init)
    if (String(input).endsWith('/token')) seen = ((await reply.clone().json()) as { id_token: string }).id_token
    return reply
  }
  const provider = open({}, { fetched })
  const { query, pending } = await signInUntil(provider, login)
  await provider.finish(BACK, query, pending)
  return seen
}

test('a browser signs in with code, PKCE, state and nonce', async () => {
  const provider = open()
  const { url, pending } = await provider.begin(BACK)
  const parameters = new URL(url).searchParams
  expect(Object.fromEntries(parameters)).toMatchObject({
    client_id: CLIENT,
    response_type: 'code',
    code_challenge_method: 'S256',
    state: pending.state,
    nonce: pending.nonce,
    redirect_uri: BACK,
    scope: 'openid email profile groups',
  })
  expect(url).not.toContain(pending.codeVerifier)
  const query = await browse(url, 'ann')
  expect(await provider.finish(BACK, query, pending)).toMatchObject({
    identity: { issuer, subject: 'ann' },
    use: 'id',
    // Only the provider's reply about the person tells these.
    email: 'ann@example.com',
    name: 'Name of ann',
    groups: ['staff'],
  })
  await expect(provider.finish(BACK, query, pending), 'the code works once').rejects.toMatchObject(INVALID)
})

test('an address that the provider did not verify is none', async () => {
  const provider = open()
  const { query, pending } = await signInUntil(provider, 'unverified')
  expect(await provider.finish(BACK, query, pending)).toMatchObject({ identity: { subject: 'unverified' }, email: undefined })
})

test('every begin has secrets of its own', async () => {
  const provider = open()
  const made = await Promise.all(Array.from({ length: 20 }, () => provider.begin(BACK)))
  for (const name of ['state', 'nonce', 'codeVerifier'] as const) expect(new Set(made.map(({ pending }) => pending[name])).size).toBe(20)
  expect(made.every(({ pending }) => Object.values(pending).every((text) => text.length >= 43))).toBe(true)
})

type Query = SignIn['query']
const spoiled: [string, (query: Query) => Query, (pending: PendingSignIn) => PendingSignIn][] = [
  ['another state', (query) => ({ ...query, state: 'x'.repeat(43) }), (pending) => pending],
  ['no state', ({ state: _, ...query }) => query, (pending) => pending],
  ['another state expected', (query) => query, (pending) => ({ ...pending, state: 'x'.repeat(43) })],
  ['another nonce expected', (query) => query, (pending) => ({ ...pending, nonce: 'x'.repeat(43) })],
  ['another verifier', (query) => query, (pending) => ({ ...pending, codeVerifier: 'x'.repeat(43) })],
  ['another code', (query) => ({ ...query, code: 'x'.repeat(43) }), (pending) => pending],
  ['no code', ({ code: _, ...query }) => query, (pending) => pending],
  ['another issuer', (query) => ({ ...query, iss: 'https://evil.example' }), (pending) => pending],
  ['an error', ({ code: _, ...query }) => ({ ...query, error: 'access_denied' }), (pending) => pending],
  ['nothing', () => ({}), (pending) => pending],
]
test.each(spoiled)('a sign-in does not end with %s', async (_, change, expecting) => {
  const provider = open()
  const { query, pending } = await signInUntil(provider, 'ann')
  const fault: unknown = await provider.finish(BACK, change(query), expecting(pending)).catch((error: unknown) => error)
  expect(fault).toMatchObject(INVALID)
  expect(JSON.stringify(fault)).not.toContain(pending.codeVerifier)
})

test('a sign-in of another browser does not end here', async () => {
  const provider = open()
  const [mine, theirs] = [await signInUntil(provider, 'ann'), await signInUntil(provider, 'eve')]
  await expect(provider.finish(BACK, { ...theirs.query, state: mine.pending.state }, mine.pending)).rejects.toMatchObject(INVALID)
  await expect(provider.finish('http://127.0.0.1:1/elsewhere', mine.query, mine.pending)).rejects.toMatchObject(INVALID)
})

test('an id token made for us is a bearer token, one made for another client is not', async () => {
  const token = await idToken('ann')
  expect(await open().verify(token)).toMatchObject({ use: 'id', identity: { issuer, subject: 'ann' } })
  await expect(open({ clientId: 'other' }).verify(token)).rejects.toMatchObject(INVALID)
  await expect(open({ clientId: 'other', audience: CLIENT }).verify(token), 'an id token is for its client alone').rejects.toMatchObject(INVALID)
})

test('an access token counts when it is made for our audience', async () => {
  const reply = await fetch(`${issuer}/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa('machine:machine-secret')}` },
    body: new URLSearchParams({ grant_type: 'client_credentials', resource: API }),
  })
  const { access_token: token } = (await reply.json()) as { access_token: string }
  expect(decodeJwt(token).aud).toBe(API)
  expect(await open({ audience: API }).verify(token)).toMatchObject({ use: 'access', identity: { subject: 'machine' }, groups: undefined })
  await expect(open().verify(token)).rejects.toMatchObject(INVALID)
  await expect(open({ audience: `${API}/` }).verify(token)).rejects.toMatchObject(INVALID)
})

test('keys are exchanged, the provider falls silent, and what is valid stays so', async () => {
  let shift = 0
  const provider = open({}, { now: () => Date.now() + shift })
  const old = await idToken('ann')
  await provider.verify(old)
  keys = [await privateKey('second'), ...keys]
  restart()
  const fresh = await idToken('ann')
  shift = 1000
  const count = () => asked.filter((path) => path.endsWith('/jwks')).length
  const before = count()
  await Promise.all(Array.from({ length: 20 }, () => provider.verify(fresh)))
  expect(count()).toBe(before + 1)
  await provider.verify(old)

  keys = keys.slice(0, 1)
  restart()
  shift = 400_000
  isBroken = true
  try {
    await provider.verify(fresh)
    await provider.verify(old)
    await expect(open().verify(fresh), 'who never had the keys').rejects.toMatchObject(UNAVAILABLE)
    await expect(open().begin(BACK)).rejects.toMatchObject(UNAVAILABLE)
  } finally {
    isBroken = false
  }
  shift = 620_000 // ten minutes: asked in the background
  await expect(provider.verify(fresh)).resolves.toBeDefined()
  await expect
    .poll(() =>
      provider.verify(old).then(
        () => 'valid',
        (fault) => fault.code,
      ),
    )
    .toBe('auth/invalid')
  shift = 700_000
  await expect(provider.verify(fresh), 'its time is over').rejects.toMatchObject(INVALID)
})

test('a provider that fails in the middle is told as that', async () => {
  const provider = open()
  const { query, pending } = await signInUntil(provider, 'ann')
  isBroken = true
  try {
    await expect(provider.finish(BACK, query, pending)).rejects.toMatchObject(UNAVAILABLE)
  } finally {
    isBroken = false
  }
})
