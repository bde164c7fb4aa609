import { beforeAll, describe, expect, test } from 'vitest'
import type { IdentityProvider } from '../../ports/identity.ts'
import { type FakeIssuer, fakeIssuer, type SigningKey, signingKey } from './issuer.fixture.ts'
import { type OidcSettings, oidcOptionsOf } from './options.ts'
import { oidcProvider } from './provider.ts'

const START = 1_700_000_000_000
const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const UNAVAILABLE = { code: 'provider/unavailable' }
const INVALID = { code: 'auth/invalid' }

let first: SigningKey
let second: SigningKey
beforeAll(async () => {
  ;[first, second] = await Promise.all([signingKey('first'), signingKey('second')])
})

interface Subject {
  readonly provider: IdentityProvider
  readonly issuer: FakeIssuer
  pass(ms: number): void
  token(key?: SigningKey, header?: Readonly<Record<string, unknown>>): Promise<string>
  readonly warnings: unknown[]
}

async function open(change: Partial<Parameters<typeof oidcProvider>[0]> = {}): Promise<Subject> {
  let time = START
  const issuer = await fakeIssuer('https://id.example.com', first)
  const warnings: unknown[] = []
  const options = {
    kind: 'generic',
    issuer: issuer.issuer,
    clientId: 'quarry',
    clientSecret: undefined,
    audience: undefined,
    scopes: 'openid',
    groupsClaim: 'groups',
  } as const
  return {
    provider: oidcProvider(
      { ...options, ...change },
      { fetched: issuer.fetched, now: () => time, log: { warn: (event, facts) => void warnings.push({ event, facts }) } },
    ),
    issuer,
    warnings,
    pass: (ms) => {
      time += ms
    },
    token: (key = first, header = {}) =>
      issuer.sign({ iss: issuer.discovery.issuer, aud: 'quarry', sub: 's', iat: Math.floor(time / 1000), exp: Math.floor(time / 1000) + 300 }, { key, header }),
  }
}

const settled = () => new Promise((resolve) => setTimeout(resolve, 5))

test('whoever comes first at the same time waits for one and the same answer', async () => {
  const { provider, issuer, token } = await open()
  expect(issuer.asked, 'nothing is asked before it is needed').toEqual({})
  const text = await token()
  await Promise.all(Array.from({ length: 50 }, () => provider.verify(text)))
  expect(issuer.asked).toEqual({ 'openid-configuration': 1, 'jwks.json': 1 })
})

test('a new key counts at once, and forgers make us ask no more often than every 30 seconds', async () => {
  const { provider, issuer, token, pass } = await open()
  await provider.verify(await token())
  pass(SECOND)
  issuer.keys = [second, first]
  await Promise.all(Array.from({ length: 20 }, async () => provider.verify(await token(second))))
  await provider.verify(await token(first))
  expect(issuer.asked['jwks.json']).toBe(2)

  for (let seconds = 0; seconds < 120; seconds += 1) {
    const forged = await token(second, { kid: `forged-${seconds}` })
    await expect(provider.verify(forged)).rejects.toMatchObject(INVALID)
    await expect(provider.verify(forged)).rejects.toMatchObject(INVALID)
    pass(SECOND)
  }
  expect(issuer.asked['jwks.json']).toBeGreaterThanOrEqual(4)
  expect(issuer.asked['jwks.json']).toBeLessThanOrEqual(6)

  const third = await signingKey('third')
  pass(30 * SECOND)
  issuer.keys = [third]
  await provider.verify(await token(third))
  await expect(provider.verify(await token(first)), 'a key that was taken away').rejects.toMatchObject(INVALID)
})

test('keys are refreshed behind the back of those who ask', async () => {
  const { provider, issuer, token, pass } = await open()
  await provider.verify(await token())
  pass(9 * MINUTE)
  await provider.verify(await token())
  expect(issuer.asked['jwks.json']).toBe(1)
  pass(2 * MINUTE)
  let answer: (reply: Response) => void = () => undefined
  issuer.broken = () => new Promise((resolve) => (answer = resolve))
  await Promise.all(Array.from({ length: 20 }, async () => provider.verify(await token())))
  expect(issuer.asked['jwks.json']).toBe(2)
  answer(Response.json({ keys: [second.jwk] }))
  await settled()
  issuer.broken = undefined
  await provider.verify(await token(second))
  await expect(provider.verify(await token())).rejects.toMatchObject(INVALID)
})

test('while the provider does not answer the last good set counts for a day', async () => {
  const { provider, issuer, token, pass, warnings } = await open()
  await provider.verify(await token())
  issuer.broken = () => Promise.reject(new TypeError('fetch failed'))
  for (let hours = 0; hours < 23; hours += 1) {
    pass(HOUR)
    await provider.verify(await token())
    await provider.verify(await token())
    await expect(provider.verify(await token(second))).rejects.toMatchObject(INVALID)
    await settled()
  }
  expect(issuer.asked['jwks.json'], 'asks on, within bounds').toBeLessThan(100)
  expect(warnings.length).toBeGreaterThan(0)
  expect(JSON.stringify(warnings)).toContain('provider-keys-not-read')
  pass(HOUR)
  await expect(provider.verify(await token())).rejects.toMatchObject(UNAVAILABLE)
  issuer.broken = undefined
  pass(2 * SECOND)
  await provider.verify(await token())
})

test('without any key set it is unavailable, and is not asked again and again', async () => {
  const { provider, issuer, token, pass } = await open()
  issuer.broken = () => new Response('', { status: 503 })
  const text = await token()
  await Promise.all(Array.from({ length: 50 }, () => expect(provider.verify(text)).rejects.toMatchObject(UNAVAILABLE)))
  await expect(provider.verify(text)).rejects.toMatchObject(UNAVAILABLE)
  expect(issuer.asked['openid-configuration']).toBe(1)
  issuer.broken = undefined
  pass(2 * SECOND)
  await provider.verify(text)
})

const discovery = (change: Readonly<Record<string, unknown>>) => (issuer: FakeIssuer) => void Object.assign(issuer.discovery, change)
const keysAre = (body: () => Response) => (issuer: FakeIssuer) => {
  issuer.broken = (url) => (url.endsWith('jwks.json') ? body() : Response.json(issuer.discovery))
}
const broken: [string, (issuer: FakeIssuer) => void][] = [
  ['another issuer', discovery({ issuer: 'https://evil.example.com' })],
  ['no issuer', discovery({ issuer: undefined })],
  ['keys over http', discovery({ jwks_uri: 'http://id.example.com/.well-known/jwks.json' })],
  ['keys in a file', discovery({ jwks_uri: 'file:///etc/passwd' })],
  ['no keys', discovery({ jwks_uri: undefined })],
  ['only algorithms that are refused', discovery({ id_token_signing_alg_values_supported: ['none', 'HS256'] })],
  ['algorithms a text', discovery({ id_token_signing_alg_values_supported: 'RS256' })],
  ['an empty set', keysAre(() => Response.json({ keys: [] }))],
  ['a set of other things', keysAre(() => Response.json({ keys: [null, 7, { kty: 'oct', k: 'AAAA' }, { kty: 'RSA', use: 'enc' }] }))],
  ['a private key', keysAre(() => Response.json({ keys: [{ ...first.jwk, d: 'AAAA' }] }))],
  ['a list', keysAre(() => Response.json([first.jwk]))],
  ['a page', keysAre(() => new Response('<html>', { status: 200 }))],
  ['not found', keysAre(() => new Response('', { status: 404 }))],
  ['too large', keysAre(() => new Response(new Uint8Array(2 ** 20 + 1)))],
]
test.each(broken)('such keys are no keys, and do not replace good ones: %s', async (_, breakIt) => {
  const never = await open()
  breakIt(never.issuer)
  await expect(never.provider.verify(await never.issuer.sign({ iss: 'x' }))).rejects.toMatchObject(UNAVAILABLE)

  const before = await open()
  await before.provider.verify(await before.token())
  before.pass(2 * HOUR)
  const text = await before.token()
  breakIt(before.issuer)
  await before.provider.verify(text)
  await settled()
  before.pass(SECOND)
  await before.provider.verify(text)
})

test.each(['RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'EdDSA'])('%s counts when it is announced', async (alg) => {
  const { provider, issuer, token } = await open()
  const key = await signingKey('other', alg)
  issuer.keys = [key]
  await expect(provider.verify(await token(key))).rejects.toMatchObject(INVALID)
  const announced = await open()
  announced.issuer.keys = [key]
  announced.issuer.discovery.id_token_signing_alg_values_supported = [alg]
  await announced.provider.verify(await announced.token(key))
  await expect(announced.provider.verify(await announced.token(first))).rejects.toMatchObject(INVALID)
})

test('a key without id is found when it is the only one', async () => {
  const { provider, issuer, token } = await open()
  const { kid: _, ...jwk } = first.jwk
  issuer.keys = [{ ...first, jwk }]
  await provider.verify(await token(first, { kid: undefined }))
})

test('an issuer is the same with and without a slash at its end', async () => {
  const { provider, issuer, token } = await open()
  issuer.discovery.issuer = `${issuer.issuer}/`
  expect((await provider.verify(await token())).identity.issuer).toBe(issuer.issuer)
  // But a token is that of the provider only as the provider writes it.
  await expect(
    provider.verify(await issuer.sign({ iss: issuer.issuer, aud: 'quarry', sub: 's', iat: START / 1000, exp: START / 1000 + 9 })),
  ).rejects.toMatchObject(INVALID)
})

test('what a token tells of a person is taken with care', async () => {
  const { provider, issuer } = await open({ groupsClaim: 'roles' })
  const told = async (claims: Readonly<Record<string, unknown>>) =>
    provider.verify(await issuer.sign({ iss: issuer.issuer, aud: 'quarry', sub: 's', iat: START / 1000, exp: START / 1000 + 9, ...claims }))
  expect(await told({})).toMatchObject({ email: undefined, name: undefined, groups: undefined })
  expect(await told({ email: 'Ann@Example.com', email_verified: true, name: ' Ann\u0000\n A. ' })).toMatchObject({ email: 'ann@example.com', name: 'Ann A.' })
  for (const verified of [undefined, false, 'false', 1, 'yes', null])
    expect(await told({ email: 'a@b.c', email_verified: verified })).toMatchObject({ email: undefined })
  for (const email of ['', 'no address', 'a@b@c', `${'a'.repeat(300)}@b.c`, ['a@b.c'], 7])
    expect(await told({ email, email_verified: true })).toMatchObject({ email: undefined })
  expect(await told({ roles: ['a', 7, null, '', { a: 1 }, 'b'] })).toMatchObject({ groups: ['a', 'b'] })
  expect(await told({ roles: 'admins' })).toMatchObject({ groups: [] })
  expect((await told({ roles: Array.from({ length: 700 }, (_, index) => `${index}`) })).groups).toHaveLength(500)
  expect(await told({ groups: ['admins'] })).toMatchObject({ groups: undefined })
})

describe('options', () => {
  const none: OidcSettings = {
    OIDC_ISSUER: undefined,
    OIDC_CLIENT_ID: undefined,
    OIDC_CLIENT_SECRET: undefined,
    OIDC_AUDIENCE: undefined,
    OIDC_SCOPES: 'openid email',
    OIDC_GROUPS_CLAIM: 'groups',
    COGNITO_USER_POOL_ID: undefined,
    COGNITO_CLIENT_ID: undefined,
    COGNITO_ENDPOINT: undefined,
    AWS_REGION: undefined,
  }
  const pool = { ...none, COGNITO_USER_POOL_ID: 'eu-west-1_abc', COGNITO_CLIENT_ID: 'c', AWS_REGION: 'eu-west-1' }

  test('come from the settings', () => {
    expect(oidcOptionsOf(none)).toBeUndefined()
    expect(oidcOptionsOf({ ...none, OIDC_ISSUER: 'https://id.example.com', OIDC_CLIENT_ID: 'c' })).toMatchObject({
      kind: 'generic',
      issuer: 'https://id.example.com',
    })
    expect(oidcOptionsOf(pool)).toMatchObject({
      kind: 'cognito',
      issuer: 'https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_abc',
      clientId: 'c',
      groupsClaim: 'cognito:groups',
    })
    expect(oidcOptionsOf({ ...pool, COGNITO_ENDPOINT: 'http://127.0.0.1:9229', OIDC_GROUPS_CLAIM: 'custom:teams' })).toMatchObject({
      issuer: 'http://127.0.0.1:9229/eu-west-1_abc',
      groupsClaim: 'custom:teams',
    })
  })

  test.each(['http://id.example.com', 'http://127.0.0.1.evil.example', 'http://localhost.evil.example', 'http://10.0.0.1'])(
    '%s could be read along',
    (address) => {
      expect(() => oidcOptionsOf({ ...none, OIDC_ISSUER: address, OIDC_CLIENT_ID: 'c' })).toThrow('https')
      expect(() => oidcOptionsOf({ ...pool, COGNITO_ENDPOINT: address })).toThrow('https')
    },
  )
})
