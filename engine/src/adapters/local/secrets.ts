import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto'
import { jwtVerify, SignJWT } from 'jose'
import { readSecret, SECRET_PREFIX, type SecretParts, writeSecret } from '../../domain/api-key.ts'
import type { Secrets } from '../../ports/secrets.ts'
import { type Claims, readCompact, timeOf } from '../compact-token.ts'

/** Clocks of the processes of one server differ by no more. */
const SKEW_MS = 60_000
const VISITOR = 'visitor'
const VISITOR_START = `${SECRET_PREFIX.visitor}_`
/** AES-256-GCM: `s1.` and base64url of 12 random bytes, what is encrypted, and 16 bytes that vouch for it. */
const CIPHER = 'aes-256-gcm'
const SEALED = /^s1\.([\w-]{38,20000})$/
const NONCE_BYTES = 12
const TAG_BYTES = 16

/**
 * Secrets from the random source of the system, and tokens signed with keys that are derived from `signingKey`, one for
 * each purpose: a token of one purpose is nothing to another.
 */
export function localSecrets(signingKey: string, now: () => number = Date.now): Secrets {
  const keys = new Map<string, Uint8Array>()

  function keyFor(purpose: string, use: 'sign' | 'seal' = 'sign'): Uint8Array {
    const place = `${use}/${purpose}`
    const known = keys.get(place)
    if (known !== undefined) return known
    const made = new Uint8Array(hkdfSync('sha256', signingKey, 'quarry', place, 32))
    keys.set(place, made)
    return made
  }

  function signed(purpose: string, claims: Claims, issuedAt: number, expiresAt: number): Promise<string> {
    return new SignJWT({ ...claims })
      .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
      .setAudience(purpose)
      .setIssuedAt(Math.floor(issuedAt / 1000))
      .setExpirationTime(Math.floor(expiresAt / 1000))
      .sign(keyFor(purpose))
  }

  async function read(purpose: string, text: string): Promise<Claims | undefined> {
    if (readCompact(text) === undefined) return undefined
    try {
      const { payload, protectedHeader } = await jwtVerify(text, keyFor(purpose), {
        algorithms: ['HS256'],
        audience: purpose,
        requiredClaims: ['exp', 'iat'],
        currentDate: new Date(now()),
      })
      if (Object.keys(protectedHeader).length !== 2) return undefined // alg and typ, as we write it
      const issuedAt = timeOf(payload.iat)
      return issuedAt === undefined || issuedAt > now() + SKEW_MS ? undefined : payload
    } catch {
      return undefined
    }
  }

  return {
    make(prefix, id = randomBytes(8).toString('hex')) {
      const parts = { prefix, id, secret: randomBytes(32).toString('hex') }
      const text = writeSecret(parts)
      if (readSecret(text) === undefined) throw new Error(`no secret begins with ${prefix}`)
      return { text, id: parts.id, secretHash: digest(parts) }
    },
    digest,
    matches: (parts, secretHash) => timingSafeEqual(sha256(digest(parts)), sha256(secretHash)),
    async signVisitor({ visitorId, publicationId, issuedAt, expiresAt }) {
      return VISITOR_START + (await signed(VISITOR, { sub: visitorId, publication: publicationId }, issuedAt, expiresAt))
    },
    async readVisitor(text) {
      if (!text.startsWith(VISITOR_START)) return undefined
      const claims = await read(VISITOR, text.slice(VISITOR_START.length))
      const [issuedAt, expiresAt] = [timeOf(claims?.iat), timeOf(claims?.exp)]
      if (typeof claims?.sub !== 'string' || typeof claims.publication !== 'string' || issuedAt === undefined || expiresAt === undefined) return undefined
      return { visitorId: claims.sub, publicationId: claims.publication, issuedAt, expiresAt }
    },
    sign: (purpose, facts, expiresAt) => signed(`facts/${purpose}`, { facts }, now(), expiresAt),
    async readSigned(purpose, text) {
      const claims = await read(`facts/${purpose}`, text)
      return isFacts(claims?.facts) ? claims.facts : undefined
    },
    seal(purpose, about, text) {
      const nonce = randomBytes(NONCE_BYTES)
      const cipher = createCipheriv(CIPHER, keyFor(purpose, 'seal'), nonce).setAAD(Buffer.from(about))
      const parts = [nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]
      return `s1.${Buffer.concat(parts).toString('base64url')}`
    },
    unseal(purpose, about, sealed) {
      const bytes = Buffer.from(SEALED.exec(sealed)?.[1] ?? '', 'base64url')
      if (bytes.length < NONCE_BYTES + TAG_BYTES || bytes.toString('base64url') !== sealed.slice(3)) return undefined
      const [nonce, tag] = [bytes.subarray(0, NONCE_BYTES), bytes.subarray(-TAG_BYTES)]
      try {
        const cipher = createDecipheriv(CIPHER, keyFor(purpose, 'seal'), nonce, { authTagLength: TAG_BYTES }).setAAD(Buffer.from(about)).setAuthTag(tag)
        return Buffer.concat([cipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)), cipher.final()]).toString('utf8')
      } catch {
        return undefined
      }
    },
  }
}

function digest(parts: SecretParts): string {
  return sha256(parts.secret).toString('hex')
}

/** Digests have one length, so that whatever is compared takes the same time. */
function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

function isFacts(value: unknown): value is Readonly<Record<string, string>> {
  return typeof value === 'object' && value !== null && Object.values(value).every((one) => typeof one === 'string')
}
