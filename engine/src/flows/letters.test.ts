import fc from 'fast-check'
import { expect, test } from 'vitest'
import { invitationLetter, passwordChangedLetter, resetLetter } from './letters.ts'

const FACTS = {
  to: 'ada@example.com',
  server: 'https://quarry.example.com',
  link: 'https://quarry.example.com/join/abc',
  expiresAt: Date.UTC(2026, 2, 1, 14, 5),
}

test('an invitation tells who, where, until when, and the link on a line of its own', () => {
  const { to, subject, text } = invitationLetter({ ...FACTS, from: 'Grace' })
  expect(to).toBe(FACTS.to)
  expect(subject).toBe('You are invited to Quarry')
  expect(text.split('\n')).toContain(FACTS.link)
  expect(text).toContain('Grace invites you to the Quarry server at https://quarry.example.com')
  expect(text).toContain('2026-03-01 14:05 UTC')
})

test('a reset letter holds its link once, on a line of its own; the notice holds none', () => {
  const { text } = resetLetter(FACTS)
  expect(text.split('\n').filter((line) => line === FACTS.link)).toHaveLength(1)
  const notice = passwordChangedLetter({ to: FACTS.to, server: FACTS.server, changedAt: FACTS.expiresAt })
  expect(notice.text.match(/https?:\/\/\S+/g)).toEqual(['https://quarry.example.com'])
  expect(notice.text).toContain('2026-03-01 14:05 UTC')
})

test('whatever somebody calls himself adds no line and no link', () => {
  const plain = invitationLetter({ ...FACTS, from: 'x' })
  const named = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('a\n\nhttps://evil.example', 'a\r\nb', '\u2028\u2029', 'http://////', ':::///'))
  fc.assert(
    fc.property(named, (from) => {
      const { subject, text } = invitationLetter({ ...FACTS, from })
      expect(subject).toBe(plain.subject)
      expect(text.split(/[\n\r\u2028\u2029]/)).toHaveLength(plain.text.split('\n').length)
      expect(text.match(/:\/\//g)).toHaveLength(2)
      expect(text.length).toBeLessThan(plain.text.length + 210)
    }),
    { numRuns: 200 },
  )
})
