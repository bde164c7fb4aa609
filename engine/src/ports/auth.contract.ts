import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Auth } from './auth.ts'

export interface AuthUnderTest {
  readonly auth: Auth
  /** A credential that is valid. */
  readonly bearer: string
  readonly ownerId: string
}

/** What every adapter of `Auth` keeps. */
export function authContract(name: string, open: () => Promise<AuthUnderTest>): void {
  describe(`auth: ${name}`, () => {
    test('a valid credential names its caller, each time the same', async () => {
      const { auth, bearer, ownerId } = await open()
      const first = await auth.authenticate({ bearer })
      expect(first.ownerId).toBe(ownerId)
      expect(first.scopes.size).toBeGreaterThan(0)
      expect(await auth.authenticate({ bearer })).toEqual(first)
    })

    test('no credential is auth/required', async () => {
      const { auth } = await open()
      await expect(auth.authenticate({ bearer: undefined })).rejects.toMatchObject({ code: 'auth/required' })
    })

    test('anything but the credential is auth/invalid, however near', async () => {
      const { auth, bearer } = await open()
      const near = fc.oneof(
        fc.string({ maxLength: 2000 }),
        fc.string({ unit: 'binary', maxLength: 200 }),
        fc.nat(bearer.length - 1).map((at) => bearer.slice(0, at)),
        fc.nat(bearer.length - 1).map((at) => `${bearer.slice(0, at)}${bearer[at] === 'x' ? 'y' : 'x'}${bearer.slice(at + 1)}`),
        fc.constantFrom(` ${bearer}`, `${bearer} `, `${bearer}\0`, bearer + bearer, bearer.toUpperCase(), `' OR 1=1--`),
      )
      await fc.assert(
        fc.asyncProperty(
          near.filter((text) => text !== bearer),
          async (text) => {
            await expect(auth.authenticate({ bearer: text })).rejects.toMatchObject({ code: 'auth/invalid' })
          },
        ),
        { numRuns: 500 },
      )
    })
  })
}
