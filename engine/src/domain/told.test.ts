import fc from 'fast-check'
import { expect, test } from 'vitest'
import { AppError, ERRORS, type ErrorCode } from './errors.ts'
import { bareFault, faultForLog, withoutFacts } from './told.ts'

const codes = Object.keys(ERRORS) as ErrorCode[]
/** Words that look like what is kept of a fault. */
const said = fc.array(fc.constantFrom('quokka', '\n    at quokka (file:///quokka.ts:1:1)', '\nError: quokka', ' ', ERRORS.internal.says), { minLength: 1 })
const words = said.map((parts) => `quokka ${parts.join('')}`)

test('of a message its sentence is left', () => {
  fc.assert(
    fc.property(fc.constantFrom(...codes), words, (code, text) => {
      expect(withoutFacts(new AppError(code, { said: text }).message)).toBe(ERRORS[code].says)
      expect(withoutFacts(text)).toBe(ERRORS.internal.says)
    }),
  )
})

test('of a fault that a stranger met no word is left that was said, however deep; where it was thrown is', () => {
  fc.assert(
    fc.property(fc.constantFrom(...codes), words, words, (code, text, deep) => {
      const cause = new TypeError(deep, { cause: text })
      const fault = bareFault(new AppError(code, { said: text, status: 400, list: [text] }, cause))
      expect(JSON.stringify(fault)).not.toContain('quokka')
      expect(fault).toMatchObject({ code, facts: { status: 400 }, cause: { code: 'TypeError', cause: { code: 'string' } } })
      expect(fault.at[0]).toContain('told.test.ts')
    }),
  )
})

test('what a person met is logged whole, and what nobody knows who met is not', () => {
  const fault = new AppError('model/refused', { said: 'quokka' })
  expect(faultForLog(fault, { kind: 'user' })).toBe(fault)
  for (const caller of [{ kind: 'visitor' } as const, undefined]) expect(JSON.stringify(faultForLog(fault, caller))).not.toContain('quokka')
})
