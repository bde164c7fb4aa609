import fc from 'fast-check'
import { expect, test } from 'vitest'
import { AppError, ERRORS, type ErrorCode } from '../domain/errors.ts'
import { hintOf, sentenceOf } from './words.ts'

const codes = Object.keys(ERRORS) as ErrorCode[]
const says = (code: ErrorCode, facts: AppError['facts']) => sentenceOf(new AppError(code, facts).body())

test.each([
  ['document/hostile', { reason: 'unpacks to more than 100 times its size' }, /itself: unpacks to more than 100 times its size\.$/],
  ['database/not-found', { database: 'handbook' }, 'There is no such database: handbook.'],
  ['document/corrupt', { missing: 'content.xml' }, /cannot be read: content\.xml is missing\.$/],
  ['filter/invalid', { at: 'character 3', expected: 'a value', got: 'the end' }, 'The filter cannot be read: character 3: expected a value, not the end.'],
  ['request/too-large', { limit: 1_048_576, unit: 'bytes' }, /accepts: the limit is 1,048,576 bytes\.$/],
  ['settings/invalid', { problems: ['PORT must be a whole number', 'HOST is wrong'] }, /PORT must be a whole number, HOST is wrong\.$/],
  ['document/unsupported', { mediaType: 'application/x-ole-storage' }, /it is application\/x-ole-storage\.$/],
  ['job/lease-lost', {}, 'Another worker has taken over this job.'],
] as const)('%s is told as a sentence', (code, facts, expected) => {
  if (typeof expected === 'string') expect(says(code, facts)).toBe(expected)
  else expect(says(code, facts)).toMatch(expected)
})

test('no error of any facts is told as name=value, and none sends codes to the terminal', () => {
  const value = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.array(fc.string()))
  const facts = fc.dictionary(fc.constantFrom('reason', 'at', 'expected', 'got', 'limit', 'unit', 'missing', 'said', 'retry_after', 'someThing'), value)
  fc.assert(
    fc.property(fc.constantFrom(...codes), facts, (code, given) => {
      const told = says(code, given)
      expect(told.endsWith('.')).toBe(true)
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these must not be there
      expect(told).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/)
      for (const name of Object.keys(given)) if (!/=/.test(JSON.stringify(given))) expect(told).not.toContain(`${name}=`)
    }),
  )
})

test('an error of a newer server is told as it stands', () => {
  expect(sentenceOf({ code: 'cluster/asleep', message: 'The cluster sleeps.', facts: { x: 1 } })).toBe('The cluster sleeps.')
})

test('hints name commands as they are typed', () => {
  expect(hintOf({ code: 'model/unknown', hint: ERRORS['model/unknown'].hint }, 'npx quarry')).toBe('List the models with "npx quarry models".')
  expect(hintOf({ code: 'request/invalid', hint: ERRORS['request/invalid'].hint }, 'quarry')).toContain('quarry --help')
})
