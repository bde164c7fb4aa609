import { type Argon2Parameters, argon2, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Passwords } from '../../ports/accounts.ts'

/** Source: OWASP Password Storage Cheat Sheet, argon2id with 19 MiB, 2 passes, 1 lane. */
const COST = { memory: 19_456, passes: 2, parallelism: 1 } as const
const NONCE_BYTES = 16
const TAG_BYTES = 32
/** Each takes 19 MiB and one of the four threads that files need too. */
const AT_ONCE = 2

/** `$argon2id$v=19$m=19456,t=2,p=1$<nonce>$<tag>`, in base64 without padding (PHC string format). */
const START = `$argon2id$v=19$m=${COST.memory},t=${COST.passes},p=${COST.parallelism}$`
const PARTS = /^([A-Za-z0-9+/]{22})\$([A-Za-z0-9+/]{43})$/

export type Derive = (parameters: Argon2Parameters) => Promise<Buffer>

/**
 * Passwords by argon2id. At most two are worked on at the same time, the others wait in turn, so that many sign-ins at
 * once cost time and not memory. The same password in another Unicode form is the same password.
 */
export function localPasswords(derive: Derive = argon2id): Passwords {
  const inTurn = turns(AT_ONCE)
  const nobody = { nonce: randomBytes(NONCE_BYTES), tag: randomBytes(TAG_BYTES) }
  const tagOf = (password: string, nonce: Buffer) =>
    inTurn(() => derive({ message: Buffer.from(password.normalize('NFKC')), nonce, tagLength: TAG_BYTES, ...COST }))

  return {
    async hash(password) {
      const nonce = randomBytes(NONCE_BYTES)
      return `${START}${bare(nonce)}$${bare(await tagOf(password, nonce))}`
    },
    async verify(hash, password) {
      const known = hash === undefined ? undefined : parse(hash)
      const { nonce, tag } = known ?? nobody
      try {
        const matches = timingSafeEqual(await tagOf(password, nonce), tag)
        return matches && known !== undefined
      } catch {
        return false
      }
    },
  }
}

function argon2id(parameters: Argon2Parameters): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    argon2('argon2id', parameters, (fault, tag) => (fault === null ? resolve(tag) : reject(fault)))
  })
}

function parse(hash: string): { readonly nonce: Buffer; readonly tag: Buffer } | undefined {
  const match = hash.startsWith(START) ? PARTS.exec(hash.slice(START.length)) : null
  const [, nonceText = '', tagText = ''] = match ?? []
  const [nonce, tag] = [Buffer.from(nonceText, 'base64'), Buffer.from(tagText, 'base64')]
  // One text for each hash: the last character of base64 has bits to spare.
  return match !== null && bare(nonce) === nonceText && bare(tag) === tagText ? { nonce, tag } : undefined
}

function bare(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '')
}

/** Lets `most` run at the same time, the others in the order in which they came. */
function turns(most: number): <T>(work: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = []
  let running = 0
  return async (work) => {
    if (running >= most) await new Promise<void>((resolve) => waiting.push(resolve))
    else running += 1
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      if (next === undefined) running -= 1
      else next() // it takes over this place
    }
  }
}
