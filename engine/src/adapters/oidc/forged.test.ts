import { createHmac, createPublicKey } from 'node:crypto'
import { CompactEncrypt, exportSPKI, importJWK } from 'jose'
import { beforeAll, describe, expect, test } from 'vitest'
import type { IdentityProvider } from '../../ports/identity.ts'
import { type FakeIssuer, fakeIssuer, type SigningKey, signingKey } from './issuer.fixture.ts'
import type { OidcOptions } from './options.ts'
import { oidcProvider } from './provider.ts'

const NOW = 1_700_000_000_000
const SECONDS = NOW / 1000
const CLIENT = 'quarry-client'

type Claims = Readonly<Record<string, unknown>>
/** A token that is right but for what `forge` does to it. */
type Forge = (claims: Claims, from: Forger) => Promise<string> | string
interface Forger {
  readonly issuer: FakeIssuer
  readonly own: SigningKey
  readonly strange: SigningKey
  readonly curve: SigningKey
  readonly published: string
  sign(claims: Claims, header?: Readonly<Record<string, unknown>>, key?: SigningKey): Promise<string>
}

const text = (value: unknown) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')
const hmac = (header: unknown, claims: Claims, key: string, hash = 'sha256') => {
  const signed = `${text(header)}.${text(claims)}`
  return `${signed}.${createHmac(hash, key).update(signed).digest('base64url')}`
}
const withHeader =
  (header: Readonly<Record<string, unknown>>): Forge =>
  (claims, from) =>
    from.sign(claims, header)
const withClaims =
  (change: (claims: Claims) => Claims): Forge =>
  (claims, from) =>
    from.sign(change(claims))
const claim = (name: string, value: unknown): Forge => withClaims((claims) => ({ ...claims, [name]: value }))
/** Keeps the signature of another token, or of another header. */
const regraft =
  (change: (parts: string[]) => string[]): Forge =>
  async (claims, from) =>
    change((await from.sign(claims)).split('.')).join('.')

const SHAPES: Readonly<Record<string, Forge>> = {
  ...Object.fromEntries(['none', 'None', 'NONE', 'nOnE', ''].map((alg): [string, Forge] => [`alg "${alg}"`, (claims) => `${text({ alg })}.${text(claims)}.`])),
  'alg none with a signature': regraft(([, body = '', signature = '']) => [text({ alg: 'none', kid: 'first' }), body, signature]),
  'no alg': regraft(([, body = '', signature = '']) => [text({ kid: 'first' }), body, signature]),
  ...Object.fromEntries(
    ['sha256', 'sha384', 'sha512'].flatMap((hash): [string, Forge][] => [
      [`HMAC by the public key, ${hash}`, (claims, { published }) => hmac({ alg: `HS${hash.slice(3)}`, kid: 'first' }, claims, published, hash)],
      [`HMAC by the public key's JWK, ${hash}`, (claims, { own }) => hmac({ alg: `HS${hash.slice(3)}`, kid: 'first' }, claims, JSON.stringify(own.jwk), hash)],
      [`HMAC by the modulus, ${hash}`, (claims, { own }) => hmac({ alg: `HS${hash.slice(3)}` }, claims, own.jwk.n ?? '', hash)],
      [`HMAC by nothing, ${hash}`, (claims) => hmac({ alg: `HS${hash.slice(3)}`, kid: '/dev/null' }, claims, '', hash)],
    ]),
  ),
  'HMAC with the published symmetric key': (claims) => hmac({ alg: 'HS256', kid: 'shared' }, claims, 'a symmetric key that was published'),
  'key of a stranger': (claims, { sign, strange }) => sign(claims, {}, strange),
  'key of a stranger under our kid': (claims, { sign, strange }) => sign(claims, { kid: 'first' }, strange),
  'key of a stranger without kid': (claims, { sign, strange }) => sign(claims, { kid: undefined }, strange),
  ...Object.fromEntries(
    ['../../../../dev/null', '/etc/passwd', "' OR 1=1--", 'https://evil.example/k', '__proto__', 'constructor', '', 'x'.repeat(600), 'first\0'].map(
      (kid): [string, Forge] => [`kid ${kid.slice(0, 20)}`, (claims, { sign, strange }) => sign(claims, { kid }, strange)],
    ),
  ),
  'kid a number': withHeader({ kid: 1 }),
  'kid a list': withHeader({ kid: ['first'] }),
  'kid null': withHeader({ kid: null }),
  'encryption key as signer': (claims, { sign, curve }) => sign(claims, { kid: 'enc' }, curve),
  'an algorithm that is not announced': (claims, { sign, curve }) => sign(claims, {}, curve),
  'another algorithm of the same key': regraft(([, body = '', signature = '']) => [text({ alg: 'PS256', kid: 'first' }), body, signature]),
  ...Object.fromEntries(['jku', 'x5u'].map((name): [string, Forge] => [name, withHeader({ [name]: 'https://evil.example/keys' })])),
  'jwk of a stranger': (claims, { sign, strange }) => sign(claims, { jwk: strange.jwk }, strange),
  'jwk beside our key': (claims, { sign, own }) => sign(claims, { jwk: own.jwk }),
  'b64 false': regraft(([, body = '', signature = '']) => [text({ alg: 'RS256', kid: 'first', b64: false, crit: ['b64'] }), body, signature]),
  'crit unknown': regraft(([, body = '', signature = '']) => [text({ alg: 'RS256', kid: 'first', crit: ['x'], x: 1 }), body, signature]),
  'crit empty': regraft(([, body = '', signature = '']) => [text({ alg: 'RS256', kid: 'first', crit: [] }), body, signature]),
  zip: withHeader({ zip: 'DEF' }),
  'cty JWT': withHeader({ cty: 'JWT' }),
  ...Object.fromEntries(
    ['logout+jwt', 'dpop+jwt', 'secevent+jwt', 'client-authentication+jwt', 'JOSE', 7, null].map((typ): [string, Forge] => [`typ ${typ}`, withHeader({ typ })]),
  ),
  nested: async (claims, { sign }) => sign({ jwt: await sign(claims) }, { cty: 'JWT' }),
  'a token for a payload': async (claims, { sign }) => regraft(([head = '', , signature = '']) => [head, text('a.b.c'), signature])(claims, { sign } as Forger),
  encrypted: async (claims, { own }) =>
    new CompactEncrypt(new TextEncoder().encode(JSON.stringify(claims)))
      .setProtectedHeader({ alg: 'RSA-OAEP-256', enc: 'A256GCM' })
      .encrypt(await importJWK({ ...own.jwk, alg: 'RSA-OAEP-256', use: 'enc' })),
  'payload exchanged': regraft(([head = '', , signature = '']) => [head, text({ sub: 'admin' }), signature]),
  'signature cut': regraft(([head = '', body = '', signature = '']) => [head, body, signature.slice(0, -4)]),
  'signature empty': regraft(([head = '', body = '']) => [head, body, '']),
  'signature missing': regraft(([head = '', body = '']) => [head, body]),
  'signature of zeros': regraft(([head = '', body = '', signature = '']) => [head, body, 'A'.repeat(signature.length)]),
  'four parts': regraft((parts) => [...parts, 'x']),
  'padding added': regraft(([head = '', body = '', signature = '']) => [head, body, `${signature}==`]),
  'base64 with plus and slash': regraft((parts) => parts.map((part) => `${part}+/`)),
  'blanks around': regraft((parts) => [` ${parts[0]}`, parts[1] ?? '', `${parts[2]} `]),
  'a JSON serialisation': async (claims, { sign }) => {
    const [head, body, signature] = (await sign(claims)).split('.')
    return JSON.stringify({ protected: head, payload: body, signature })
  },
  'longer than 8 KiB': withClaims((claims) => ({ ...claims, padding: 'x'.repeat(8192) })),
  ...Object.fromEntries(
    [
      'https://id.example.com/',
      'https://id.example.com.evil.example',
      'https://ID.example.com',
      'http://id.example.com',
      'https://id.example.com/other-pool',
      'id.example.com',
      '',
      ['https://id.example.com'],
      null,
      undefined,
    ].map((iss): [string, Forge] => [`iss ${JSON.stringify(iss)}`, claim('iss', iss)]),
  ),
  ...Object.fromEntries(
    [-61, -3600, -86_400 * 365].map((past): [string, Forge] => [
      `expired ${past}`,
      withClaims((claims) => ({ ...claims, iat: SECONDS - 86_400 * 400, exp: SECONDS + past })),
    ]),
  ),
  'expired exactly': withClaims((claims) => ({ ...claims, iat: SECONDS - 600, exp: SECONDS - 60 })),
  ...Object.fromEntries([61, 3600, 1e9].map((ahead): [string, Forge] => [`nbf in ${ahead}`, claim('nbf', SECONDS + ahead)])),
  ...Object.fromEntries([61, 3600].map((ahead): [string, Forge] => [`iat in ${ahead}`, claim('iat', SECONDS + ahead)])),
  'exp before iat': withClaims((claims) => ({ ...claims, iat: SECONDS + 50, exp: SECONDS + 10 })),
  ...Object.fromEntries(
    ['exp', 'iat'].flatMap((name) =>
      [undefined, null, 'soon', `${SECONDS + 100}`, {}, [SECONDS + 100], -1, true].map((value): [string, Forge] => [
        `${name} ${JSON.stringify(value)}`,
        claim(name, value),
      ]),
    ),
  ),
  'exp beyond all time': claim('exp', 1e300),
  'nbf a text': claim('nbf', 'now'),
  ...Object.fromEntries(
    [undefined, null, '', 7, ['sub'], {}, 'x'.repeat(256)].map((sub): [string, Forge] => [`sub ${JSON.stringify(sub)?.slice(0, 12)}`, claim('sub', sub)]),
  ),
}

const FOR_GENERIC: Readonly<Record<string, Forge>> = {
  ...Object.fromEntries(
    ['other-client', '', CLIENT.toUpperCase(), `${CLIENT} `, [], ['other-client'], [[CLIENT]], { client: CLIENT }, null, undefined, 7].map(
      (aud): [string, Forge] => [`aud ${JSON.stringify(aud)}`, claim('aud', aud)],
    ),
  ),
  'azp of another client': withClaims((claims) => ({ ...claims, aud: [CLIENT, 'other-client'], azp: 'other-client' })),
  'an id token for the API': withClaims((claims) => ({ ...claims, aud: 'https://api.example.com', nonce: 'n' })),
  'an id token for the API by its hash': withClaims((claims) => ({ ...claims, aud: 'https://api.example.com', at_hash: 'n' })),
  'a logout token': claim('events', { 'http://schemas.openid.net/event/backchannel-logout': {} }),
  ...Object.fromEntries(['Refresh', 'Offline', 'Logout', 'refresh'].map((typ): [string, Forge] => [`a ${typ} token`, claim('typ', typ)])),
}

const FOR_COGNITO: Readonly<Record<string, Forge>> = {
  ...Object.fromEntries(
    [undefined, null, '', 'refresh', 'ACCESS', ['access'], true].map((use): [string, Forge] => [`token_use ${JSON.stringify(use)}`, claim('token_use', use)]),
  ),
  ...Object.fromEntries(
    ['other-client', '', undefined, null, [CLIENT], 7].flatMap((client): [string, Forge][] => [
      [`access for ${JSON.stringify(client)}`, withClaims((claims) => ({ ...claims, token_use: 'access', client_id: client }))],
      [`id for ${JSON.stringify(client)}`, withClaims((claims) => ({ ...claims, token_use: 'id', client_id: undefined, aud: client }))],
    ]),
  ),
  'an access token with our client in aud': withClaims((claims) => ({ ...claims, token_use: 'access', client_id: 'other-client', aud: CLIENT })),
  'an id token with our client in client_id': withClaims((claims) => ({ ...claims, token_use: 'id', aud: 'other-client', client_id: CLIENT })),
}

const COMMON = { clientId: CLIENT, clientSecret: undefined, scopes: 'openid' }
const GENERIC = { ...COMMON, kind: 'generic', audience: 'https://api.example.com', groupsClaim: 'groups' } as const
const COGNITO = { ...COMMON, kind: 'cognito', audience: undefined, groupsClaim: 'cognito:groups' } as const

interface Kind {
  readonly options: Omit<OidcOptions, 'issuer'>
  readonly use: 'access' | 'id'
  readonly base: Claims
  readonly shapes: Readonly<Record<string, Forge>>
}

const KINDS: readonly Kind[] = [
  { options: GENERIC, use: 'access', base: { aud: CLIENT, scope: 'openid' }, shapes: FOR_GENERIC },
  { options: GENERIC, use: 'id', base: { aud: CLIENT, nonce: 'n' }, shapes: FOR_GENERIC },
  { options: COGNITO, use: 'access', base: { client_id: CLIENT, token_use: 'access' }, shapes: FOR_COGNITO },
  { options: COGNITO, use: 'id', base: { aud: CLIENT, token_use: 'id' }, shapes: FOR_COGNITO },
]

let tried = 0
describe.each(KINDS)('forged $use tokens of a $options.kind provider', ({ options, use, base, shapes }) => {
  let provider: IdentityProvider
  let forger: Forger
  let claims: Claims

  beforeAll(async () => {
    const [first, strange, curve] = [await signingKey('first'), await signingKey('strange'), await signingKey('curve', 'ES256')]
    const issuer = await fakeIssuer('https://id.example.com', first)
    const fetched: typeof fetch = async (input, init) => {
      if (!String(input).endsWith('jwks.json')) return issuer.fetched(input, init)
      const symmetric = { kty: 'oct', kid: 'shared', k: text('a symmetric key that was published') }
      return Response.json({ keys: [first.jwk, symmetric, { ...curve.jwk, kid: 'enc', use: 'enc' }, curve.jwk, null, 'x', { kty: 'RSA', kid: 7 }] })
    }
    provider = oidcProvider({ ...options, issuer: issuer.issuer }, { fetched, now: () => NOW })
    const published = await exportSPKI(createPublicKey({ key: { ...first.jwk }, format: 'jwk' }))
    forger = { issuer, own: first, strange, curve, published, sign: (payload, header = {}, key = first) => issuer.sign(payload, { key, header }) }
    claims = { iss: issuer.issuer, sub: 'sub-1', iat: SECONDS - 10, exp: SECONDS + 600, ...base }
  })

  test('the form that is forged below passes, to the edges of its time', async () => {
    expect(await provider.verify(await forger.sign(claims))).toMatchObject({ identity: { subject: 'sub-1' }, use })
    const edges: Claims[] = [
      { iat: SECONDS - 600, exp: SECONDS - 59 },
      { nbf: SECONDS + 60 },
      { iat: SECONDS + 60, exp: SECONDS + 600 },
      { iat: SECONDS - 1.5, exp: SECONDS + 0.5 },
      { sub: 'x'.repeat(255) },
    ]
    for (const edge of edges) await expect(provider.verify(await forger.sign({ ...claims, ...edge })), JSON.stringify(edge)).resolves.toBeDefined()
    for (const typ of [undefined, 'JWT', 'jwt', 'at+jwt', 'application/at+jwt']) {
      await expect(provider.verify(await forger.sign(claims, { typ })), typ).resolves.toBeDefined()
    }
  })

  test.each(Object.keys({ ...SHAPES, ...shapes }))('refused: %s', async (name) => {
    const forge = { ...SHAPES, ...shapes }[name]
    if (forge === undefined) throw new Error(`no shape ${name}`)
    const token = await forge(claims, forger)
    const fault: unknown = await provider.verify(token).catch((error: unknown) => error)
    expect(fault).toMatchObject({ code: 'auth/invalid', facts: {} })
    tried += 1
  })
})

test('there are at least 300 of them', () => {
  console.info(`${tried} forged provider tokens refused`)
  expect(tried).toBeGreaterThanOrEqual(300)
})
