import { type CryptoKey, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose'

export interface SigningKey {
  readonly kid: string
  readonly alg: string
  readonly privateKey: CryptoKey
  readonly jwk: JWK
}

/** A provider that a test holds in its hand: its documents come through `fetched`, and it signs whatever it is told. */
export interface FakeIssuer {
  readonly issuer: string
  readonly fetched: typeof fetch
  /** What was asked, by the last part of the path. */
  readonly asked: Record<string, number>
  /** What it publishes now. */
  keys: SigningKey[]
  /** Unset: it answers as it should. */
  broken: ((url: string) => Response | Promise<Response>) | undefined
  discovery: Record<string, unknown>
  sign(claims: Readonly<Record<string, unknown>>, options?: { readonly key?: SigningKey; readonly header?: Readonly<Record<string, unknown>> }): Promise<string>
}

export async function signingKey(kid: string, alg = 'RS256'): Promise<SigningKey> {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true })
  return { kid, alg, privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' } }
}

export async function fakeIssuer(issuer = 'https://id.example.com', key?: SigningKey): Promise<FakeIssuer> {
  const first = key ?? (await signingKey('first'))
  const one: FakeIssuer = {
    issuer,
    asked: {},
    keys: [first],
    broken: undefined,
    discovery: {
      issuer,
      jwks_uri: `${issuer}/.well-known/jwks.json`,
      authorization_endpoint: `${issuer}/authorize`,
      token_endpoint: `${issuer}/token`,
      id_token_signing_alg_values_supported: ['RS256', 'none', 'HS256'],
    },
    fetched: async (input) => {
      const url = String(input)
      const name = url.split('/').at(-1) ?? ''
      one.asked[name] = (one.asked[name] ?? 0) + 1
      if (one.broken !== undefined) return one.broken(url)
      if (name === 'openid-configuration') return Response.json(one.discovery)
      if (name === 'jwks.json') return Response.json({ keys: one.keys.map(({ jwk }) => jwk) })
      return new Response('', { status: 404 })
    },
    sign(claims, { key: chosen = one.keys[0] ?? first, header = {} } = {}) {
      // A header that the library would refuse to write is a test's own to make.
      return new SignJWT({ ...claims }).setProtectedHeader({ alg: chosen.alg, kid: chosen.kid, ...header }).sign(chosen.privateKey)
    },
  }
  return one
}
