import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Caller } from '../domain/caller.ts'
import type { Auth, Presented } from './auth.ts'
import { mutated } from './secrets.contract.ts'

export interface AuthUnderTest {
  readonly auth: Auth
  /** One credential of each kind that is valid, with what its caller is. */
  readonly credentials: readonly Credential[]
  close(): Promise<void>
}

export interface Credential {
  readonly kind: string
  readonly text: string
  readonly caller: Partial<Caller>
  /** A browser may send it by itself. */
  readonly inCookie: boolean
}

export function shown(credential: string | undefined, change: Partial<Presented> = {}): Presented {
  return { credential, from: 'header', address: '192.0.2.1', origin: undefined, ...change }
}

/** What every adapter of `Auth` keeps, for each of these kinds of credentials. */
export function authContract(name: string, kinds: readonly string[], open: () => Promise<AuthUnderTest>): void {
  async function opened<T>(use: (subject: AuthUnderTest) => Promise<T>): Promise<T> {
    const subject = await open()
    try {
      return await use(subject)
    } finally {
      await subject.close()
    }
  }
  const credentialOf = ({ credentials }: AuthUnderTest, kind: string): Credential => {
    const found = credentials.find((one) => one.kind === kind)
    if (found === undefined) throw new Error(`no credential of kind ${kind}`)
    return found
  }

  describe(`auth: ${name}`, () => {
    test.each(kinds)('a valid credential names its caller, each time the same: %s', (kind) =>
      opened(async (subject) => {
        const { text, caller } = credentialOf(subject, kind)
        const first = await subject.auth.authenticate(shown(text))
        expect(first).toMatchObject(caller)
        expect(await subject.auth.authenticate(shown(text))).toEqual(first)
        expect(await Promise.all(Array.from({ length: 20 }, () => subject.auth.authenticate(shown(text))))).toEqual(Array(20).fill(first))
        // Tenant and account are one until a database was found.
        expect(first.ownerId).toBe(first.accountId)
      }),
    )

    test('no credential is auth/required', () =>
      opened(async ({ auth }) => {
        await expect(auth.authenticate(shown(undefined))).rejects.toMatchObject({ code: 'auth/required', facts: {} })
        await expect(auth.authenticate(shown(undefined, { from: 'cookie' }))).rejects.toMatchObject({ code: 'auth/required', facts: {} })
      }))

    test('a cookie carries sessions and nothing else', () =>
      opened(async ({ auth, credentials }) => {
        for (const { kind, text, caller, inCookie } of credentials) {
          const asked = auth.authenticate(shown(text, { from: 'cookie' }))
          if (inCookie) expect(await asked, kind).toMatchObject(caller)
          else await expect(asked, kind).rejects.toMatchObject({ code: 'auth/invalid', facts: {} })
        }
      }))

    test.each(kinds)('anything but the credential is auth/invalid, however near, and tells nothing: %s', (kind) =>
      opened(async (subject) => {
        const { text } = credentialOf(subject, kind)
        const others = subject.credentials.map((one) => one.text)
        const near = mutated(text).filter((wrong) => !others.includes(wrong))
        await fc.assert(
          fc.asyncProperty(near, fc.constantFrom('header' as const, 'cookie' as const), async (wrong, from) => {
            const fault: unknown = await subject.auth.authenticate(shown(wrong, { from })).catch((error: unknown) => error)
            expect(fault).toMatchObject({ code: 'auth/invalid', facts: {} })
            expect(fault instanceof Error && fault.cause).toBe(undefined)
          }),
          { numRuns: 500 },
        )
        // What is shared with others was not harmed by any of it.
        expect(await subject.auth.authenticate(shown(text))).toBeDefined()
      }),
    )

    test('no part of one credential passes with a part of another', () =>
      opened(async ({ auth, credentials }) => {
        for (const left of credentials) {
          for (const right of credentials.filter((one) => one !== left)) {
            const mixed = [left.text.slice(0, 3) + right.text.slice(3), left.text + right.text, `${left.text}.${right.text}`, `${left.text},${right.text}`]
            for (const wrong of mixed.filter((text) => text !== right.text && text !== left.text)) {
              await expect(auth.authenticate(shown(wrong)), `${left.kind} ${right.kind}`).rejects.toMatchObject({ code: 'auth/invalid' })
            }
          }
        }
      }))
  })
}
