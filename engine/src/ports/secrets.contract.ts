import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readSecret } from '../domain/api-key.ts'
import type { Secrets, VisitorToken } from './secrets.ts'

export interface SecretsUnderTest {
  /** Signs with a key of its own for each text, by the clock that is given. */
  open(signingKey: string, now: () => number): Secrets
}

const NOW = 1_700_000_000_000
const KEY = 'one-signing-key-with-thirty-two-characters'
const VISITOR: VisitorToken = { visitorId: 'vis_1', publicationId: 'pub_1', issuedAt: NOW, expiresAt: NOW + 3_600_000 }

/** What every adapter of `Secrets` keeps. Times are kept to the second. */
export function secretsContract(name: string, { open }: SecretsUnderTest): void {
  const at = (time: number, key = KEY) => open(key, () => time)

  describe(`secrets: ${name}`, () => {
    test('10,000 secrets have nothing to do with one another', () => {
      const secrets = at(NOW)
      const made = Array.from({ length: 10_000 }, () => secrets.make('qk'))
      const distances = made.slice(1).map((one, index) => hamming(secretOf(one.text), secretOf(made[index]?.text ?? '')))
      const mean = distances.reduce((sum, distance) => sum + distance, 0) / distances.length
      expect(Math.abs(mean - 128)).toBeLessThan(2)
      expect(Math.min(...distances)).toBeGreaterThan(70)
      expect(new Set(made.map(({ id }) => id)).size).toBe(made.length)
      expect(made.filter(({ text, secretHash }) => text.includes(secretHash) || secretHash.includes(secretOf(text)))).toEqual([])
    })

    test('a known id that gets a new secret stays what it is looked up by', () => {
      const secrets = at(NOW)
      const former = secrets.make('qk')
      const next = secrets.make('qk', former.id)
      expect(next.id).toBe(former.id)
      expect(readSecret(next.text)?.id).toBe(former.id)
      expect(next.secretHash).not.toBe(former.secretHash)
    })

    test('what is stored is the sha256 of the secret part, and only that secret matches it', () => {
      const secrets = at(NOW)
      for (const prefix of ['qk', 'ql', 'qs', 'qt']) {
        const { text, id, secretHash } = secrets.make(prefix)
        const parts = readSecret(text)
        if (parts === undefined) throw new Error('a secret that cannot be read')
        expect(parts).toMatchObject({ prefix, id })
        expect(secretHash).toBe(createHash('sha256').update(parts.secret).digest('hex'))
        expect(secrets.digest(parts)).toBe(secretHash)
        expect(secrets.matches(parts, secretHash)).toBe(true)
        expect(secrets.matches({ ...parts, secret: secretHash }, secretHash)).toBe(false)
        for (const wrong of ['', '0', secretHash.slice(1), secretHash.toUpperCase().replace(/^./, 'G'), `${secretHash} `, parts.secret]) {
          expect(secrets.matches(parts, wrong), wrong).toBe(false)
        }
      }
      expect(() => secrets.make('admin')).toThrow()
    })

    test('a visitor is who was signed, until the time is over', async () => {
      const text = await at(NOW).signVisitor(VISITOR)
      expect(text).toMatch(/^qv_[\w-]+\.[\w-]+\.[\w-]+$/)
      expect(await at(NOW).readVisitor(text)).toEqual(VISITOR)
      expect(await at(VISITOR.expiresAt - 1000).readVisitor(text)).toEqual(VISITOR)
      expect(await at(VISITOR.expiresAt).readVisitor(text)).toBeUndefined()
      expect(await at(NOW - 61_000).readVisitor(text), 'from the future').toBeUndefined()
      expect(await at(NOW, `${KEY}.`).readVisitor(text), 'another server').toBeUndefined()
    })

    test('signed facts come back as they were, for their purpose alone', async () => {
      await fc.assert(
        fc.asyncProperty(fc.dictionary(fc.string(), fc.string(), { noNullPrototype: true }), fc.string(), fc.string(), async (facts, purpose, other) => {
          const secrets = at(NOW)
          const text = await secrets.sign(purpose, facts, NOW + 60_000)
          expect(await secrets.readSigned(purpose, text)).toEqual(facts)
          if (other !== purpose) expect(await secrets.readSigned(other, text)).toBeUndefined()
          expect(await secrets.readVisitor(`qv_${text}`)).toBeUndefined()
          expect(await at(NOW + 60_000).readSigned(purpose, text)).toBeUndefined()
        }),
        { numRuns: 50 },
      )
    })

    test('no purpose passes for a visitor, and no visitor for a purpose', async () => {
      const secrets = at(NOW)
      const visitor = await secrets.signVisitor(VISITOR)
      for (const purpose of ['visitor', '', 'facts/visitor', 'sign/visitor', 'sign-in']) {
        const text = await secrets.sign(purpose, { sub: 'vis_1', publication: 'pub_1' }, NOW + 60_000)
        expect(await secrets.readVisitor(`qv_${text}`)).toBeUndefined()
        expect(await secrets.readSigned(purpose, visitor.slice(3))).toBeUndefined()
      }
    })

    test('what is sealed opens again for its purpose and what it is about, on this server alone', () => {
      const about = fc.constantFrom('', 'https://a.example/v1', 'https://b.example/v1', 'seal/x')
      fc.assert(
        fc.property(fc.string({ unit: 'grapheme', maxLength: 300 }), about, about, about, about, (text, purpose, place, otherPurpose, otherPlace) => {
          const sealed = at(NOW).seal(purpose, place, text)
          expect(at(NOW + 1e12).unseal(purpose, place, sealed)).toBe(text)
          expect(at(NOW, `${KEY}.`).unseal(purpose, place, sealed), 'another server').toBeUndefined()
          const fits = purpose === otherPurpose && place === otherPlace
          expect(at(NOW).unseal(otherPurpose, otherPlace, sealed)).toBe(fits ? text : undefined)
        }),
        { numRuns: 300 },
      )
    })

    test('of what is sealed nothing can be told, not even that it is the same again', () => {
      const secrets = at(NOW)
      const text = 'sk-canary-of-a-provider-0123456789'
      const many = Array.from({ length: 200 }, () => secrets.seal('key', 'here', text))
      expect(new Set(many.map((sealed) => sealed.slice(3))).size).toBe(many.length)
      for (const sealed of many) {
        const bytes = Buffer.from(sealed.slice(3), 'base64url')
        expect(bytes.includes(text.slice(0, 8)) || bytes.includes(text.slice(-8)), sealed).toBe(false)
      }
    })

    test('whatever is changed of what is sealed, it does not open', () => {
      const secrets = at(NOW)
      const sealed = secrets.seal('key', 'here', 'sk-canary-of-a-provider')
      fc.assert(
        fc.property(mutated(sealed), (wrong) => {
          if (wrong !== sealed) expect(secrets.unseal('key', 'here', wrong)).toBeUndefined()
        }),
        { numRuns: 500 },
      )
      const bytes = Buffer.from(sealed.slice(3), 'base64url')
      for (let bit = 0; bit < bytes.length * 8; bit += 1) {
        const wrong = Buffer.from(bytes)
        wrong[bit >> 3] = (wrong[bit >> 3] ?? 0) ^ (1 << (bit & 7))
        expect(secrets.unseal('key', 'here', `s1.${wrong.toString('base64url')}`), `bit ${bit}`).toBeUndefined()
      }
      for (const wrong of ['', 's1.', 's1.AAAA', `s2.${sealed.slice(3)}`, sealed.slice(3)]) expect(secrets.unseal('key', 'here', wrong)).toBeUndefined()
    })

    test('whatever is changed, it is nobody any more', async () => {
      const secrets = at(NOW)
      const text = await secrets.signVisitor(VISITOR)
      await fc.assert(
        fc.asyncProperty(mutated(text), async (wrong) => {
          expect(await secrets.readVisitor(wrong)).toBeUndefined()
          expect(await secrets.readSigned('visitor', wrong)).toBeUndefined()
        }),
        { numRuns: 500 },
      )
    })
  })
}

/** Texts very near to a credential, and some that are far from it. */
export function mutated(text: string): fc.Arbitrary<string> {
  const at = fc.nat(text.length - 1)
  const letter = fc.constantFrom(...'0aAzZ9_-.=+/ \0é')
  return fc
    .oneof(
      at.map((index) => text.slice(0, index)),
      at.map((index) => text.slice(index + 1)),
      at.map((index) => text.slice(0, index) + text.slice(index + 1)),
      fc.tuple(at, letter).map(([index, one]) => text.slice(0, index) + one + text.slice(index + 1)),
      fc.tuple(at, letter).map(([index, one]) => text.slice(0, index) + one + text.slice(index)),
      fc.tuple(at, at).map(([one, other]) => swapped(text, one, other)),
      // Of base64url the last character has bits that count for nothing: the same bytes in another spelling.
      letter.map((one) => text.slice(0, -1) + one),
      fc.constantFrom(
        ` ${text}`,
        `${text} `,
        `${text}\0`,
        `${text}\n`,
        text + text,
        text.toUpperCase(),
        text.toLowerCase(),
        `${text}=`,
        `${text}.`,
        `' OR 1=1--`,
      ),
      fc.string({ maxLength: 2000 }),
      fc.string({ unit: 'binary', maxLength: 200 }),
    )
    .filter((wrong) => wrong !== text)
}

function swapped(text: string, one: number, other: number): string {
  const letters = [...text]
  const [left = '', right = ''] = [letters[one], letters[other]]
  letters[one] = right
  letters[other] = left
  return letters.join('')
}

function secretOf(text: string): string {
  return readSecret(text)?.secret ?? ''
}

function hamming(left: string, right: string): number {
  const [a, b] = [BigInt(`0x${left}`), BigInt(`0x${right}`)]
  return (a ^ b).toString(2).replaceAll('0', '').length
}
