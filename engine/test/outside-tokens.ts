import { createHmac } from 'node:crypto'
import { auth } from '../src/adapters/local/auth.ts'
import { sharedSecretTokens } from '../src/adapters/local/shared-secret-tokens.ts'
import { AppError } from '../src/domain/errors.ts'
import type { Auth } from '../src/ports/auth.ts'
import type { IdentityProvider } from '../src/ports/identity.ts'
import type { World } from '../src/ports/world.ts'
import { TOKEN } from './server-fixture.ts'

// Tokens that somebody else made: of a provider that is played, and those that machines sign.

export const SHARED_SECRET = 'shared-secret-for-tests-0123456789-abcdef'
/** As real providers' tokens are read: clocks differ. */
const SKEW_MS = 60_000
const ISSUER = 'https://provider.example'

/** An authenticator for a world that is yet to be made: the real one, with a provider that believes what is written. */
export function outsideAuth(): { readonly auth: Auth; bind(world: World): void } {
  let real: Auth | undefined
  const bound = (): Auth => {
    if (real === undefined) throw new Error('bind the world first')
    return real
  }
  return {
    auth: { authenticate: (presented) => bound().authenticate(presented), accountOf: (token) => bound().accountOf(token) },
    bind({ accounts, keys, publications, secrets, now }) {
      const sharedSecret = sharedSecretTokens(SHARED_SECRET, now)
      real = auth({
        accounts,
        keys,
        publications,
        secrets,
        now,
        identity: playedProvider(),
        sharedSecret,
        operatorToken: TOKEN,
        roles: [],
        defaultRole: 'member',
      })
    },
  }
}

export function playedProvider(): IdentityProvider {
  return {
    name: 'provider.example',
    issuer: ISSUER,
    async verify(token) {
      const { sub, email, iat, exp } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>
      if (typeof sub !== 'string' || typeof email !== 'string' || typeof iat !== 'number' || typeof exp !== 'number') throw new AppError('auth/invalid')
      if (exp * 1000 + SKEW_MS <= Date.now()) throw new AppError('auth/invalid')
      const identity = { issuer: ISSUER, subject: sub }
      return { identity, use: 'access', email, name: undefined, groups: undefined, issuedAt: iat * 1000, expiresAt: exp * 1000 }
    },
    begin: async () => ({ url: `${ISSUER}/authorize`, pending: { state: 'state', nonce: 'nonce', codeVerifier: 'verifier' } }),
    finish: async () => Promise.reject(new AppError('auth/invalid')),
  }
}

/** Times in epoch ms. */
export function providerToken(email: string, issuedAt: number, expiresAt: number): string {
  return compact({ iss: ISSUER, sub: email, email, iat: issuedAt / 1000, exp: expiresAt / 1000 }, 'another key')
}

export function sharedSecretToken(subject: string, issuedAt: number, expiresAt: number): string {
  return compact({ aud: 'quarry', sub: subject, iat: issuedAt / 1000, exp: expiresAt / 1000 }, SHARED_SECRET)
}

function compact(claims: object, key: string): string {
  const signed = [{ alg: 'HS256', typ: 'JWT' }, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')
  return `${signed}.${createHmac('sha256', key).update(signed).digest('base64url')}`
}
