import { createHmac, createSecretKey } from 'node:crypto'
import fc from 'fast-check'
import { SignJWT, UnsecuredJWT } from 'jose'
import { expect, test } from 'vitest'
import { mutated } from '../../ports/secrets.contract.ts'
import { sharedSecretTokens } from './shared-secret-tokens.ts'

const NOW = 1_700_000_000_000
const SECONDS = NOW / 1000
const SECRET = 'a secret that is shared with machines'
const tokens = sharedSecretTokens(SECRET, () => NOW)
const CLAIMS = { sub: 'ann@example.com', aud: 'quarry', iat: SECONDS, exp: SECONDS + 600 }

function sign(claims: Readonly<Record<string, unknown>>, { alg = 'HS256', secret = SECRET, header = {} } = {}): Promise<string> {
  return new SignJWT({ ...claims }).setProtectedHeader({ alg, ...header }).sign(createSecretKey(Buffer.from(secret)))
}

test('a token acts for its subject, with the part that it names', async () => {
  expect(await tokens.verify(await sign(CLAIMS))).toEqual({
    subject: 'ann@example.com',
    scopes: undefined,
    databaseIds: undefined,
    issuedAt: NOW,
    expiresAt: NOW + 600_000,
  })
  const part = await tokens.verify(await sign({ ...CLAIMS, scope: ' query  ask ', databases: ['db_1'] }))
  expect(part).toMatchObject({ scopes: ['query', 'ask'], databaseIds: ['db_1'] })
  // An empty list is nothing, not everything.
  expect(await tokens.verify(await sign({ ...CLAIMS, scope: '', databases: [] }))).toMatchObject({ scopes: [], databaseIds: [] })
})

const DAY = 86_400
const accepted: [string, Readonly<Record<string, unknown>>][] = [
  ['a day long', { ...CLAIMS, exp: SECONDS + DAY }],
  ['over for less than a minute', { ...CLAIMS, iat: SECONDS - 100, exp: SECONDS - 59 }],
  ['issued less than a minute ahead', { ...CLAIMS, iat: SECONDS + 60 }],
  ['several audiences', { ...CLAIMS, aud: ['other', 'quarry'] }],
]
const refused: [string, Readonly<Record<string, unknown>>][] = [
  ['longer than a day', { ...CLAIMS, exp: SECONDS + DAY + 1 }],
  ['over for a minute', { ...CLAIMS, iat: SECONDS - 100, exp: SECONDS - 60 }],
  ['issued in the future', { ...CLAIMS, iat: SECONDS + 61 }],
  ['over before it began', { ...CLAIMS, iat: SECONDS + 30, exp: SECONDS + 30 }],
  ['not yet valid', { ...CLAIMS, nbf: SECONDS + 61 }],
  ['another audience', { ...CLAIMS, aud: 'other' }],
  ['audience in other letters', { ...CLAIMS, aud: 'Quarry' }],
  ['empty subject', { ...CLAIMS, sub: '' }],
  ['long subject', { ...CLAIMS, sub: 'a'.repeat(256) }],
  ['subject a number', { ...CLAIMS, sub: 7 }],
  ['scope a number', { ...CLAIMS, scope: 7 }],
  ['scope null', { ...CLAIMS, scope: null }],
  ['databases a text', { ...CLAIMS, databases: 'db_1' }],
  ['databases null', { ...CLAIMS, databases: null }],
  ['databases mixed', { ...CLAIMS, databases: ['db_1', 7] }],
  ['exp a text', { ...CLAIMS, exp: `${SECONDS + 600}` }],
  ['exp endless', { ...CLAIMS, exp: 1e300 }],
  ['iat below zero', { ...CLAIMS, iat: -1 }],
  ...Object.keys(CLAIMS).map((name): [string, Readonly<Record<string, unknown>>] => [`no ${name}`, { ...CLAIMS, [name]: undefined }]),
]

test.each(accepted)('accepted: %s', async (_, claims) => {
  expect((await tokens.verify(await sign(claims))).subject).toBe('ann@example.com')
})

test.each(refused)('refused: %s', async (_, claims) => {
  await expect(tokens.verify(await sign(claims))).rejects.toMatchObject({ code: 'auth/invalid' })
})

test('another key, algorithm or header is refused', async () => {
  const text = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const body = `${text({ alg: 'HS256' })}.${text(CLAIMS)}`
  const wrong = [
    await sign(CLAIMS, { secret: `${SECRET}.` }),
    await sign(CLAIMS, { alg: 'HS512', secret: SECRET.repeat(2) }),
    await sign(CLAIMS, { alg: 'HS384', secret: SECRET.repeat(2) }),
    new UnsecuredJWT({ ...CLAIMS }).encode(),
    `${body}.`,
    `${body}.${createHmac('sha256', '').update(body).digest('base64url')}`,
    ...(await Promise.all(['jku', 'jwk', 'x5u', 'x5c', 'zip', 'cty'].map((name) => sign(CLAIMS, { header: { [name]: 'x' } })))),
  ]
  for (const token of wrong) await expect(tokens.verify(token), token).rejects.toMatchObject({ code: 'auth/invalid' })
})

test('anything near to a token is refused', async () => {
  const token = await sign(CLAIMS)
  await fc.assert(
    fc.asyncProperty(mutated(token), async (wrong) => {
      await expect(tokens.verify(wrong)).rejects.toMatchObject({ code: 'auth/invalid' })
    }),
    { numRuns: 500 },
  )
})
