import { createHmac, hkdfSync } from 'node:crypto'
import { expect, test } from 'vitest'
import { secretsContract } from '../../ports/secrets.contract.ts'
import { localSecrets } from './secrets.ts'

secretsContract('local', { open: localSecrets })

const NOW = 1_700_000_000_000
const SECONDS = NOW / 1000
const SERVER_KEY = 'a signing key of this server, rather long'

const text = (value: unknown): string => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')
const keyFor = (purpose: string, from = SERVER_KEY) => new Uint8Array(hkdfSync('sha256', from, 'quarry', `sign/${purpose}`, 32))
function token(header: unknown, payload: unknown, key: Uint8Array | string = keyFor('visitor'), hash = 'sha256'): string {
  const signed = `${text(header)}.${text(payload)}`
  return `qv_${signed}.${createHmac(hash, key).update(signed).digest('base64url')}`
}

const HEADER = { alg: 'HS256', typ: 'JWT' }
const CLAIMS = { sub: 'vis_1', publication: 'pub_1', aud: 'visitor', iat: SECONDS, exp: SECONDS + 3600 }
const without = (name: string) => Object.fromEntries(Object.entries(CLAIMS).filter(([key]) => key !== name))

/** The shapes of a forgery; each is tried with several visitors. */
const FORGERIES: Readonly<Record<string, (claims: Readonly<Record<string, unknown>>) => string>> = {
  'alg none': (claims) => `qv_${text({ alg: 'none' })}.${text(claims)}.`,
  'alg none, signed': (claims) => token({ ...HEADER, alg: 'none' }, claims),
  'alg None': (claims) => token({ ...HEADER, alg: 'None' }, claims),
  'no alg': (claims) => token({ typ: 'JWT' }, claims),
  HS384: (claims) => token({ ...HEADER, alg: 'HS384' }, claims, keyFor('visitor'), 'sha384'),
  HS512: (claims) => token({ ...HEADER, alg: 'HS512' }, claims, keyFor('visitor'), 'sha512'),
  RS256: (claims) => token({ ...HEADER, alg: 'RS256' }, claims),
  'empty key': (claims) => token(HEADER, claims, ''),
  'the server key itself': (claims) => token(HEADER, claims, SERVER_KEY),
  'key of another purpose': (claims) => token(HEADER, claims, keyFor('facts/visitor')),
  'key of another server': (claims) => token(HEADER, claims, keyFor('visitor', 'another signing key, just as long as it')),
  'another audience': (claims) => token(HEADER, { ...claims, aud: 'facts/visitor' }),
  'no audience': (claims) => token(HEADER, { ...claims, aud: undefined }),
  'empty signature': (claims) => token(HEADER, claims).replace(/[^.]+$/, ''),
  'no signature': (claims) => token(HEADER, claims).replace(/\.[^.]+$/, ''),
  'truncated signature': (claims) => token(HEADER, claims).slice(0, -2),
  'payload of another': (claims) => token(HEADER, claims).replace(/\.[^.]+\./, `.${text({ ...claims, sub: 'vis_other' })}.`),
  expired: (claims) => token(HEADER, { ...claims, exp: SECONDS }),
  'expired long ago': (claims) => token(HEADER, { ...claims, iat: 1, exp: 2 }),
  'from the future': (claims) => token(HEADER, { ...claims, iat: SECONDS + 61 }),
  'not yet valid': (claims) => token(HEADER, { ...claims, nbf: SECONDS + 61 }),
  'exp as text': (claims) => token(HEADER, { ...claims, exp: String(SECONDS + 3600) }),
  'no exp': () => token(HEADER, without('exp')),
  'no iat': () => token(HEADER, without('iat')),
  'no visitor': () => token(HEADER, without('sub')),
  'no publication': () => token(HEADER, without('publication')),
  'a number for a visitor': (claims) => token(HEADER, { ...claims, sub: 7 }),
  'a list for a publication': (claims) => token(HEADER, { ...claims, publication: ['pub_1'] }),
  'jwk in the header': (claims) => token({ ...HEADER, jwk: { kty: 'oct', k: text('x') } }, claims),
  'jku in the header': (claims) => token({ ...HEADER, jku: 'https://evil.example' }, claims),
  'kid in the header': (claims) => token({ ...HEADER, kid: '../../etc/passwd' }, claims),
  'crit in the header': (claims) => token({ ...HEADER, crit: ['exp'] }, claims),
  'b64 in the header': (claims) => token({ ...HEADER, b64: false, crit: ['b64'] }, claims),
  'the prefix missing': (claims) => token(HEADER, claims).slice(3),
  'the prefix of a key': (claims) => token(HEADER, claims).replace('qv_', 'qk_'),
  'the prefix twice': (claims) => `qv_${token(HEADER, claims)}`,
  'payload no object': () => token(HEADER, '[1]'),
  'payload no JSON': () => token(HEADER, '{'),
  nested: (claims) => token({ ...HEADER, cty: 'JWT' }, token(HEADER, claims).slice(3)),
}
const VISITORS = ['vis_1', 'vis_2', 'owner', "' OR 1=1--", '../x', 'é', '__proto__', 'a'.repeat(300)]

test('a forged token is nobody', async () => {
  const secrets = localSecrets(SERVER_KEY, () => NOW)
  expect(await secrets.readVisitor(token(HEADER, CLAIMS)), 'the form that is forged below').toMatchObject({ visitorId: 'vis_1' })
  let tried = 0
  for (const [shape, forge] of Object.entries(FORGERIES)) {
    for (const sub of VISITORS) {
      expect(await secrets.readVisitor(forge({ ...CLAIMS, sub })), `${shape}, ${sub}`).toBeUndefined()
      tried += 1
    }
  }
  console.info(`${tried} forged visitor tokens refused`)
  expect(tried).toBeGreaterThanOrEqual(300)
})
